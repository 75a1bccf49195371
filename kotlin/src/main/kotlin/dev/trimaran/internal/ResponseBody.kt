package dev.trimaran.internal

import dev.trimaran.HttpException
import dev.trimaran.HttpRequest
import java.io.InputStream
import dev.trimaran.internal.ffi.InputSource as RawInputSource

/** The body of a response, as the library calls it: by this name and type. The library keeps it until the guest has read it. */
internal class ResponseBody(private val stream: InputStream, private val request: HttpRequest) : RawInputSource {
    /** The next bytes. To be asked for none means that the guest wants no more. */
    fun read(most: Int): ByteArray =
        try {
            val bytes = if (most == 0) ByteArray(0) else next(most)
            if (bytes.isEmpty()) stream.close()
            bytes
        } catch (failure: HttpException) {
            request.fail(failure)
            stream.close()
            ByteArray(0)
        } catch (error: Throwable) {
            // The guest ends with it, and asks for nothing more.
            runCatching { stream.close() }
            throw error
        }

    private fun next(most: Int): ByteArray {
        val bytes = ByteArray(most)
        val count = stream.read(bytes)
        return if (count <= 0) ByteArray(0) else bytes.copyOf(count)
    }

    override fun lower(): Long = NativeByHand.newSource(this)
}
