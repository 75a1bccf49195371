package dev.trimaran.tests

import dev.trimaran.HeapType
import dev.trimaran.RefType
import dev.trimaran.Val
import dev.trimaran.ValType
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import java.math.BigInteger
import java.util.HexFormat

/** What is wrong with a step or with its outcome. */
class Problem(message: String) : Exception(message)

/** One step of a case: its fields, each of which has to be used. */
class Step(element: JsonElement) {
    private val fields = element.jsonObject
    private val used = mutableSetOf<String>()

    operator fun contains(name: String): Boolean = name in fields

    fun optional(name: String): JsonElement? {
        used += name
        return fields[name]
    }

    fun value(name: String): JsonElement = optional(name) ?: throw Problem("it has no `$name`")

    fun text(name: String): String = value(name).jsonPrimitive.also { check(it.isString) }.content

    fun long(name: String): Long = value(name).jsonPrimitive.also { check(!it.isString) }.long

    fun boolean(name: String): Boolean = optional(name)?.jsonPrimitive?.boolean ?: false

    fun bytes(name: String): ByteArray = HexFormat.of().parseHex(text(name))

    /** Fails where a field was never asked for: a runner must not skip what it does not know. */
    fun allUsed() {
        val unused = fields.keys - used
        if (unused.isNotEmpty()) throw Problem("unknown fields $unused")
    }
}

/** A type by its name. */
fun toValType(name: String): ValType =
    when (name) {
        "i32" -> ValType.I32
        "i64" -> ValType.I64
        "f32" -> ValType.F32
        "f64" -> ValType.F64
        "v128" -> ValType.V128
        "funcref" -> ValType.Ref(RefType(HeapType.Func))
        "externref" -> ValType.Ref(RefType(HeapType.Extern))
        "anyref" -> ValType.Ref(RefType(HeapType.Any))
        "eqref" -> ValType.Ref(RefType(HeapType.Eq))
        "i31ref" -> ValType.Ref(RefType(HeapType.I31))
        "structref" -> ValType.Ref(RefType(HeapType.Struct))
        "arrayref" -> ValType.Ref(RefType(HeapType.Array))
        "exnref" -> ValType.Ref(RefType(HeapType.Exn))
        else -> throw Problem("unknown type `$name`")
    }

/** A value from `[type, bits]`. */
fun toVal(element: JsonElement): Val {
    val parts = element.jsonArray.map { it.jsonPrimitive.content }
    if (parts == listOf("null")) return Val.Null
    val bits = BigInteger(parts[1])
    fun within(width: Int) = bits.also { if (it.bitLength() > width) throw Problem("$element is no value") }
    return when (parts[0]) {
        "i32" -> Val.I32(within(32).toInt())
        "i64" -> Val.I64(within(64).toLong())
        "f32" -> Val.F32.fromBits(within(32).toInt())
        "f64" -> Val.F64.fromBits(within(64).toLong())
        "v128" -> Val.V128(within(128).toLong(), bits.shiftRight(64).toLong())
        else -> throw Problem("$element is no value")
    }
}

/** A value as `[type, bits]`. */
fun fromVal(value: Val): JsonElement {
    val (kind, bits) =
        when (value) {
            is Val.I32 -> "i32" to value.value.toUInt().toString()
            is Val.I64 -> "i64" to value.value.toULong().toString()
            is Val.F32 -> "f32" to value.bits.toUInt().toString()
            is Val.F64 -> "f64" to value.bits.toULong().toString()
            is Val.V128 -> "v128" to (unsigned(value.high).shiftLeft(64) + unsigned(value.low)).toString()
            else -> return JsonArray(listOf(JsonPrimitive(if (value.unwrap() == null) "null" else "reference")))
        }
    return JsonArray(listOf(JsonPrimitive(kind), JsonPrimitive(bits)))
}

private fun unsigned(bits: Long) = BigInteger(bits.toULong().toString())
