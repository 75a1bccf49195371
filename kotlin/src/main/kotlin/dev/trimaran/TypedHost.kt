package dev.trimaran

import kotlin.reflect.KClass

/** A function of Kotlin over numbers, as guests call it: its type, and what gives its body for a store. */
@PublishedApi
internal class TypedHost(val type: FuncType, val body: (Store) -> HostCallback) {
    companion object {
        /** One body for every store. */
        fun shared(type: FuncType, body: HostCallback): TypedHost = TypedHost(type) { body }
    }
}

/** The bits of what a function gave. */
@PublishedApi
internal inline fun <reified R : Any> hostBits(value: R): Long {
    // To the compiler, what only throws gives anything.
    if (R::class.java === Any::class.java && value != Unit) surplus(value)
    return bits(value)
}

@PublishedApi
internal fun surplus(value: Any): Nothing =
    throw WasmtimeException.Type(
        "the host function gave a ${value.javaClass.name}, and its type says that it gives none",
    )

@PublishedApi
internal fun caller(store: Store, callId: Long): Caller = Caller(store, callId)

/** The caller, where [T] is that. */
@PublishedApi
internal inline fun <reified T : Any> callerAs(store: Store, callId: Long): T = caller(store, callId) as T

/** The number in a slot. */
@PublishedApi
internal inline fun <reified T : Any> slot(slots: LongArray, index: Int): T = number(slots[2 * index])

/** The type of a function of numbers, by the classes of what it gives and takes, or `Type`. A lone [Caller] is none. */
@PublishedApi
internal fun hostType(result: KClass<*>, vararg params: KClass<*>): FuncType {
    // What only throws gives nothing. To the compiler it gives anything, since no type argument may be `Nothing`.
    val results = listOf(result).filter { it != Unit::class && it != Void::class && it != Any::class }
    val numbers = if (params.size == 1) params.filter { it != Caller::class } else params.asList()
    return FuncType(numbers.map(::number), results.map(::number))
}

private fun number(type: KClass<*>): ValType =
    type.toValType()
        ?: throw WasmtimeException.Type(
            "${type.simpleName} is no number of WebAssembly: expected Int, UInt, Long, ULong, Float or Double",
        )
