package dev.trimaran.component

import dev.trimaran.Caller

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
