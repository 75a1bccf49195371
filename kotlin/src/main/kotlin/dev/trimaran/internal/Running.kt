package dev.trimaran.internal

import dev.trimaran.Store
import dev.trimaran.core
import dev.trimaran.translated
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.coroutineContext

/**
 * A call of a guest that goes on step by step, in the coroutine that made it. A step ends where the guest waits for a
 * suspending host function, which this coroutine then runs itself.
 *
 * The [frame] has the arguments in its slots at first, then what a step leaves there, and the results in the end.
 */
internal class Running private constructor(
    private val store: Store,
    private val handle: Long,
    private val frame: LongArray,
) {
    /** Whoever forgets the coroutine frees the guest. */
    private val owned = Garbage.register(this, Free(handle))
    private var isFree = false

    private class Free(private val handle: Long) : Runnable {
        override fun run(): Unit = NativeByHand.freeRun(handle)
    }

    /** Has the guest end, on any thread. */
    @Synchronized
    fun cancel() {
        if (!isFree) NativeByHand.cancelRun(handle)
    }

    @Synchronized
    private fun free() {
        isFree = true
        owned.clean()
    }

    private suspend fun toEnd(first: Int) {
        val context = coroutineContext
        val cancelling = context[Cancelling]
        cancelling?.begins(this)
        try {
            var came = first
            while (came != DONE) {
                came =
                    when (came) {
                        WAITS -> turn()
                        HOST -> step(answer(context))
                        else -> {
                            Coroutines.found.giveTurn()
                            step()
                        }
                    }
            }
        } finally {
            cancelling?.ends(this)
            free()
        }
    }

    private fun step(answer: LongArray? = null, waking: Waking? = null): Int =
        stepping(store) { NativeByHand.stepRun(handle, answer, waking, frame) }

    /** Waits in the line of the store. */
    private suspend fun turn(): Int {
        var came = Result.success(WAITS)
        Coroutines.found.sleep { waking ->
            came = runCatching { step(waking = waking) }
            came.getOrNull() == WAITS
        }
        return came.getOrThrow().let { if (it == WAITS) step() else it }
    }

    /** What the host function gives that the guest waits for, in slots. */
    private suspend fun answer(context: CoroutineContext): LongArray {
        val (number, run, call) = frame
        Coroutines.found.check(context)
        val host = store.suspending(number) ?: closed(call)
        val slots = LongArray(SLOT * maxOf(host.width, 1))
        NativeByHand.runArguments(handle, slots)
        store.resting.incrementAndGet()
        try {
            HostCall(store, run, call, context[HostCall]).run(host.body, slots)
        } finally {
            store.resting.decrementAndGet()
        }
        return slots
    }

    /** The store has let go of its host functions. */
    private fun closed(call: Long): Nothing {
        core(store) { store.raw.callerCheck(call.toULong()) }
        error("the store has lost a host function")
    }

    companion object {
        // What a step came to, as the library has it too.
        private const val DONE = 0
        private const val WAITS = 1
        private const val HOST = 2
        private const val CAME = 3L

        /** How many numbers a slot has. */
        private const val SLOT = 2

        /** Slots for so many values, which have room for what a step leaves. */
        fun frame(values: Int): LongArray = LongArray(SLOT * maxOf(values, 2))

        /** A call to its end. [start] takes its first step, by the numbers of the host call that it comes from, or zeros. */
        suspend fun toEnd(store: Store, frame: LongArray, start: (run: Long, call: Long) -> Long) {
            val host = coroutineContext[HostCall]?.of(store)
            val begun = stepping(store) { start(host?.run ?: 0, host?.call ?: 0) }
            if (begun != 0L) Running(store, begun and CAME.inv(), frame).toEnd((begun and CAME).toInt())
        }

        private inline fun <R> stepping(store: Store, crossinline step: () -> R): R =
            try {
                if (Virtual.isCurrent()) Virtual.step(store) { step() } else step()
            } catch (error: Throwable) {
                throw translated(error)
            } finally {
                keepReachable(store)
            }
    }
}
