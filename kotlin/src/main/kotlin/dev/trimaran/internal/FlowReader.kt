package dev.trimaran.internal

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.launch
import kotlin.coroutines.coroutineContext

/** Collects a flow for the guests of one store, which read a piece at a time. Without `kotlinx.coroutines`, it cannot be made. */
@IfPresent
internal class FlowReader(private val flow: Flow<ByteArray>) : AutoCloseable {
    /** What was emitted, or thrown: as a value, since the library copies an exception that passes a channel. */
    private val pieces = Channel<Result<ByteArray>>(Channel.RENDEZVOUS)
    private val job = Job()
    private var isCollected = false

    /** The next piece, or no bytes at the end. One reader at a time. */
    suspend fun read(): ByteArray {
        if (!isCollected) begin()
        while (true) {
            val received = pieces.receiveCatching().getOrNull() ?: return ByteArray(0)
            val bytes = received.getOrThrow()
            // One without bytes is not the end.
            if (bytes.isNotEmpty()) return bytes
        }
    }

    /** The collection belongs to no call of the store: one may read what another one's cancellation has left. */
    private suspend fun begin() {
        isCollected = true
        CoroutineScope(LibraryCoroutines.apart(coroutineContext) + job).launch {
            val failed = runCatching {
                flow.collect { if (it.isNotEmpty()) pieces.send(Result.success(it)) }
            }.exceptionOrNull()
            if (failed != null && job.isActive) pieces.send(Result.failure(failed))
            pieces.close()
        }
    }

    /** The store is closed. */
    override fun close(): Unit = job.cancel(CancellationException("the store is closed"))
}
