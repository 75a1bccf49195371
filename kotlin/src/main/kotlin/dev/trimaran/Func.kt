package dev.trimaran

import dev.trimaran.internal.Lane
import dev.trimaran.internal.OpenedFunc
import dev.trimaran.internal.Signature
import kotlin.reflect.typeOf
import dev.trimaran.internal.ffi.Func as Raw

/**
 * A function of a guest. It belongs to one store.
 *
 * [call] takes and gives WebAssembly values. Called like a function of Kotlin, it takes and gives plain ones:
 *
 * ```kotlin
 * val add = exports.func("add")
 * val sum = add(store, 1, 2) as Int
 * ```
 */
public class Func private constructor(@get:JvmSynthetic internal val raw: Raw) : Extern {
    @get:JvmSynthetic
    internal val lane = OpenedFunc(raw)

    /** Known once the function was called. It is the same in every store that accepts the function. */
    @Volatile
    private var known: Signature? = null

    /** The function's type. */
    public fun type(store: Store): FuncType = core(store) { raw.type(store.raw) }.toPublic()

    /**
     * Calls the function. The arguments are converted where nothing is lost by it: integers of either width go
     * into any number that holds them exactly, a [Val.F64] into an f32 by rounding.
     *
     * Fails with `Type` for a wrong number or type of arguments, `Range` for a number that does not fit, `Trap`
     * where the guest traps, and with whatever a host function failed with.
     */
    public fun call(store: Store, arguments: List<Val>): List<Val> =
        overLane(store, arguments) ?: overSurface(store, arguments)

    /** Calls the function, as with a list. */
    public fun call(store: Store, vararg arguments: Val): List<Val> = call(store, arguments.asList())

    /**
     * Calls the function with plain values, which [Val.of] makes WebAssembly values of, and gives plain ones.
     *
     * No result is null; one is what [Val.unwrap] gives of it, such as an [Int] for an i32; several are a [List]
     * of that. Fails as [call] does.
     */
    public operator fun invoke(store: Store, vararg arguments: Any?): Any? {
        val results = overLane(store, arguments.asList()) ?: overSurface(store, values(arguments))
        return if (results.size > 1) results.map { it.unwrap() } else results.firstOrNull()?.unwrap()
    }

    /**
     * The function as one of Kotlin's types, as in `typed<(Int, Int) -> Int>(store)`. Fails with `Type` where it has
     * another one.
     */
    public inline fun <reified F : Function<*>> typed(store: Store): TypedFunc<F> = TypedFunc(store, this, typeOf<F>())

    /**
     * Calls the function once for each row of [columns], in one crossing and one turn of the store.
     *
     * Each parameter has a column: an [IntArray], [LongArray], [FloatArray] or [DoubleArray] as it is i32, i64, f32 or
     * f64, all equally long. Gives null, the one column of results, or a [List] of them, as [invoke] does with numbers.
     *
     * It stops at the first row that fails, with the error of that row; [WasmtimeException.row] says which one it
     * was. The rows before it were called, and their results are lost. Fails with `Type` for columns that do not fit,
     * and for a function with vectors or references.
     */
    public fun map(store: Store, vararg columns: Any): Any? {
        val signature = signature(store)
        val rows = signature.rows(columns)
        val results = signature.columns(rows)
        core(this, store) { Lane.map(lane.pointer, store.lane.pointer, arrayOf(*columns), results, rows) }
        return if (results.size > 1) results.asList() else results.firstOrNull()
    }

    /** Whether two handles are to the same function of the same store. */
    public fun same(store: Store, other: Func): Boolean = core(store, other) { raw.same(store.raw, other.raw) }

    /** The results, or null where the lane does not take the arguments; then nothing was called. */
    private fun overLane(store: Store, arguments: List<Any?>): List<Val>? {
        // Where the store does not accept the function, the surface says why.
        val signature =
            try {
                signature(store)
            } catch (_: WasmtimeException) {
                return null
            }
        if (!signature.takes(arguments)) return null
        return core(this, store) { signature.call(lane.pointer, store.lane.pointer, arguments) }
    }

    private fun values(arguments: Array<out Any?>): List<Val> =
        arguments.mapIndexed { index, value -> Val.of(value) { "argument ${index + 1}" } }

    private fun overSurface(store: Store, arguments: List<Val>): List<Val> =
        core(store, arguments) { raw.call(store.raw, arguments.map { it.toRaw() }) }.map { it.toPublic() }

    private fun signature(store: Store): Signature =
        known ?: core(this, store) { Signature(Lane.signature(lane.pointer, store.lane.pointer)) }.also { known = it }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Func = Func(raw)
    }
}
