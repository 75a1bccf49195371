package dev.trimaran.internal

import dev.trimaran.internal.ffi.Func
import dev.trimaran.internal.ffi.UniffiLib
import dev.trimaran.internal.ffi.UniffiWithHandle
import java.lang.ref.Reference

/** Handles that are ours, without an object of generated code: that costs more than what is only passed on. */
internal object Handles {
    /** Voids the handle of a function when [owner] is garbage. */
    fun own(handle: Long, owner: Any) {
        Garbage.register(owner, Closing(handle))
    }

    /** An object of generated code, for a handle that [owner] has. */
    fun func(handle: Long, owner: Any): Func {
        // As generated code does: an object that no constructor made has none.
        check(handle != 0L) { "the function has no handle: no constructor made it" }
        val cloned = CallStatus.with { UniffiLib.uniffi_trimaran_fn_clone_func(handle, it) }
        Reference.reachabilityFence(owner)
        return Func(UniffiWithHandle, cloned)
    }

    /** The object of the host that a reference is to, and then the handle is void; null where it is to none. */
    fun takeExtern(store: Long, reference: Long): Any? {
        var isTaken = true
        try {
            // Fails where another thread has closed the store.
            return Lane.externObject(store, reference).also { isTaken = it != null }
        } finally {
            if (isTaken) closeReference(reference)
        }
    }

    /** Voids the handle of a reference. */
    fun closeReference(reference: Long): Unit =
        CallStatus.with { UniffiLib.uniffi_trimaran_fn_free_reference(reference, it) }

    /** The lane takes a handle over, and lets go of it faster than generated code does. */
    private class Closing(@Transient private val handle: Long) : Runnable {
        override fun run() = Lane.closeFunc(Lane.openFunc(handle))
    }
}
