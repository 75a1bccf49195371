package dev.trimaran.internal

import dev.trimaran.Caller
import dev.trimaran.FutureFunction
import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine

/**
 * A future of what [call] gives, which is run by [executor]. If the future is completed by others, cancelled or out of time, the
 * call ends. It works for the host call that this thread works for.
 */
internal fun <T> future(executor: Executor, call: suspend () -> T): CompletableFuture<T> {
    val coroutines = Coroutines.found
    val cancelling = Cancelling()
    val context = coroutines.context(executor) + cancelling + (HostCall.current() ?: EmptyCoroutineContext)
    val future = CompletableFuture<T>()
    future.whenComplete { _, _ ->
        coroutines.cancel(context)
        cancelling.cancel()
    }
    call.startCoroutine(Completing(context, future))
    return future
}

/** The function as a suspending one. */
internal fun FutureFunction.suspending(): suspend Caller.(List<Val>) -> List<Val> =
    { arguments ->
        // A function of Java may give null.
        val stage: CompletionStage<List<Val>>? = call(this, arguments)
        awaited(stage)
    }

/** What the stage gives that a host function gave. */
internal suspend fun <T> awaited(stage: CompletionStage<T>?): T =
    Coroutines.found.await(stage ?: throw WasmtimeException.Type(NO_STAGE))

private const val NO_STAGE = "the host function gave null: expected a CompletionStage of its results"

private class Completing<T>(override val context: CoroutineContext, private val future: CompletableFuture<T>) :
    Continuation<T> {
    override fun resumeWith(result: Result<T>) {
        result.fold(future::complete, future::completeExceptionally)
    }
}
