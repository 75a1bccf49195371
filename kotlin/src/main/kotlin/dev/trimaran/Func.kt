package dev.trimaran

import dev.trimaran.internal.HostBody
import dev.trimaran.internal.Kind
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.Owned
import dev.trimaran.internal.Running
import dev.trimaran.internal.Signature
import dev.trimaran.internal.Slots
import dev.trimaran.internal.Suspending
import dev.trimaran.internal.SuspendingBody
import dev.trimaran.internal.Writer
import dev.trimaran.internal.ffi.write
import dev.trimaran.internal.future
import dev.trimaran.internal.keepReachable
import dev.trimaran.internal.shownOf
import dev.trimaran.internal.suspending
import java.math.BigInteger
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.ForkJoinPool
import kotlin.reflect.typeOf
import dev.trimaran.internal.ffi.Func as Raw

/**
 * A function of a guest, or a host function. It belongs to one store.
 *
 * [call] takes and gives WebAssembly values. If you call it like a Kotlin function, it takes and gives plain values:
 *
 * ```kotlin
 * val add = exports.func("add")
 * val sum = add(store, 1, 2) as Int
 * ```
 */
public class Func private constructor(raw: Raw) : Extern {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /** Known once the function was called. It is the same in every store that accepts the function. */
    @Volatile
    private var known: Signature? = null

    /**
     * Makes a host function, which guests can import. The package checks its arguments and results against [type].
     *
     * The store keeps [function] until the store is closed or is garbage. A function that refers to its store is no
     * leak. Where all values are numbers, [wrap] is simpler and faster.
     */
    public constructor(store: Store, type: FuncType, function: HostFunction) : this(host(store, type)) {
        attach(store, function)
    }

    /** The function's type. */
    public fun type(store: Store): FuncType = core(store) { raw.type(store.raw) }.toPublic()

    /**
     * Calls the function. It converts arguments where nothing is lost: integers of either width become any number that
     * holds them exactly, and a [Val.F64] becomes an f32 by rounding.
     *
     * Fails with `Type` for a wrong number or type of arguments, with `Range` for a number that does not fit, and with
     * `Trap` if the guest traps. Throws whatever a host function threw, as the very same object. Throws
     * [InterruptedException] if somebody interrupts the thread and the engine has [Config.epochInterruption].
     */
    public fun call(store: Store, arguments: List<Val>): List<Val> =
        onFastPath(store, arguments) ?: byValues(store, arguments)

    /** Calls the function, as with a list. */
    public fun call(store: Store, vararg arguments: Val): List<Val> = call(store, arguments.asList())

    /**
     * Calls the function with plain values, and returns plain values. [Val.of] converts the arguments. Where the
     * function takes an externref, any object goes in, and comes out as itself; where it takes an i64, so does any integer
     * of 64 bits without a sign, as a [ULong].
     *
     * Without a result the call returns null. One result is what [Val.unwrap] gives for it, such as an [Int] for an
     * i32. Several results are a [List] of those. Fails as [call] does.
     */
    public operator fun invoke(store: Store, vararg arguments: Any?): Any? {
        return plain(onFastPath(store, arguments.asList()) ?: byValues(store, values(store, arguments)))
    }

    private fun plain(results: List<Val>): Any? =
        if (results.size > 1) results.map { it.unwrap() } else results.firstOrNull()?.unwrap()

    /**
     * Calls the function in the caller's own coroutine, which is suspended while the guest waits for a suspending host
     * function ([suspending]): the guest takes no thread meanwhile. Where none is called, this is [call], a little slower.
     *
     * Calls of one store stand in line, in their order: while a guest waits, the next one is suspended. A call from a host
     * function goes on top of the guest that waits for that function.
     *
     * Where the coroutine is cancelled, the guest ends, and the store is as after a trap: usable. A guest that computes lets
     * others have the thread now and then, and ends where its coroutine was cancelled, only with [Config.epochInterruption].
     *
     * Fails as [call] does, with `Closed` if somebody closes the store meanwhile, and with `Escaped` if it is called from a host
     * function that returns before this does.
     */
    @JvmSynthetic
    public suspend fun callSuspend(store: Store, arguments: List<Val>): List<Val> {
        val signature = signature(store)
        val frame = Running.frame(signature.width)
        Running.toEnd(store, frame) { run, call ->
            if (signature.takes(arguments)) {
                Slots(store, frame).use { slots ->
                    signature.put(slots, arguments)
                    NativeByHand.startFunc(raw.handle, store.raw.handle, run, call, frame)
                }
            } else {
                val bytes = arguments.lend(store) { given -> Writer.bytes { writeList(given) { write(it) } } }
                NativeByHand.startFuncValues(raw.handle, store.raw.handle, run, call, bytes, frame)
            }
        }
        keepReachable(this)
        return signature.taken(Slots(store, frame))
    }

    /**
     * Calls the function in the caller's own coroutine, as with a list, with plain values, and returns plain values: those
     * of [invoke].
     *
     * ```kotlin
     * val total = withTimeout(5.seconds) { run.callSuspend(store, 1) as Int }
     * ```
     */
    @JvmSynthetic
    public suspend fun callSuspend(store: Store, vararg arguments: Any?): Any? =
        plain(callSuspend(store, values(store, arguments)))

    /**
     * Calls the function, for Java, and gives a future of its results: as [callSuspend] does, with the common pool of
     * Java as the threads on which the guest runs. If the future is cancelled, or somebody else completes it, the guest ends.
     */
    public fun callFuture(store: Store, arguments: List<Val>): CompletableFuture<List<Val>> =
        future(ForkJoinPool.commonPool()) { callSuspend(store, arguments) }

    /**
     * Calls the function, for Java, with plain values, and gives a future of a plain value: those of [invoke].
     *
     * ```java
     * CompletableFuture<Object> total = run.callFuture(store, 1).orTimeout(5, TimeUnit.SECONDS);
     * ```
     */
    public fun callFuture(store: Store, vararg arguments: Any?): CompletableFuture<Any?> =
        callFuture(ForkJoinPool.commonPool(), store, *arguments)

    /** The same, with the threads of [executor] as those on which the guest runs. */
    public fun callFuture(executor: Executor, store: Store, vararg arguments: Any?): CompletableFuture<Any?> =
        future(executor) { callSuspend(store, *arguments) }

    /**
     * The function as one of Kotlin's types, as in `typed<(Int, Int) -> Int>(store)`. Fails with `Type` where it has
     * another one.
     */
    public inline fun <reified F : Function<*>> typed(store: Store): TypedFunc<F> = TypedFunc(store, this, typeOf<F>())

    /**
     * The function as an interface of Java's, for Java, which calls it in [store] with no number boxed. Fails with
     * `Type` where it has another type.
     *
     * ```java
     * IntBinaryOperator add = func.typed(store, IntBinaryOperator.class);
     * int sum = add.applyAsInt(40, 2);
     * ```
     *
     * [type] is [Runnable], or the supplier, consumer, unary operator or binary operator of `int`, `long` or `double`
     * in `java.util.function`.
     */
    public fun <T : Any> typed(store: Store, type: Class<T>): T = JavaShape.of(type).of(this, store)

    /**
     * Calls the function once for each row of [columns], in one crossing and one turn of the store.
     *
     * Each parameter has a column: an [IntArray], [LongArray], [FloatArray] or [DoubleArray] as it is i32, i64, f32 or
     * f64, all equally long. Gives null, the one column of results, or a [List] of them, as [invoke] does with numbers.
     *
     * It stops at the first row that fails, with the error of that row; [WasmtimeException.row] says which one it
     * was. An exception of another kind that a host function threw comes out as it is, and says nothing of rows. The rows before it were called, and
     * their results are lost. Fails with `Type` for columns that do not fit, and for a function with vectors or
     * references.
     */
    public fun map(store: Store, vararg columns: Any): Any? {
        columns.asList().whole("column")
        val signature = signature(store)
        core(this, store) { NativeByHand.checkColumns(raw.handle, store.raw.handle, columns.size) }
        val rows = signature.rows(columns)
        val results = signature.columns(rows)
        core(this, store, runsGuests = true) {
            NativeByHand.map(raw.handle, store.raw.handle, arrayOf(*columns), results, rows)
        }
        return if (results.size > 1) results.asList() else results.firstOrNull()
    }

    /** Whether two handles are to the same function of the same store. */
    public fun same(store: Store, other: Func): Boolean = core(store, other) { raw.same(store.raw, other.raw) }

    /** The results, or null where the fast path does not take the arguments; then nothing was called. */
    private fun onFastPath(store: Store, arguments: List<Any?>): List<Val>? {
        val signature = knownSignature(store)
        if (signature == null || !signature.takes(arguments)) return null
        return core(this, store, runsGuests = true) { signature.call(raw.handle, store, arguments) }
    }

    private fun values(store: Store, arguments: Array<out Any?>): List<Val> {
        val params = knownSignature(store)?.params
        return arguments.mapIndexed { index, value ->
            val isHost = params?.getOrNull(index) == Kind.EXTERN && Slots.takes(Kind.EXTERN, value)
            when {
                isHost && value !is Val && value !is Reference -> Val.ExternRef(value)
                params?.getOrNull(index) == Kind.I64 -> unsigned(value) ?: plain(index, value)
                else -> plain(index, value)
            }
        }
    }

    /** An integer of 64 bits that no [Long] holds, in its unsigned reading: WebAssembly gives an i64 no sign. */
    private fun unsigned(value: Any?): Val? =
        when {
            value is ULong -> Val.I64(value.toLong())
            value is BigInteger && value.signum() > 0 && value.bitLength() <= Long.SIZE_BITS -> Val.I64(value.toLong())
            else -> null
        }

    private fun plain(index: Int, value: Any?): Val = Val.of(value) { "argument ${index + 1}" }

    private fun byValues(store: Store, arguments: List<Val>): List<Val> =
        arguments
            .lend(store) { given -> core(store, arguments, runsGuests = true) { raw.call(store.raw, given) } }
            .map { it.toPublic(store) }

    /** None where the function has too many parameters or results for the fast path. */
    private fun knownSignature(store: Store): Signature? =
        try {
            signature(store)
        } catch (_: WasmtimeException.Unsupported) {
            null
        }

    private fun signature(store: Store): Signature =
        known
            ?: core(this, store) { Signature(NativeByHand.signature(raw.handle, store.raw.handle)) }.also { known = it }

    /** Fails with `Type` where the function is of another type. [whose] is what has that type, or empty. */
    @JvmSynthetic
    internal fun checkType(store: Store, wanted: FuncType, whose: String = "") {
        val bytes = Writer.bytes { write(wanted.toRaw()) }
        core(this, store) { NativeByHand.checkType(raw.handle, store.raw.handle, bytes, whose) }
    }

    /** Gives a host function, which has none yet, its body. */
    @JvmSynthetic
    internal fun attach(store: Store, function: HostFunction): Unit =
        attach(store, HostBody(store, raw, signature(store), function))

    /** Gives a host function, which has none yet, its body: one may serve many stores. */
    @JvmSynthetic
    internal fun attach(store: Store, body: HostCallback) {
        core(this, store) { NativeByHand.attach(raw.handle, store.raw.handle, body) }
        store.keep(body)
    }

    /** Gives a suspending host function, which has none yet, its body. */
    @JvmSynthetic
    internal fun attach(store: Store, function: suspend Caller.(List<Val>) -> List<Val>): Unit =
        attach(store, SuspendingBody(store, raw, signature(store), function))

    /** Gives a suspending host function, which has none yet, its body: one may serve many stores. */
    @JvmSynthetic
    internal fun attach(store: Store, body: SuspendingCallback) {
        val number = store.keep(Suspending(body, signature(store).width))
        core(this, store) { NativeByHand.attachWaiting(raw.handle, store.raw.handle, number) }
    }

    /** What it is, and the number of its store. */
    override fun toString(): String = shownOf("Func", Owned.FUNC) { raw }

    /** Host functions whose types Kotlin knows. */
    public companion object : FuncWrapping() {
        /**
         * Makes a host function from an interface of Java's, for Java: as from a function of Kotlin. [type] is one
         * of those that [typed] takes.
         */
        @JvmStatic
        public fun <T : Any> wrap(store: Store, type: Class<T>, function: T): Func =
            JavaShape.of(type).run { wrapped(store, TypedHost.shared(this.type, body(function))) }

        /**
         * Makes a host function that suspends: a guest that calls it waits for it, and takes no thread. The guest has to be
         * called by [callSuspend], or [callFuture] in Java. Elsewhere the call fails with `Suspend`: in a synchronous call,
         * and below a host function that does not suspend.
         *
         * ```kotlin
         * val fetch = Func.suspending(store, FuncType(listOf(ValType.I32), listOf(ValType.I32))) { (id) ->
         *     listOf(Val.I32(http.fetch(id.asInt())))
         * }
         * ```
         *
         * [function] is run in the coroutine that called the guest, with its context, dispatcher and job. Its receiver is
         * the [Caller], which is valid on every thread until it returns. It may use the store in every way: its calls of
         * guests go on top of the guest that waits for it. Such a call that has not ended when [function] returns
         * ends then, with `Escaped`.
         *
         * The outer call throws whatever [function] throws, as the very same object. If its coroutine is cancelled, so
         * is [function]. Fails as a host function that does not suspend, and with `Busy` in such a function, if the
         * store has had no suspending one before.
         */
        @JvmSynthetic
        public fun suspending(
            store: Store,
            type: FuncType,
            function: suspend Caller.(List<Val>) -> List<Val>,
        ): Func = waiting(store, type).apply { attach(store, function) }

        /**
         * Makes a host function that guests wait for, for Java: as [suspending] does, from a function that gives a future.
         */
        @JvmStatic
        public fun future(store: Store, type: FuncType, function: FutureFunction): Func =
            suspending(store, type, function.suspending())

        internal override fun wrapped(store: Store, host: TypedHost): Func =
            of(host(store, host.type)).apply { attach(store, host.body(store)) }

        internal override fun wrapped(store: Store, host: SuspendingHost): Func =
            waiting(store, host.type).apply { attach(store, host.body(store)) }

        /** A suspending host function without its body. */
        private fun waiting(store: Store, type: FuncType): Func {
            val bytes = Writer.bytes { write(type.toRaw()) }
            return of(core(store) { NativeByHand.newWaitingFunc(store.raw.handle, bytes) })
        }

        /** A host function without its callback. Fails with `Unsupported` if [type] names one of a module's own types. */
        private fun host(store: Store, type: FuncType): Raw = core(store) { Raw.host(store.raw, type.toRaw()) }

        @JvmSynthetic
        internal fun of(raw: Raw): Func = Func(raw)

        /** The function of a handle that is ours. */
        @JvmSynthetic
        internal fun of(handle: Long): Func = Func(Raw(handle))
    }
}
