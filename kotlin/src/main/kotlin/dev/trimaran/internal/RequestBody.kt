package dev.trimaran.internal

import java.io.InputStream
import dev.trimaran.internal.ffi.InputSource as RawInputSource

/** The body of a request for a component, as the library calls it: by this name and type. The library keeps it for the call. */
internal class RequestBody(private val stream: InputStream) : RawInputSource {
    /** The next bytes. To be asked for none means that the guest wants no more. */
    fun read(most: Int): ByteArray {
        if (most == 0) return ByteArray(0)
        val bytes = ByteArray(most)
        val count = stream.read(bytes)
        return if (count <= 0) ByteArray(0) else bytes.copyOf(count)
    }

    override fun lower(): Long = NativeByHand.newSource(this)
}
