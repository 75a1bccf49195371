package dev.trimaran

/**
 * The code of a host function, for [Func]: a lambda of Kotlin, whose receiver is the [Caller], or one of Java, whose
 * first parameter is the [Caller].
 *
 * ```kotlin
 * val print = Func(store, FuncType(listOf(ValType.I32, ValType.I32), listOf())) { (at, length) ->
 *     println(memory("memory").readString(store, at.asLong(), length.asLong()))
 *     listOf()
 * }
 * ```
 */
public fun interface HostFunction {
    /**
     * Takes the arguments, and returns the results. The package converts results as it converts arguments of a call. If
     * their number, a type or a value is wrong, the outer call fails with `Type` or `Range`.
     *
     * After the guest has unwound, the outer call throws whatever this function threw, as the very same object.
     */
    @Throws(Exception::class)
    public fun Caller.call(arguments: List<@JvmSuppressWildcards Val>): List<Val>
}
