package dev.trimaran.tests

import dev.trimaran.RefType
import dev.trimaran.Store
import dev.trimaran.Val
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive

/** Values of the official suite, and what a result has to be like. */
class SpecValues(private val store: Store) {
    /** The objects of the host that the suite counts. */
    private val hosts = mutableMapOf<String, Any>()

    private fun host(number: String) = hosts.getOrPut(number) { Any() }

    /** A value that is passed to a function. */
    fun argument(value: JsonArray): Val = if (kind(value) == "host") Val.ExternRef(host(text(value))) else toVal(value)

    /** Whether a result is as it has to be. */
    fun matches(pattern: JsonArray, value: Val): Boolean =
        when (kind(pattern)) {
            "either" -> pattern[1].jsonArray.any { matches(it.jsonArray, value) }
            "f32" -> value is Val.F32 && isFloat(text(pattern), value.bits)
            "f64" -> value is Val.F64 && isDouble(text(pattern), value.bits)
            "f32x4" -> value is Val.V128 && lanes(pattern).indices.all { isFloat(lanes(pattern)[it], lane(value, it)) }
            "f64x2" ->
                value is Val.V128 &&
                    lanes(pattern).zip(listOf(value.low, value.high)).all { (lane, bits) -> isDouble(lane, bits) }
            "null" -> value !is Val.V128 && value.unwrap() == null
            "host" -> value is Val.ExternRef && value.value === host(text(pattern))
            "ref" -> value.unwrap() != null && isReference(text(pattern), value)
            else -> fromVal(value) == pattern
        }

    private fun isReference(heap: String, value: Val): Boolean =
        when (value) {
            is Val.FuncRef -> heap == "func"
            is Val.ExternRef -> heap == "extern"
            is Val.ExnRef -> heap == "exn"
            is Val.AnyRef -> value.value!!.matches(store, RefType(heapType(heap), nullable = false))
            else -> false
        }

    private fun kind(value: JsonArray) = value[0].jsonPrimitive.content

    private fun text(value: JsonArray) = value[1].jsonPrimitive.content

    private fun lanes(pattern: JsonArray) = pattern[1].jsonArray.map { it.jsonPrimitive.content }

    private fun lane(value: Val.V128, index: Int) =
        ((if (index < 2) value.low else value.high) ushr (index % 2 * 32)).toInt()

    /** The bits of a float, or a kind of NaN (core specification, section 4.3.3). */
    private fun isFloat(pattern: String, bits: Int): Boolean =
        when (pattern) {
            "nan:canonical" -> bits and 0x7fff_ffff == 0x7fc0_0000
            "nan:arithmetic" -> bits and 0x7fc0_0000 == 0x7fc0_0000
            else -> pattern == bits.toUInt().toString()
        }

    private fun isDouble(pattern: String, bits: Long): Boolean =
        when (pattern) {
            "nan:canonical" -> bits and 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000
            "nan:arithmetic" -> bits and 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000
            else -> pattern == bits.toULong().toString()
        }
}
