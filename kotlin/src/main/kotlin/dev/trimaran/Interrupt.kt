package dev.trimaran

import dev.trimaran.internal.ffi.InterruptHandle as Raw

/**
 * Stops the guest of a store from any thread: [Store.interruptHandle] gives it. It does not keep the store alive, and may
 * be kept longer.
 */
public class InterruptHandle private constructor(private val raw: Raw) {
    /**
     * Stops the guest that runs in the store now: within some 20 ms, in a loop or at a call, it traps with
     * [TrapCode.INTERRUPT]. Where none runs, nothing happens, now or later. Never waits for anything.
     */
    public fun interrupt(): Unit = core { raw.interrupt() }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): InterruptHandle = InterruptHandle(raw)
    }
}
