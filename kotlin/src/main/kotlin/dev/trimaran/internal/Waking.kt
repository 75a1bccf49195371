package dev.trimaran.internal

import java.util.concurrent.ForkJoinPool
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.Continuation
import kotlin.coroutines.resume

/** A coroutine that waits until its guest may have its turn of the store. */
internal class Waking(private val continuation: Continuation<Unit>) {
    private val isAwake = AtomicBoolean()

    /**
     * The library calls this by its name, perhaps too often, on the thread that leaves the store and in the middle of that. What
     * goes on must not do so there: a coroutine may go on at once on the thread that resumes it.
     */
    fun wake() {
        if (isAwake.compareAndSet(false, true)) ForkJoinPool.commonPool().execute { continuation.resume(Unit) }
    }

    /** Goes on where it began to wait, unless it was woken. */
    fun goOn() {
        if (isAwake.compareAndSet(false, true)) continuation.resume(Unit)
    }
}
