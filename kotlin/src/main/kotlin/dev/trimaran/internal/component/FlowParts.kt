package dev.trimaran.internal.component

import dev.trimaran.internal.IfPresent
import dev.trimaran.internal.LibraryCoroutines
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.launch
import kotlin.coroutines.coroutineContext

/** Collects a flow for a guest, which reads a part at a time: nothing is emitted before it asks. */
@IfPresent
internal class FlowParts(private val flow: Flow<*>) : AutoCloseable {
    /** What was emitted, or thrown: as a value, since the library copies an exception that passes a channel. */
    private val parts = Channel<Result<Any?>>(Channel.RENDEZVOUS)
    private val asks = Channel<Unit>(Channel.CONFLATED)
    private val job = Job()
    private var isCollected = false

    /** The next part, or one without elements at the end. One reader at a time. */
    suspend fun next(): Any? {
        if (isCollected) asks.trySend(Unit) else begin()
        val received =
            try {
                parts.receiveCatching()
            } catch (cancelled: CancellationException) {
                // The guest ends with this coroutine: nobody reads any more.
                close()
                throw cancelled
            }
        return (received.getOrNull() ?: return NO_PART).getOrThrow()
    }

    /** The collection belongs to no call: it goes on between those in which the guest reads. */
    private suspend fun begin() {
        isCollected = true
        CoroutineScope(LibraryCoroutines.apart(coroutineContext) + job).launch {
            val failed = runCatching { flow.collect(Sender(parts, asks)) }.exceptionOrNull()
            if (failed != null && job.isActive) parts.send(Result.failure(failed))
            parts.close()
        }
    }

    /** Sends what is emitted, and waits until more is asked for. */
    @IfPresent
    private class Sender(private val parts: Channel<Result<Any?>>, private val asks: Channel<Unit>) :
        FlowCollector<Any?> {
        override suspend fun emit(value: Any?) {
            if (isEmptyPart(value)) return
            parts.send(Result.success(value))
            asks.receive()
        }
    }

    /** No guest reads it any more. */
    override fun close(): Unit = job.cancel(CancellationException("no guest reads the flow any more"))
}

/** The parts that come out of a channel. */
@IfPresent
internal class ChannelParts(private val channel: ReceiveChannel<*>) {
    /** The next one, or one without elements where the channel is closed. */
    suspend fun next(): Any? {
        while (true) {
            val received = channel.receiveCatching()
            received.exceptionOrNull()?.let { throw it }
            if (!received.isSuccess) return NO_PART
            received.getOrNull().let { if (!isEmptyPart(it)) return it }
        }
    }
}

/** What a coroutine gives, or the very same object that it failed with. */
@IfPresent
internal class DeferredValue(private val deferred: Deferred<*>) {
    @OptIn(ExperimentalCoroutinesApi::class)
    suspend fun get(): Any? {
        deferred.join()
        deferred.getCompletionExceptionOrNull()?.let { throw it }
        return deferred.getCompleted()
    }
}
