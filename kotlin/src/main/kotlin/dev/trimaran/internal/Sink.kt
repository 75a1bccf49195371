package dev.trimaran.internal

import dev.trimaran.OutputSink
import java.lang.ref.WeakReference
import dev.trimaran.internal.ffi.OutputSink as RawSink
import dev.trimaran.internal.ffi.WasmtimeException as RawException

/**
 * A user's callback, as the library calls it. The library keeps this object for as long as the store is there, and so
 * this must not keep the callback, which may refer to its store: the package's own store does.
 */
internal class Sink(sink: OutputSink) : RawSink {
    private val sink = WeakReference(sink)

    override fun write(bytes: ByteArray) {
        val found = sink.get() ?: throw RawException.Closed("store")
        try {
            found.write(bytes)
        } catch (thrown: Throwable) {
            throw RawException.Host(thrown.toString(), Lane.keepThrown(thrown).toULong())
        }
    }
}
