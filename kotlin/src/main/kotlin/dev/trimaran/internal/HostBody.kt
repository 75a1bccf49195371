package dev.trimaran.internal

import dev.trimaran.Caller
import dev.trimaran.HostCallback
import dev.trimaran.HostFunction
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import dev.trimaran.core
import dev.trimaran.lend
import dev.trimaran.toPublic
import dev.trimaran.whole
import dev.trimaran.internal.ffi.Func as RawFunc

/** The body of a host function whose type is known when the program runs. */
internal class HostBody(
    private val store: Store,
    private val func: RawFunc,
    private val signature: Signature,
    private val function: HostFunction,
) : HostCallback() {
    override fun call0(callId: Long): Long = short(callId, emptyList())

    override fun call1(callId: Long, a: Long): Long = short(callId, listOf(argument(0, a)))

    override fun call2(callId: Long, a: Long, b: Long): Long = short(callId, listOf(argument(0, a), argument(1, b)))

    override fun call3(callId: Long, a: Long, b: Long, c: Long): Long =
        short(callId, listOf(argument(0, a), argument(1, b), argument(2, c)))

    override fun call4(callId: Long, a: Long, b: Long, c: Long, d: Long): Long =
        short(callId, listOf(argument(0, a), argument(1, b), argument(2, c), argument(3, d)))

    override fun callSlots(callId: Long, slots: LongArray) {
        val (params, results) = signature.run { params to results }
        val given = Slots(store, slots)
        val found = run(callId, params.indices.map { given.get(it, params[it]) })
        Slots(store, slots).use { slot ->
            found.forEachIndexed { index, value -> slot.put(index, results[index], value) }
            slot.give()
        }
    }

    private fun argument(index: Int, bits: Long): Val = Slots.number(signature.params[index], bits, 0)

    private fun short(callId: Long, arguments: List<Val>): Long {
        val results = run(callId, arguments)
        return if (results.isEmpty()) 0 else Slots.low(results[0])
    }

    /** What the function gives, as its type wants it. */
    private fun run(callId: Long, arguments: List<Val>): List<Val> {
        val given = given(function.run { Caller(store, callId).call(arguments) })
        val kinds = signature.results
        val isPlain = given.size == kinds.size && given.indices.all { Slots.fits(kinds[it], given[it]) }
        // The core knows what can be converted, and what is wrong.
        return if (isPlain) given else converted(given)
    }

    /** What a function of Java gives may be null, or have nulls in it. */
    private fun given(results: List<Val>?): List<Val> =
        results?.whole("result") ?: throw WasmtimeException.Type(NOTHING)

    private fun converted(given: List<Val>): List<Val> =
        given
            .lend(store) { values -> core(store, func) { func.convertResults(store.raw, values) } }
            .map { it.toPublic(store) }

    private companion object {
        const val NOTHING = "the host function gave null: expected a list of its results, empty without any"
    }
}
