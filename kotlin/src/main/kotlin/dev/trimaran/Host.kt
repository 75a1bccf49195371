package dev.trimaran

import dev.trimaran.internal.HostCallback
import kotlin.reflect.KClass

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

/** A function of Kotlin over numbers, as guests call it. It knows no store. */
@PublishedApi
internal class TypedHost(val type: FuncType, val body: HostCallback)

@PublishedApi
internal inline fun <reified R : Any> typedHost(crossinline function: () -> R): TypedHost =
    TypedHost(
        hostType(R::class),
        object : HostCallback() {
            override fun call0(pass: Long): Long = bits(function())
        },
    )

@PublishedApi
internal inline fun <reified A : Any, reified R : Any> typedHost(crossinline function: (A) -> R): TypedHost =
    TypedHost(
        hostType(R::class, A::class),
        object : HostCallback() {
            override fun call1(pass: Long, a: Long): Long = bits(function(number(a)))
        },
    )

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified R : Any,
    > typedHost(crossinline function: (A, B) -> R): TypedHost =
    TypedHost(
        hostType(R::class, A::class, B::class),
        object : HostCallback() {
            override fun call2(pass: Long, a: Long, b: Long): Long = bits(function(number(a), number(b)))
        },
    )

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified C : Any,
    reified R : Any,
    > typedHost(crossinline function: (A, B, C) -> R): TypedHost =
    TypedHost(
        hostType(R::class, A::class, B::class, C::class),
        object : HostCallback() {
            override fun call3(pass: Long, a: Long, b: Long, c: Long): Long =
                bits(function(number(a), number(b), number(c)))
        },
    )

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified C : Any,
    reified D : Any,
    reified R : Any,
    > typedHost(crossinline function: (A, B, C, D) -> R): TypedHost =
    TypedHost(
        hostType(R::class, A::class, B::class, C::class, D::class),
        object : HostCallback() {
            override fun call4(pass: Long, a: Long, b: Long, c: Long, d: Long): Long =
                bits(function(number(a), number(b), number(c), number(d)))
        },
    )

/** The type of a function of numbers, by the classes of what it takes and gives, or `Type`. */
@PublishedApi
internal fun hostType(result: KClass<*>, vararg params: KClass<*>): FuncType {
    val results = listOf(result).filter { it != Unit::class }
    return FuncType(params.map(::number), results.map(::number))
}

private fun number(type: KClass<*>): ValType =
    type.toValType()
        ?: throw WasmtimeException.Type("$type is no number of WebAssembly: expected Int, Long, Float or Double")
