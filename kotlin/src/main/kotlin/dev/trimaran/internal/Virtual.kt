package dev.trimaran.internal

import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import java.lang.invoke.MethodHandle
import java.lang.invoke.MethodHandles
import java.lang.invoke.MethodType
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit

/**
 * What virtual threads do in a store.
 *
 * A virtual thread that waits inside of native code keeps its carrier, of which there are as many as processors. So it never
 * waits there: it waits for its turn by a lock of Java's, and where a guest may wait for something in its turn, because it
 * calls the host, a platform thread of a pool runs it, and the virtual thread waits for that one.
 */
internal object Virtual {
    /** How many guests run for virtual threads at once, where they may wait. */
    private const val BOUND = "trimaran.virtualThreads"
    private const val USUAL_BOUND = 256

    /** Longer than anything waits, in milliseconds: there are as many nanoseconds. */
    private const val LONGEST = Long.MAX_VALUE / 4_000_000

    /** `Thread.isVirtual`, of a Java that has it: from an object to an object, as Kotlin calls it. */
    private val IS_VIRTUAL: MethodHandle? =
        try {
            MethodHandles
                .publicLookup()
                .findVirtual(Thread::class.java, "isVirtual", MethodType.methodType(Boolean::class.javaPrimitiveType))
                .asType(MethodType.methodType(Any::class.java, Thread::class.java))
        } catch (_: ReflectiveOperationException) {
            null
        }

    /** Whether this thread is a virtual one. */
    @IfPresent
    fun isCurrent(): Boolean = IS_VIRTUAL != null && IS_VIRTUAL.invokeExact(Thread.currentThread()) == true

    /**
     * Does [work] for this thread, which is a virtual one, in the store. [isNested] where it is a part of a host call of
     * that store.
     */
    fun <R> call(store: Store, runsGuests: Boolean, isNested: Boolean, work: () -> R): R {
        // Whoever has the turn may wait for a guest, which waits for its host function, which is in here.
        if (store.suspends && (!runsGuests || isNested)) return part(store, runsGuests, work)
        return withTurn(store) {
            val needsNoWait = NativeByHand.isFree(store.raw.handle) && !(runsGuests && store.callsHost)
            if (needsNoWait) work() else onPlatformThread(work = work)
        }
    }

    /** What a host function does in the store while its guest waits. */
    private fun <R> part(store: Store, runsGuests: Boolean, work: () -> R): R {
        val isReady = store.resting.get() > 0 || NativeByHand.isFree(store.raw.handle)
        return if (isReady && !(runsGuests && store.callsHost)) work() else onPlatformThread(work = work)
    }

    /** Does a step of a guest for this thread, which is a virtual one. A step waits for nobody, but in the host functions of others. */
    fun <R> step(store: Store, work: () -> R): R = if (store.callsHost) onPlatformThread(work = work) else work()

    /** Does [work] on one platform thread for this thread, which is a virtual one: the core knows a turn by its thread. */
    fun <R> inTurn(store: Store, work: () -> R): R = withTurn(store) { onPlatformThread(work = work) }

    /** Waits by Java's lock for the turn of this thread, which is a virtual one, and does [work]. */
    private inline fun <R> withTurn(store: Store, work: () -> R): R {
        val turn = store.turn
        // The thread in the store may itself wait for this one; then the core fails with `Busy`.
        val isMine = turn.tryLock() || turn.tryLock(store.patience, TimeUnit.MILLISECONDS)
        try {
            return work()
        } finally {
            if (isMine) turn.unlock()
        }
    }

    private val pool by lazy {
        val bound = bound(System.getProperty(BOUND))
        val make = { work: Runnable -> detached("trimaran-virtual", work::run) }
        ThreadPoolExecutor(bound, bound, 2, TimeUnit.SECONDS, LinkedBlockingQueue(), make)
            .apply { allowCoreThreadTimeOut(true) }
    }

    private fun bound(said: String?): Int =
        if (said == null) {
            USUAL_BOUND
        } else {
            val reason = "the system property $BOUND is `$said`: expected a number of threads, 1 or more"
            said.trim().toIntOrNull()?.takeIf { it > 0 } ?: throw WasmtimeException.Config(reason)
        }

    /**
     * Does [work] on a thread of the pool, while this one, which is virtual, waits. Where no thread is free for so many
     * [milliseconds], it fails as a call does whose time is over.
     */
    fun <R> onPlatformThread(milliseconds: Long? = null, work: () -> R): R {
        val task = Task(work)
        pool.execute(task)
        return task.await(milliseconds) { pool.remove(task) }
    }

    /** Work of a virtual thread. Its interrupts are those of the thread that does the work, as is its class loader. */
    private class Task<R>(private val work: () -> R) : Runnable {
        private val loader = Thread.currentThread().contextClassLoader
        private val done = CountDownLatch(1)
        private var isInterrupted = Thread.interrupted()
        private var isCancelled = false
        private var runner: Thread? = null
        private var result: Result<R>? = null

        override fun run() {
            if (!begin()) return
            val found = runCatching(work)
            end(found)
            done.countDown()
        }

        @Synchronized
        private fun begin(): Boolean {
            if (isCancelled) return false
            val thread = Thread.currentThread()
            runner = thread
            thread.contextClassLoader = loader
            if (isInterrupted) thread.interrupt()
            return true
        }

        @Synchronized
        private fun end(found: Result<R>) {
            result = found
            runner = null
            isInterrupted = Thread.interrupted()
            Thread.currentThread().contextClassLoader = null
        }

        /** Hands an interrupt on. Gives whether the work has not begun, and never will. */
        @Synchronized
        private fun interrupt(): Boolean {
            val thread = runner
            when {
                thread != null -> thread.interrupt()
                result != null -> isInterrupted = true
                else -> isCancelled = true
            }
            return isCancelled
        }

        /** Gives whether the work has not begun, and never will. */
        @Synchronized
        private fun giveUp(): Boolean {
            isCancelled = runner == null && result == null
            return isCancelled
        }

        /** What the work gave, or threw. It has to begin in so many [milliseconds]. */
        fun await(milliseconds: Long?, cancel: () -> Unit): R {
            val end = milliseconds?.let { System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(it.coerceIn(0, LONGEST)) }
            while (true) {
                try {
                    if (end != null && !done.await(end - System.nanoTime(), TimeUnit.NANOSECONDS) && giveUp()) {
                        cancel()
                        NativeByHand.timeIsOver()
                    }
                    done.await()
                    break
                } catch (error: InterruptedException) {
                    if (interrupt()) {
                        cancel()
                        throw error
                    }
                }
            }
            val found = synchronized(this) { result }
            if (isInterrupted) Thread.currentThread().interrupt()
            return checkNotNull(found).getOrThrow()
        }
    }
}
