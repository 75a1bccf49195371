package dev.trimaran.internal

import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import dev.trimaran.core
import dev.trimaran.lend
import dev.trimaran.toPublic
import dev.trimaran.whole
import dev.trimaran.internal.ffi.Func as RawFunc

/** What a host function gives, as its type wants it. */
internal class HostResults(private val store: Store, private val func: RawFunc, private val kinds: ByteArray) {
    /** The results, converted where they have to be. What a function of Java gives may be null, or have nulls in it. */
    fun fitting(results: List<Val>?): List<Val> {
        val given = results?.whole("result") ?: throw WasmtimeException.Type(NOTHING)
        val isPlain = given.size == kinds.size && given.indices.all { Slots.fits(kinds[it], given[it]) }
        // The core knows what can be converted, and what is wrong.
        return if (isPlain) given else converted(given)
    }

    /** Leaves them in slots, for the library. */
    fun put(slots: LongArray, results: List<Val>) {
        Slots(store, slots).use { slot ->
            results.forEachIndexed { index, value -> slot.put(index, kinds[index], value) }
            slot.give()
        }
    }

    private fun converted(given: List<Val>): List<Val> =
        given
            .lend(store) { values -> core(store, func) { func.convertResults(store.raw, values) } }
            .map { it.toPublic(store) }

    private companion object {
        const val NOTHING = "the host function gave null: expected a list of its results, empty without any"
    }
}
