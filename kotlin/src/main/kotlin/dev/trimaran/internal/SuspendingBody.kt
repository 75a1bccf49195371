package dev.trimaran.internal

import dev.trimaran.Caller
import dev.trimaran.Store
import dev.trimaran.SuspendingCallback
import dev.trimaran.Val
import dev.trimaran.internal.ffi.Func as RawFunc

/** The body of a suspending host function whose type is known when the program runs. */
internal class SuspendingBody(
    private val store: Store,
    func: RawFunc,
    private val signature: Signature,
    private val function: suspend Caller.(List<Val>) -> List<Val>,
) : SuspendingCallback() {
    private val results = HostResults(store, func, signature.results)

    override suspend fun call(callId: Long, slots: LongArray) {
        val params = signature.params
        val given = Slots(store, slots).let { slot -> params.indices.map { slot.get(it, params[it]) } }
        val found = results.fitting(function(Caller(store, callId), given))
        results.put(slots, found)
    }
}

/** A suspending host function of a store, and how many slots it needs. */
internal class Suspending(val body: SuspendingCallback, val width: Int)
