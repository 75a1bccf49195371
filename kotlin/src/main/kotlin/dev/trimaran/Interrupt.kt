package dev.trimaran

import dev.trimaran.internal.shown
import dev.trimaran.internal.ffi.InterruptHandle as Raw

/**
 * Stops the guest of a store from any thread. [Store.interruptHandle] gives it. It does not keep the store alive, and
 * you may keep it longer than the store.
 */
public class InterruptHandle private constructor(raw: Raw) {
    private val raw: Raw = raw
        get() = made(field)

    /**
     * Stops the run that is under way in the store now: its call fails with `Trap`, [TrapCode.INTERRUPT] and
     * [Interruption.HANDLE]. If there is none, it stops the next of the calls that wait for the store. Returns whether
     * there was one. If there was none, nothing happens, now or later. It never waits.
     *
     * A run is a call or an instantiation, with all that its host functions call in the same store. One that is just
     * about to end may still end as it would have. The calls of a [Store.withDeadline] are under way together until
     * that ends: each of them that comes later fails at once.
     *
     * It takes effect at the guest's next loop or call, when a host function returns, some 30 ms later at most in an
     * atomic wait, and in a sleep, a read or a write of WASI. It does not interrupt a host function.
     */
    public fun interrupt(): Boolean = core { raw.interrupt() }

    /** What it is. */
    override fun toString(): String = shown("InterruptHandle") { raw.run { "" } }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): InterruptHandle = InterruptHandle(raw)
    }
}
