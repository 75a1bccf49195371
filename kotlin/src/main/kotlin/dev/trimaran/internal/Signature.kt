package dev.trimaran.internal

import dev.trimaran.Val

/**
 * What a function takes and gives, as far as the lane is concerned: numbers and vectors.
 *
 * [described] is how many parameters, how many results, and then the kind of each.
 */
internal class Signature(described: ByteArray) {
    private val params = described.copyOfRange(2, 2 + described[0].toUByte().toInt())
    private val results = described.copyOfRange(2 + params.size, described.size)

    /** Whether it has no references, so that the lane can call it. */
    val isPlain = (params + results).none { it == REF }

    /** Whether it has numbers alone, so that it can be called with columns. */
    val isNumeric = (params + results).all { it < V128 }

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

        /** How many arguments [direct] has entries for. */
        const val MOST_DIRECT = 4
    }
}
