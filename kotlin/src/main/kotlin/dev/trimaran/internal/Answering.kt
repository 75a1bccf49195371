package dev.trimaran.internal

import dev.trimaran.HttpHandler
import dev.trimaran.HttpRequest
import java.lang.ref.WeakReference
import dev.trimaran.internal.ffi.HttpHandler as RawHttpHandler
import dev.trimaran.internal.ffi.HttpRequest as RawHttpRequest

/**
 * A user's handler, as the library calls it: by this name and type. The library keeps this object for as long as the store is
 * there, and so this must not keep the handler, which may refer to its store: the package's own store does.
 */
internal class Answering(handler: HttpHandler) : RawHttpHandler {
    private val handler = WeakReference(handler)

    /** Whether the store is still there. What this throws is kept by the library, and comes out of the outer call. */
    fun handle(handle: Long): Boolean {
        // It owns the handle, whatever happens.
        val request = RawHttpRequest(handle)
        val found = handler.get() ?: return false
        HttpRequest.of(request).answer(found)
        return true
    }

    override fun lower(): Long = NativeByHand.newHandler(this)
}
