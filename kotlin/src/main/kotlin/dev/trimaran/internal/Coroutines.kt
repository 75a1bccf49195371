package dev.trimaran.internal

import dev.trimaran.internal.component.ComponentHost
import java.util.concurrent.CompletionException
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import java.util.concurrent.ScheduledThreadPoolExecutor
import java.util.concurrent.TimeUnit
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.Continuation
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.coroutineContext
import kotlin.coroutines.intrinsics.COROUTINE_SUSPENDED
import kotlin.coroutines.intrinsics.intercepted
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn
import kotlin.coroutines.resume
import kotlin.coroutines.suspendCoroutine

/**
 * What calls of guests that wait need of coroutines. Kotlin's own library has the least of it; where `kotlinx.coroutines` is
 * there, a coroutine can be cancelled while it waits, and shares its dispatcher.
 */
internal abstract class Coroutines {
    /** The context of a host function that is called in that one. */
    abstract fun within(context: CoroutineContext, call: HostCall): CoroutineContext

    /** Whether a coroutine of that context may go on while one of its threads waits: its dispatcher has several. */
    abstract fun hasThreads(context: CoroutineContext): Boolean

    /** Lets others have a turn on the thread. Fails where the coroutine was cancelled. */
    abstract suspend fun giveTurn()

    /** Fails where the coroutine was cancelled. */
    open fun check(context: CoroutineContext): Unit = context[Cancelling]?.check() ?: Unit

    /** Has [begin] begin to wait. If it says that it does, this returns when it is woken. */
    abstract suspend fun sleep(begin: (Waking) -> Boolean)

    /** Lets others go on for so many [nanoseconds]. Fails where the coroutine was cancelled. */
    abstract suspend fun delay(nanoseconds: Long)

    /** What the stage gives. It is cancelled if the coroutine is. */
    abstract suspend fun <T> await(stage: CompletionStage<T>): T

    /** What has a guest's stream, or its future, from one of the library's objects; null for anything else. */
    open fun source(value: Any, isFuture: Boolean): ComponentHost? = null

    /** A context whose coroutine goes on by that executor, and can be cancelled. */
    abstract fun context(executor: Executor): CoroutineContext

    /** Cancels the coroutine of such a context. */
    abstract fun cancel(context: CoroutineContext)

    /** Where the interceptor resumes: others may come before. */
    protected suspend fun redispatch() {
        if (coroutineContext[ContinuationInterceptor] == null) return
        suspendCoroutineUninterceptedOrReturn<Unit> {
            it.intercepted().resume(Unit)
            COROUTINE_SUSPENDED
        }
    }

    protected fun begin(continuation: Continuation<Unit>, begin: (Waking) -> Boolean) {
        val waking = Waking(continuation)
        if (!begin(waking)) waking.goOn()
    }

    /**
     * Resumes with what the stage gives, or with what it failed with: as a value, since the library copies an exception that a
     * coroutine is resumed with, while it helps to find mistakes.
     */
    protected fun <T> resume(continuation: Continuation<Result<T>>, stage: CompletionStage<T>) {
        stage.whenComplete { result, error ->
            val cause = (error as? CompletionException)?.cause ?: error
            continuation.resume(if (cause == null) Result.success(result) else Result.failure(cause))
        }
    }

    companion object {
        /** The one that is there. */
        val found: Coroutines =
            try {
                LibraryCoroutines()
            } catch (_: LinkageError) {
                PlainCoroutines()
            }
    }
}

/** What Kotlin's own library has of it. */
internal class PlainCoroutines : Coroutines() {
    override fun within(context: CoroutineContext, call: HostCall): CoroutineContext =
        context + call + Parts(call, context[ContinuationInterceptor])

    override fun hasThreads(context: CoroutineContext): Boolean = false

    override suspend fun giveTurn() {
        check(coroutineContext)
        redispatch()
    }

    override suspend fun sleep(begin: (Waking) -> Boolean): Unit = suspendCoroutine { begin(it, begin) }

    override suspend fun delay(nanoseconds: Long) {
        check(coroutineContext)
        sleep { waking -> Timers.all.schedule(waking::wake, nanoseconds, TimeUnit.NANOSECONDS).let { true } }
        check(coroutineContext)
    }

    override suspend fun <T> await(stage: CompletionStage<T>): T {
        val cancelling = coroutineContext[Cancelling]
        cancelling?.waitsFor(stage)
        try {
            return suspendCoroutine<Result<T>> { resume(it, stage) }.getOrThrow()
        } finally {
            cancelling?.waitsFor(null)
        }
    }

    override fun context(executor: Executor): CoroutineContext = OnExecutor(executor)

    override fun cancel(context: CoroutineContext): Unit = Unit

    /** Has each part of a host function, between two suspensions, work for its host call. */
    private class Parts(private val call: HostCall, private val inner: ContinuationInterceptor?) :
        AbstractCoroutineContextElement(ContinuationInterceptor),
        ContinuationInterceptor {
        override fun <T> interceptContinuation(continuation: Continuation<T>): Continuation<T> {
            val part = Part(call, continuation)
            return inner?.interceptContinuation(part) ?: part
        }
    }

    private class Part<T>(private val call: HostCall, private val continuation: Continuation<T>) : Continuation<T> {
        override val context: CoroutineContext get() = continuation.context

        override fun resumeWith(result: Result<T>): Unit = call.work { continuation.resumeWith(result) }
    }

    /** What wakes guests that sleep: one thread, which keeps no program from ending. */
    private object Timers {
        val all = ScheduledThreadPoolExecutor(1) { Thread(it, "trimaran-timer").apply { isDaemon = true } }
    }

    private class OnExecutor(private val executor: Executor) :
        AbstractCoroutineContextElement(ContinuationInterceptor),
        ContinuationInterceptor {
        override fun <T> interceptContinuation(continuation: Continuation<T>): Continuation<T> =
            object : Continuation<T> {
                override val context: CoroutineContext get() = continuation.context

                override fun resumeWith(result: Result<T>): Unit =
                    executor.execute { continuation.resumeWith(result) }
            }
    }
}
