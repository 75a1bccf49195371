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

@PublishedApi
internal inline fun <reified R : Any> typedHost(crossinline function: () -> R): TypedHost =
    TypedHost.shared(
        hostType(R::class),
        object : HostCallback() {
            override fun call0(callId: Long): Long = hostBits(function())
        },
    )

@PublishedApi
internal inline fun <reified A : Any, reified R : Any> typedHost(crossinline function: (A) -> R): TypedHost =
    TypedHost(hostType(R::class, A::class)) { store ->
        object : HostCallback() {
            override fun call1(callId: Long, a: Long): Long = hostBits(function(number(a)))

            // The one parameter is the caller.
            override fun call0(callId: Long): Long = hostBits(function(callerAs(store, callId)))
        }
    }

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified R : Any,
    > typedHost(crossinline function: (A, B) -> R): TypedHost =
    TypedHost.shared(
        hostType(R::class, A::class, B::class),
        object : HostCallback() {
            override fun call2(callId: Long, a: Long, b: Long): Long = hostBits(function(number(a), number(b)))
        },
    )

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified C : Any,
    reified R : Any,
    > typedHost(crossinline function: (A, B, C) -> R): TypedHost =
    TypedHost.shared(
        hostType(R::class, A::class, B::class, C::class),
        object : HostCallback() {
            override fun call3(callId: Long, a: Long, b: Long, c: Long): Long =
                hostBits(function(number(a), number(b), number(c)))
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
    TypedHost.shared(
        hostType(R::class, A::class, B::class, C::class, D::class),
        object : HostCallback() {
            override fun call4(callId: Long, a: Long, b: Long, c: Long, d: Long): Long =
                hostBits(function(number(a), number(b), number(c), number(d)))
        },
    )

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified C : Any,
    reified D : Any,
    reified E : Any,
    reified R : Any,
    > typedHost(crossinline function: (A, B, C, D, E) -> R): TypedHost =
    TypedHost.shared(
        hostType(R::class, A::class, B::class, C::class, D::class, E::class),
        object : HostCallback() {
            override fun callSlots(callId: Long, slots: LongArray) {
                slots[0] =
                    hostBits(
                        function(
                            slot(slots, 0),
                            slot(slots, 1),
                            slot(slots, 2),
                            slot(slots, 3),
                            slot(slots, 4),
                        ),
                    )
            }
        },
    )

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified C : Any,
    reified D : Any,
    reified E : Any,
    reified F : Any,
    reified R : Any,
    > typedHost(crossinline function: (A, B, C, D, E, F) -> R): TypedHost =
    TypedHost.shared(
        hostType(R::class, A::class, B::class, C::class, D::class, E::class, F::class),
        object : HostCallback() {
            override fun callSlots(callId: Long, slots: LongArray) {
                slots[0] =
                    hostBits(
                        function(
                            slot(slots, 0),
                            slot(slots, 1),
                            slot(slots, 2),
                            slot(slots, 3),
                            slot(slots, 4),
                            slot(slots, 5),
                        ),
                    )
            }
        },
    )

@PublishedApi
internal inline fun <
    reified A : Any,
    reified R : Any,
    > typedHostWithCaller(crossinline function: (Caller, A) -> R): TypedHost =
    TypedHost(hostType(R::class, A::class)) { store ->
        object : HostCallback() {
            override fun call1(callId: Long, a: Long): Long = hostBits(function(caller(store, callId), number(a)))
        }
    }

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified R : Any,
    > typedHostWithCaller(crossinline function: (Caller, A, B) -> R): TypedHost =
    TypedHost(hostType(R::class, A::class, B::class)) { store ->
        object : HostCallback() {
            override fun call2(callId: Long, a: Long, b: Long): Long =
                hostBits(function(caller(store, callId), number(a), number(b)))
        }
    }

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified C : Any,
    reified R : Any,
    > typedHostWithCaller(crossinline function: (Caller, A, B, C) -> R): TypedHost =
    TypedHost(hostType(R::class, A::class, B::class, C::class)) { store ->
        object : HostCallback() {
            override fun call3(callId: Long, a: Long, b: Long, c: Long): Long =
                hostBits(function(caller(store, callId), number(a), number(b), number(c)))
        }
    }

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified C : Any,
    reified D : Any,
    reified R : Any,
    > typedHostWithCaller(crossinline function: (Caller, A, B, C, D) -> R): TypedHost =
    TypedHost(hostType(R::class, A::class, B::class, C::class, D::class)) { store ->
        object : HostCallback() {
            override fun call4(callId: Long, a: Long, b: Long, c: Long, d: Long): Long =
                hostBits(function(caller(store, callId), number(a), number(b), number(c), number(d)))
        }
    }

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified C : Any,
    reified D : Any,
    reified E : Any,
    reified R : Any,
    > typedHostWithCaller(crossinline function: (Caller, A, B, C, D, E) -> R): TypedHost =
    TypedHost(hostType(R::class, A::class, B::class, C::class, D::class, E::class)) { store ->
        object : HostCallback() {
            override fun callSlots(callId: Long, slots: LongArray) {
                slots[0] =
                    hostBits(
                        function(
                            caller(store, callId),
                            slot(slots, 0),
                            slot(slots, 1),
                            slot(slots, 2),
                            slot(slots, 3),
                            slot(slots, 4),
                        ),
                    )
            }
        }
    }

@PublishedApi
internal inline fun <
    reified A : Any,
    reified B : Any,
    reified C : Any,
    reified D : Any,
    reified E : Any,
    reified F : Any,
    reified R : Any,
    > typedHostWithCaller(crossinline function: (Caller, A, B, C, D, E, F) -> R): TypedHost =
    TypedHost(hostType(R::class, A::class, B::class, C::class, D::class, E::class, F::class)) { store ->
        object : HostCallback() {
            override fun callSlots(callId: Long, slots: LongArray) {
                slots[0] =
                    hostBits(
                        function(
                            caller(store, callId),
                            slot(slots, 0),
                            slot(slots, 1),
                            slot(slots, 2),
                            slot(slots, 3),
                            slot(slots, 4),
                            slot(slots, 5),
                        ),
                    )
            }
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
