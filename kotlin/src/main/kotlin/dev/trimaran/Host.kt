package dev.trimaran

import kotlin.reflect.KClass

/**
 * What a function of the host does, for [Func]: a lambda of Kotlin, whose receiver is the [Caller], or of Java, whose
 * first parameter it is.
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
     * Gets the arguments, and gives the results, which are converted as arguments of a call are. Where their number, a
     * type or a value is wrong, the outer call fails with `Type` or `Range`.
     *
     * Whatever it throws comes out of the outer call after the guest has unwound, as the very same object.
     */
    @Throws(Exception::class)
    public fun Caller.call(arguments: List<Val>): List<Val>
}

/** The type of a function of numbers, by the classes of what it takes and gives, or `Type`. */
@PublishedApi
internal fun hostType(result: KClass<*>, vararg params: KClass<*>): FuncType {
    val results = listOf(result).filter { it != Unit::class }
    return FuncType(params.map(::number), results.map(::number))
}

private fun number(type: KClass<*>): ValType =
    type.toValType()
        ?: throw WasmtimeException.Type("$type is no number of WebAssembly: expected Int, Long, Float or Double")
