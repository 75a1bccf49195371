package dev.trimaran

import dev.trimaran.internal.HostBody
import dev.trimaran.internal.Kind
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.Owned
import dev.trimaran.internal.Signature
import dev.trimaran.internal.Slots
import dev.trimaran.internal.Writer
import dev.trimaran.internal.ffi.write
import dev.trimaran.internal.shownOf
import java.math.BigInteger
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
        val results = onFastPath(store, arguments.asList()) ?: byValues(store, values(store, arguments))
        return if (results.size > 1) results.map { it.unwrap() } else results.firstOrNull()?.unwrap()
    }

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

        internal override fun wrapped(store: Store, host: TypedHost): Func =
            of(host(store, host.type)).apply { attach(store, host.body(store)) }

        /** A host function without its callback. Fails with `Unsupported` if [type] names one of a module's own types. */
        private fun host(store: Store, type: FuncType): Raw = core(store) { Raw.host(store.raw, type.toRaw()) }

        @JvmSynthetic
        internal fun of(raw: Raw): Func = Func(raw)

        /** The function of a handle that is ours. */
        @JvmSynthetic
        internal fun of(handle: Long): Func = Func(Raw(handle))
    }
}
