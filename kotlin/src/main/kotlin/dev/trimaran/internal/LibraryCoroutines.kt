package dev.trimaran.internal

import dev.trimaran.internal.component.ChannelParts
import dev.trimaran.internal.component.ComponentHost
import dev.trimaran.internal.component.DeferredValue
import dev.trimaran.internal.component.FlowParts
import dev.trimaran.internal.component.suspendingSource
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.ThreadContextElement
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.yield
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.coroutineContext
import kotlin.time.Duration.Companion.nanoseconds

/** What `kotlinx.coroutines` has of it. Without that, it cannot be made. */
@IfPresent
internal class LibraryCoroutines : Coroutines() {
    /** What the library names a job by: it is there, or this fails. */
    private val key: CoroutineContext.Key<Job> = Job

    override fun within(context: CoroutineContext, call: HostCall): CoroutineContext = context + call + Working(call)

    override fun hasThreads(context: CoroutineContext): Boolean =
        context[ContinuationInterceptor].let { it === Dispatchers.Default || it === Dispatchers.IO }

    override suspend fun giveTurn() {
        check(coroutineContext)
        if (coroutineContext[ContinuationInterceptor] is CoroutineDispatcher) yield() else redispatch()
    }

    override fun check(context: CoroutineContext) {
        super.check(context)
        context.ensureActive()
    }

    override suspend fun sleep(begin: (Waking) -> Boolean): Unit = suspendCancellableCoroutine { begin(it, begin) }

    override suspend fun delay(nanoseconds: Long) {
        check(coroutineContext)
        kotlinx.coroutines.delay(nanoseconds.nanoseconds)
    }

    override suspend fun <T> await(stage: CompletionStage<T>): T =
        suspendCancellableCoroutine { continuation: CancellableContinuation<Result<T>> ->
            resume(continuation, stage)
            continuation.invokeOnCancellation { stage.cancel() }
        }.getOrThrow()

    override fun source(value: Any, isFuture: Boolean): ComponentHost? =
        when (value) {
            is Deferred<*> -> if (isFuture) DeferredValue(value).let { suspendingSource(next = it::get) } else null
            is Flow<*> -> if (isFuture) null else FlowParts(value).let { suspendingSource(it, it::next) }
            is ReceiveChannel<*> -> if (isFuture) {
                null
            } else {
                ChannelParts(value).let {
                    suspendingSource(next = it::next)
                }
            }
            else -> null
        }

    override fun context(executor: Executor): CoroutineContext = executor.asCoroutineDispatcher() + Job()

    override fun cancel(context: CoroutineContext) {
        context[key]?.cancel()
    }

    @IfPresent
    companion object {
        /** A context for what goes on beside a host function, and belongs to no call. */
        fun apart(context: CoroutineContext): CoroutineContext =
            context.minusKey(Job).minusKey(HostCall).minusKey(Working)
    }

    /** Has each part of a host function, between two suspensions, work for its host call, and what it launches as well. */
    @IfPresent
    private class Working(private val call: HostCall) :
        AbstractCoroutineContextElement(Working),
        ThreadContextElement<HostCall?> {
        override fun updateThreadContext(context: CoroutineContext): HostCall? = HostCall.swap(call)

        override fun restoreThreadContext(context: CoroutineContext, oldState: HostCall?) {
            HostCall.swap(oldState)
        }

        companion object Key : CoroutineContext.Key<Working>
    }
}
