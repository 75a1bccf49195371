package dev.trimaran.internal

import java.util.concurrent.CancellationException
import java.util.concurrent.CompletionStage
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

/** A call for Java, in its coroutine context: it ends where somebody else completes its future. */
internal class Cancelling : AbstractCoroutineContextElement(Key) {
    private var isCancelled = false
    private var running: Running? = null
    private var stage: CompletionStage<*>? = null

    /** The guest ends now, if it rests. */
    fun cancel() {
        val (running, stage) =
            synchronized(this) {
                isCancelled = true
                running to stage
            }
        running?.cancel()
        stage?.cancel()
    }

    fun check() {
        if (synchronized(this) { isCancelled }) throw CancellationException()
    }

    /** The call is under way. Those of its host functions end with it. */
    @Synchronized
    fun begins(call: Running) {
        running = running ?: call
    }

    @Synchronized
    fun ends(call: Running) {
        if (running === call) running = null
    }

    /** The host function waits for that. */
    fun waitsFor(stage: CompletionStage<*>?) {
        val isCancelled =
            synchronized(this) {
                this.stage = stage
                isCancelled
            }
        if (isCancelled) stage?.cancel()
    }

    companion object Key : CoroutineContext.Key<Cancelling>
}

/** Cancels what can be cancelled of a stage. */
internal fun CompletionStage<*>.cancel() {
    try {
        toCompletableFuture().cancel(true)
    } catch (_: UnsupportedOperationException) {
        // A stage need not be a future.
    }
}
