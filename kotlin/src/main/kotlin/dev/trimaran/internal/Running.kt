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
internal open class Running(
    protected val store: Store,
    @Transient protected val handle: Long,
    protected val frame: LongArray,
) {
    /** Whoever forgets the coroutine frees the guest. */
    private val owned = Garbage.register(this, Free(handle))
    private var isFree = false

    private class Free(@Transient private val handle: Long) : Runnable {
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

    /** It is over, and is freed after that. */
    protected open fun ends(): Unit = Unit

    private suspend fun toEnd(first: Int) {
        val context = coroutineContext
        val cancelling = context[Cancelling]
        if (Coroutines.found.hasThreads(context)) NativeByHand.runGoesOnAnywhere(handle)
        cancelling?.begins(this)
        try {
            var came = first
            while (came != DONE) {
                came =
                    when (came) {
                        WAITS -> turn()
                        HOST -> step(answer(context))
                        LATER -> {
                            Coroutines.found.delay(frame[0])
                            step()
                        }
                        else -> {
                            Coroutines.found.giveTurn()
                            step()
                        }
                    }
            }
            stepping(store) { ends() }
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
        try {
            Coroutines.found.sleep { waking ->
                came = runCatching { step(waking = waking) }
                came.getOrNull() == WAITS
            }
        } catch (error: Throwable) {
            // What it has given is there, also for a coroutine that was cancelled just then.
            if (came.getOrNull() != DONE) throw error
        }
        return came.getOrThrow().let { if (it == WAITS) step() else it }
    }

    /** What the host function gives that the guest waits for, in slots: as the guest of a module has it. */
    protected open suspend fun answer(call: HostCall): LongArray? {
        val host = store.suspending(frame[0]) ?: closed(call.call)
        val slots = LongArray(SLOT * maxOf(host.width, 1))
        NativeByHand.runArguments(handle, slots)
        call.run { host.body.call(call.call, slots) }
        return slots
    }

    private suspend fun answer(context: CoroutineContext): LongArray? {
        val (_, run, call) = frame
        Coroutines.found.check(context)
        store.resting.incrementAndGet()
        try {
            return answer(HostCall(store, run, call, context[HostCall]))
        } catch (error: NativeException) {
            throw translated(error)
        } finally {
            store.resting.decrementAndGet()
        }
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
        private const val LATER = 4
        private const val CAME = 7L

        /** How many numbers a slot has. */
        private const val SLOT = 2

        /** Slots for so many values, which have room for what a step leaves. */
        fun frame(values: Int): LongArray = LongArray(SLOT * maxOf(values, 2))

        /** A call to its end. [start] takes its first step, by the numbers of the host call that it comes from, or zeros. */
        suspend fun toEnd(store: Store, frame: LongArray, start: (run: Long, call: Long) -> Long): Unit =
            toEnd(store, frame, { Running(store, it, frame) }, start)

        /** The same. [make] makes it of its handle, if the first step is not the last. */
        suspend fun toEnd(
            store: Store,
            frame: LongArray,
            make: (Long) -> Running,
            start: (run: Long, call: Long) -> Long,
        ) {
            val host = coroutineContext[HostCall]?.of(store)
            val begun = stepping(store) { start(host?.run ?: 0, host?.call ?: 0) }
            if (begun != 0L) make(begun and CAME.inv()).toEnd((begun and CAME).toInt())
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
