package dev.trimaran.component

import dev.trimaran.Caller
import java.util.concurrent.CompletionStage

/**
 * The code of a host function that components call: a lambda of Kotlin, whose receiver is the [Caller], or one of Java,
 * whose first parameter is the [Caller].
 *
 * ```kotlin
 * linker.root().func("add") { (a, b) -> (a as UInt) + (b as UInt) }
 * ```
 */
public fun interface HostFunction {
    /**
     * Takes the arguments, and returns the result. Where the type has none, the package drops whatever the function
     * returns: a lambda may end with any expression. The values are those of [Func]. If the result does not fit its
     * type, the outer call fails with `Type` or `Range`.
     *
     * A [Resource] that the guest lends is gone when this returns. After the guest has unwound, the outer call throws
     * whatever this function threw, as the very same object.
     */
    @Throws(Exception::class)
    public fun Caller.call(arguments: List<@JvmSuppressWildcards Any?>): Any?
}

/** The code of a host function that components wait for, for Java: [LinkerInstance.future] takes it. */
public fun interface FutureFunction {
    /**
     * Takes the arguments, and gives the result once it is there: anything where the type has none. The values are those
     * of [HostFunction]. [caller] is valid until then, on every thread.
     *
     * If the stage fails, the guest ends, and the outer call fails with what the stage failed with, the very same object. If
     * somebody cancels the outer call, the stage is cancelled.
     */
    @Throws(Exception::class)
    public fun call(caller: Caller, arguments: List<@JvmSuppressWildcards Any?>): CompletionStage<out Any?>
}
