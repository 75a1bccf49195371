package dev.trimaran.internal

import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import java.lang.reflect.Array as JavaArray

/**
 * What a function takes and gives, as the fast path needs it.
 *
 * [described] is how many parameters, how many results, and then the [Kind] of each.
 */
internal class Signature(described: ByteArray) {
    val params = described.copyOfRange(2, 2 + described[0].toUByte().toInt())
    val results = described.copyOfRange(2 + params.size, described.size)

    /** How many slots a call needs: arguments and results use the same ones. */
    val width = maxOf(params.size, results.size)

    /** Whether it has numbers alone, so that it can be called with columns. */
    private val isNumeric = (params + results).all { it < Kind.V128 }

    /** Whether the arguments and the one result are passed as they are. */
    private val isShort = isNumeric && params.size <= MOST_DIRECT && results.size <= 1

    /**
     * Whether the fast path can take the arguments: each is what the parameter is, or an integer that becomes wider. What
     * else may be converted, and what is wrong, the core knows.
     */
    fun takes(arguments: List<Any?>): Boolean {
        if (arguments.size != params.size) return false
        for (index in params.indices) {
            if (!Slots.takes(params[index], arguments[index])) return false
        }
        return true
    }

    /** Calls with arguments that it takes. */
    fun call(func: Long, store: Store, arguments: List<Any?>): List<Val> {
        if (!isShort) return callSlots(func, store, arguments)
        val bits = direct(func, store.raw.handle, arguments)
        return if (results.isEmpty()) emptyList() else listOf(Slots.number(results[0], bits, 0))
    }

    /** How many rows the columns have, of which there is one for each parameter. Fails with `Type` for one of another. */
    fun rows(columns: Array<out Any>): Int =
        columns.mapIndexed { index, column -> length(column, NUMBERS[params[index].toInt()], index + 1) }.first()

    /** A column for each result. */
    fun columns(rows: Int): Array<Any> =
        Array(results.size) { JavaArray.newInstance(NUMBERS[results[it].toInt()], rows) }

    private fun length(column: Any, number: Class<*>, place: Int): Int {
        val type = column.javaClass
        if (type.componentType == number) return JavaArray.getLength(column)
        val found = type.canonicalName ?: type.name
        throw WasmtimeException.Type("column $place is a $found: expected ${number.name}[]")
    }

    private fun direct(func: Long, store: Long, arguments: List<Any?>): Long {
        fun bits(index: Int) = Slots.low(arguments[index])
        return when (arguments.size) {
            0 -> NativeByHand.call0(func, store)
            1 -> NativeByHand.call1(func, store, bits(0))
            2 -> NativeByHand.call2(func, store, bits(0), bits(1))
            3 -> NativeByHand.call3(func, store, bits(0), bits(1), bits(2))
            else -> NativeByHand.call4(func, store, bits(0), bits(1), bits(2), bits(3))
        }
    }

    private fun callSlots(func: Long, store: Store, arguments: List<Any?>): List<Val> =
        Slots(store, LongArray(2 * width)).use { slots ->
            put(slots, arguments)
            NativeByHand.callSlots(func, store.raw.handle, slots.numbers)
            taken(slots)
        }

    /** Puts arguments that it takes into slots. */
    fun put(slots: Slots, arguments: List<Any?>) {
        for (index in params.indices) slots.put(index, params[index], arguments[index])
    }

    /** The results in slots, once. */
    fun taken(slots: Slots): List<Val> = results.indices.map { slots.get(it, results[it]) }

    private companion object {
        /** What a column holds, by the [Kind] of it. */
        val NUMBERS =
            listOf(Integer.TYPE, java.lang.Long.TYPE, java.lang.Float.TYPE, java.lang.Double.TYPE)

        /** How many arguments [direct] has entries for. */
        const val MOST_DIRECT = 4
    }
}
