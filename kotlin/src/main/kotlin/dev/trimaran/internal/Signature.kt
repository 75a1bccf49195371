package dev.trimaran.internal

import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import java.lang.reflect.Array as JavaArray

/**
 * What a function takes and gives, as far as the lane is concerned: numbers and vectors.
 *
 * [described] is how many parameters, how many results, and then the kind of each.
 */
internal class Signature(described: ByteArray) {
    private val params = described.copyOfRange(2, 2 + described[0].toUByte().toInt())
    private val results = described.copyOfRange(2 + params.size, described.size)

    /** Whether it has no references, so that the lane can call it. */
    private val isPlain = (params + results).none { it == REF }

    /** Whether it has numbers alone, so that it can be called with columns. */
    private val isNumeric = (params + results).all { it < V128 }

    /** Whether the arguments and the one result are passed as they are. */
    private val isShort = isNumeric && params.size <= MOST_DIRECT && results.size <= 1

    /**
     * Whether the lane can take the arguments: each is what the parameter is, or an integer that becomes wider. What
     * else may be converted, and what is wrong, the core knows.
     */
    fun takes(arguments: List<Any?>): Boolean {
        if (!isPlain || arguments.size != params.size) return false
        for (index in params.indices) {
            if (!takes(params[index], arguments[index])) return false
        }
        return true
    }

    private fun takes(kind: Byte, value: Any?): Boolean =
        when (kind) {
            I32 -> value is Int || value is Val.I32
            I64 -> value is Long || value is Int || value is Val.I64 || value is Val.I32
            F32 -> value is Float || value is Val.F32
            F64 -> value is Double || value is Val.F64
            V128 -> value is Val.V128
            else -> false
        }

    /** Calls with arguments that it takes. */
    fun call(func: Long, store: Long, arguments: List<Any?>): List<Val> {
        if (!isShort) return callSlots(func, store, arguments)
        val bits = direct(func, store, arguments)
        return if (results.isEmpty()) emptyList() else listOf(value(results[0], bits, 0))
    }

    /** How many rows the columns have, if there is one of its type for each parameter, or `Type`. */
    fun rows(columns: Array<out Any>): Int {
        if (!isNumeric) wrong("only functions of i32, i64, f32 and f64 can be called with columns")
        if (params.isEmpty()) wrong("the function has no parameters, and so no columns: call it")
        if (columns.size != params.size) {
            val many = if (columns.size > params.size) "too many" else "too few"
            wrong("$many columns: the function takes ${params.size}, ${columns.size} given")
        }
        val lengths = columns.mapIndexed { index, column -> length(column, NUMBERS[params[index].toInt()], index + 1) }
        val rows = lengths.first()
        val other = lengths.indexOfFirst { it != rows }
        if (other >= 0) wrong("column ${other + 1} has ${lengths[other]} items: column 1 has $rows")
        return rows
    }

    /** A column for each result. */
    fun columns(rows: Int): Array<Any> =
        Array(results.size) { JavaArray.newInstance(NUMBERS[results[it].toInt()], rows) }

    private fun length(column: Any, number: Class<*>, place: Int): Int {
        val type = column.javaClass
        if (type.componentType == number) return JavaArray.getLength(column)
        wrong("column $place is a ${type.canonicalName ?: type.name}: expected ${number.name}[]")
    }

    private fun wrong(reason: String): Nothing = throw WasmtimeException.Type(reason)

    private fun direct(func: Long, store: Long, arguments: List<Any?>): Long {
        fun bits(index: Int) = low(arguments[index])
        return when (arguments.size) {
            0 -> Lane.call0(func, store)
            1 -> Lane.call1(func, store, bits(0))
            2 -> Lane.call2(func, store, bits(0), bits(1))
            3 -> Lane.call3(func, store, bits(0), bits(1), bits(2))
            else -> Lane.call4(func, store, bits(0), bits(1), bits(2), bits(3))
        }
    }

    private fun callSlots(func: Long, store: Long, arguments: List<Any?>): List<Val> {
        val slots = LongArray(2 * maxOf(params.size, results.size))
        arguments.forEachIndexed { index, value ->
            slots[2 * index] = low(value)
            if (value is Val.V128) slots[2 * index + 1] = value.high
        }
        Lane.callSlots(func, store, slots)
        return results.indices.map { value(results[it], slots[2 * it], slots[2 * it + 1]) }
    }

    private fun low(value: Any?): Long =
        when (value) {
            is Int -> value.toLong()
            is Long -> value
            is Double -> value.toRawBits()
            is Float -> value.toRawBits().toLong()
            is Val.I32 -> value.value.toLong()
            is Val.I64 -> value.value
            is Val.F64 -> value.bits
            is Val.F32 -> value.bits.toLong()
            is Val.V128 -> value.low
            else -> error("not an argument for the lane: $value")
        }

    private fun value(kind: Byte, low: Long, high: Long): Val =
        when (kind) {
            I32 -> Val.I32(low.toInt())
            I64 -> Val.I64(low)
            F32 -> Val.F32.fromBits(low.toInt())
            F64 -> Val.F64.fromBits(low)
            else -> Val.V128(low, high)
        }

    private companion object {
        // The numbers of the core's `Kind`.
        const val I32: Byte = 0
        const val I64: Byte = 1
        const val F32: Byte = 2
        const val F64: Byte = 3
        const val V128: Byte = 4
        const val REF: Byte = 5

        /** What a column holds, by the kind of it. */
        val NUMBERS =
            listOf(Integer.TYPE, java.lang.Long.TYPE, java.lang.Float.TYPE, java.lang.Double.TYPE)

        /** How many arguments [direct] has entries for. */
        const val MOST_DIRECT = 4
    }
}
