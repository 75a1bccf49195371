package dev.trimaran.internal

import dev.trimaran.OutputSink
import java.lang.ref.WeakReference
import dev.trimaran.internal.ffi.OutputSink as RawOutputSink

/**
 * A user's callback, as the library calls it: by this name and type. The library keeps this object for as long as the store is
 * there, and so this must not keep the callback, which may refer to its store: the package's own store does.
 */
internal class Sink(sink: OutputSink) : RawOutputSink {
    private val sink = WeakReference(sink)

    /** Whether the store is still there. What this throws is kept by the library, and comes out of the outer call. */
    fun write(bytes: ByteArray): Boolean {
        val found = sink.get() ?: return false
        found.write(bytes)
        return true
    }

    override fun lower(): Long = NativeByHand.newSink(this)
}
