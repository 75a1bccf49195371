package dev.trimaran

import java.util.concurrent.CompletionStage

/**
 * The code of a host function that guests wait for, for Java: [Func.future] takes it. In Kotlin, [Func.suspending] takes a
 * suspending lambda.
 *
 * ```java
 * Func fetch = Func.future(store, type, (caller, arguments) ->
 *     client.sendAsync(request, ofString()).thenApply(response -> List.of(new Val.I32(response.statusCode()))));
 * ```
 */
public fun interface FutureFunction {
    /**
     * Takes the arguments, and gives the results once they are there. The package converts them as it does those of a
     * [HostFunction]. [caller] is valid until then, on every thread.
     *
     * If the stage fails, the guest ends, and the outer call fails with what the stage failed with, the very same object. If
     * somebody cancels the outer call, the stage is cancelled.
     */
    @Throws(Exception::class)
    public fun call(caller: Caller, arguments: List<@JvmSuppressWildcards Val>): CompletionStage<List<Val>>
}
