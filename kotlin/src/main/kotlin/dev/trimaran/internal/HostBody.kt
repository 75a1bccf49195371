package dev.trimaran.internal

import dev.trimaran.Caller
import dev.trimaran.HostCallback
import dev.trimaran.HostFunction
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.internal.ffi.Func as RawFunc

/** The body of a host function whose type is known when the program runs. */
internal class HostBody(
    private val store: Store,
    func: RawFunc,
    private val signature: Signature,
    private val function: HostFunction,
) : HostCallback() {
    private val results = HostResults(store, func, signature.results)

    override fun call0(callId: Long): Long = short(callId, emptyList())

    override fun call1(callId: Long, a: Long): Long = short(callId, listOf(argument(0, a)))

    override fun call2(callId: Long, a: Long, b: Long): Long = short(callId, listOf(argument(0, a), argument(1, b)))

    override fun call3(callId: Long, a: Long, b: Long, c: Long): Long =
        short(callId, listOf(argument(0, a), argument(1, b), argument(2, c)))

    override fun call4(callId: Long, a: Long, b: Long, c: Long, d: Long): Long =
        short(callId, listOf(argument(0, a), argument(1, b), argument(2, c), argument(3, d)))

    override fun callSlots(callId: Long, slots: LongArray) {
        val params = signature.params
        val given = Slots(store, slots)
        val found = run(callId, params.indices.map { given.get(it, params[it]) })
        results.put(slots, found)
    }

    private fun argument(index: Int, bits: Long): Val = Slots.number(signature.params[index], bits, 0)

    private fun short(callId: Long, arguments: List<Val>): Long {
        val found = run(callId, arguments)
        return if (found.isEmpty()) 0 else Slots.low(found[0])
    }

    private fun run(callId: Long, arguments: List<Val>): List<Val> =
        results.fitting(function.run { Caller(store, callId).call(arguments) })
}
