package dev.trimaran

import dev.trimaran.internal.ffi.InterruptHandle as Raw

/**
 * Stops the guest of a store from any thread: [Store.interruptHandle] gives it. It does not keep the store alive, and may
 * be kept longer.
 */
public class InterruptHandle private constructor(private val raw: Raw) {
    /**
     * Stops what is under way in the store now: within some 20 ms, in a loop or at a call, the guest traps with
     * [TrapCode.INTERRUPT] and [Interruption.HANDLE]. Gives whether there was something under way; where there was nothing,
     * nothing happens, now or later. Never waits for anything.
     *
     * A call or an instantiation is under way from the moment at which it is made, also while it waits for the store, to its
     * end, with all that host functions call meanwhile. The calls of a [Store.withDeadline] are under way together until that
     * ends: each of them that comes later fails at once.
     */
    public fun interrupt(): Boolean = core { raw.interrupt() }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): InterruptHandle = InterruptHandle(raw)
    }
}
