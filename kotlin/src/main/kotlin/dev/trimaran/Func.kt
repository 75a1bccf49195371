package dev.trimaran

import dev.trimaran.internal.LaneException
import dev.trimaran.internal.Lane
import dev.trimaran.internal.OpenedFunc
import dev.trimaran.internal.Signature
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
        val results =
            overLane(store, arguments.asList())
                ?: overSurface(store, arguments.mapIndexed { index, value -> Val.of(value) { "argument ${index + 1}" } })
        return if (results.size > 1) results.map { it.unwrap() } else results.firstOrNull()?.unwrap()
    }

    /** Whether two handles are to the same function of the same store. */
    public fun same(store: Store, other: Func): Boolean = core(store, other) { raw.same(store.raw, other.raw) }

    /** The results, or null where the lane does not take the arguments; then nothing was called. */
    private fun overLane(store: Store, arguments: List<Any?>): List<Val>? {
        val signature = signature(store)?.takeIf { it.takes(arguments) } ?: return null
        return core(this, store) { signature.call(lane.pointer, store.lane.pointer, arguments) }
    }

    private fun overSurface(store: Store, arguments: List<Val>): List<Val> =
        core(store, arguments) { raw.call(store.raw, arguments.map { it.toRaw() }) }.map { it.toPublic() }

    /** The signature, or null where the store does not accept the function: the surface says why. */
    private fun signature(store: Store): Signature? =
        known ?: try {
            core(this, store) { Signature(Lane.signature(lane.pointer, store.lane.pointer)) }.also { known = it }
        } catch (_: WasmtimeException) {
            null
        }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Func = Func(raw)
    }
}
