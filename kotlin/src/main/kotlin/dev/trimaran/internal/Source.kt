package dev.trimaran.internal

import dev.trimaran.InputSource
import dev.trimaran.WasmtimeException
import java.lang.ref.WeakReference
import dev.trimaran.internal.ffi.InputSource as RawInputSource

/**
 * A user's callback, as the library calls it: by this name and type. The library keeps this object for as long as the store is
 * there, and so this must not keep the callback, which may refer to its store: the package's own store does.
 */
internal class Source(source: InputSource) : RawInputSource {
    private val source = WeakReference(source)

    /** The next bytes; null where the store is gone. What this throws is kept by the library, and comes out of the outer call. */
    fun read(most: Int): ByteArray? {
        val source: InputSource = source.get() ?: return null
        // One of Java's may give null, which would be taken for a store that is gone.
        val bytes: ByteArray? = source.read(most)
        return bytes
            ?: throw WasmtimeException.Type("the input source gave null: expected bytes, and none of them at the end")
    }

    override fun lower(): Long = NativeByHand.newSource(this)
}
