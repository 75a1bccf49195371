package dev.trimaran.tests

import dev.trimaran.component.BorrowType
import dev.trimaran.component.CodePoint
import dev.trimaran.component.EnumCase
import dev.trimaran.component.EnumType
import dev.trimaran.component.Err
import dev.trimaran.component.FixedLengthListType
import dev.trimaran.component.FlagsType
import dev.trimaran.component.FutureType
import dev.trimaran.component.ListType
import dev.trimaran.component.MapType
import dev.trimaran.component.Ok
import dev.trimaran.component.OptionType
import dev.trimaran.component.OwnType
import dev.trimaran.component.PrimitiveType
import dev.trimaran.component.Record
import dev.trimaran.component.RecordType
import dev.trimaran.component.ResultType
import dev.trimaran.component.Some
import dev.trimaran.component.StreamType
import dev.trimaran.component.TupleType
import dev.trimaran.component.UnsupportedType
import dev.trimaran.component.ValueType
import dev.trimaran.component.Variant
import dev.trimaran.component.VariantType
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import java.util.HexFormat

/**
 * Values of components: as the cases write them, and as users of the package do. [named] knows resources and objects, and [stream]
 * streams and futures.
 */
class ComponentValues(
    private val named: (kind: String, name: String) -> Any,
    private val name: (Any?) -> JsonElement,
    private val stream: (kind: String, parts: JsonArray) -> Any?,
) {
    /** What a user of the package writes for a value of a case. */
    fun value(element: JsonElement): Any? {
        if (element is JsonNull) return null
        val parts = element.jsonArray
        val kind = parts[0].jsonPrimitive.content
        if (kind == "none") return null
        val inner = parts[1]
        val text by lazy { inner.jsonPrimitive.content }
        val items by lazy { inner.jsonArray.map(::value) }
        return when (kind) {
            "bool" -> inner.jsonPrimitive.boolean
            "s8" -> text.toByte()
            "u8" -> text.toUByte()
            "s16" -> text.toShort()
            "u16" -> text.toUShort()
            "s32" -> text.toInt()
            "u32" -> text.toUInt()
            "s64" -> text.toLong()
            "u64" -> text.toULong()
            "f32" -> if (text == "nan") Float.NaN else Float.fromBits(text.toUInt().toInt())
            "f64" -> if (text == "nan") Double.NaN else Double.fromBits(text.toULong().toLong())
            "char" -> if (text.codePointCount(0, text.length) == 1) CodePoint(text.codePointAt(0)) else text
            "string" -> text
            "bytes" -> HexFormat.of().parseHex(text)
            "list", "tuple" -> items
            "map" -> inner.jsonArray.associate { value(it.jsonArray[0]) to value(it.jsonArray[1]) }
            "record" -> Record(
                *inner.jsonArray.map {
                    it.jsonArray[0].jsonPrimitive.content to value(it.jsonArray[1])
                }.toTypedArray(),
            )
            "variant" -> Variant(text, value(parts[2]))
            "enum" -> EnumCase(text)
            "flags" -> inner.jsonArray.map { it.jsonPrimitive.content }.toSet()
            "some" -> if (inner.jsonArray[0].jsonPrimitive.content in
                setOf("none", "some")
            ) {
                Some(value(inner))
            } else {
                value(inner)
            }
            "ok" -> Ok(value(inner))
            "err" -> Err(value(inner))
            "resource", "object" -> named(kind, text)
            else -> stream(kind, parts) ?: throw Problem("$element is no value of a component")
        }
    }

    /** A value of that type, as the cases write it. */
    fun shown(value: Any?, type: ValueType?): JsonElement =
        when (type) {
            null -> JsonNull.also { check(value == null) }
            is PrimitiveType -> array(type.toString(), primitive(value, type))
            is ListType -> list(checkNotNull(value), type.element)
            is FixedLengthListType -> list(checkNotNull(value), type.element)
            is MapType -> {
                val entries = (value as Map<*, *>).map { (key, item) ->
                    listOf(shown(key, type.key), shown(item, type.value))
                }
                array("map", JsonArray(entries.map(::JsonArray)))
            }
            is TupleType -> (value as List<*>).let { array("tuple", JsonArray(it.zip(type.items, ::shown))) }
            is RecordType -> {
                value as Record
                check(value.names == type.fields.keys.toList())
                array("record", JsonArray(type.fields.map { (name, field) -> array(name, shown(value[name], field)) }))
            }
            is VariantType -> (value as Variant).run {
                array("variant", case, shown(payload, type.cases.getValue(case)))
            }
            is EnumType -> array("enum", (value as EnumCase).name.also { check(it in type.names) })
            is FlagsType -> {
                check((value as Set<*>).toList() == type.names.filter { it in value })
                array("flags", JsonArray(value.map { JsonPrimitive(it as String) }))
            }
            is OptionType -> {
                val inner = if (type.value is OptionType) (value as Some?)?.value else value
                if (value == null) array("none") else array("some", shown(inner, type.value))
            }
            is ResultType ->
                if (value is Ok) {
                    array(
                        "ok",
                        shown(value.value, type.ok),
                    )
                } else {
                    array("err", shown((value as Err).error, type.error))
                }
            is OwnType, is BorrowType -> name(value)
            is StreamType, is FutureType, is UnsupportedType -> throw Problem("a value of the type $type")
        }

    private fun primitive(value: Any?, type: PrimitiveType): Any {
        val (found, shown) =
            when (value) {
                is Boolean -> PrimitiveType.BOOL to value
                is Byte -> PrimitiveType.S8 to value.toString()
                is UByte -> PrimitiveType.U8 to value.toString()
                is Short -> PrimitiveType.S16 to value.toString()
                is UShort -> PrimitiveType.U16 to value.toString()
                is Int -> PrimitiveType.S32 to value.toString()
                is UInt -> PrimitiveType.U32 to value.toString()
                is Long -> PrimitiveType.S64 to value.toString()
                is ULong -> PrimitiveType.U64 to value.toString()
                is Float -> PrimitiveType.F32 to if (value.isNaN()) "nan" else value.toRawBits().toUInt().toString()
                is Double -> PrimitiveType.F64 to if (value.isNaN()) "nan" else value.toRawBits().toULong().toString()
                is CodePoint -> PrimitiveType.CHAR to value.toString()
                is String -> PrimitiveType.STRING to value
                else -> throw Problem("it gave $value")
            }
        check(found == type) { "$value is no $type" }
        return shown
    }

    /** A list of such elements. */
    fun list(value: Any, element: ValueType): JsonElement {
        if (element == PrimitiveType.U8) return array("bytes", HexFormat.of().formatHex(value as ByteArray))
        val items: List<Any?> =
            when (element) {
                PrimitiveType.S8 -> (value as ByteArray).asList()
                PrimitiveType.S16 -> (value as ShortArray).asList()
                PrimitiveType.U16 -> (value as ShortArray).map { it.toUShort() }
                PrimitiveType.S32 -> (value as IntArray).asList()
                PrimitiveType.U32 -> (value as IntArray).map { it.toUInt() }
                PrimitiveType.S64 -> (value as LongArray).asList()
                PrimitiveType.U64 -> (value as LongArray).map { it.toULong() }
                PrimitiveType.F32 -> (value as FloatArray).asList()
                PrimitiveType.F64 -> (value as DoubleArray).asList()
                else -> value as List<*>
            }
        return array("list", JsonArray(items.map { shown(it, element) }))
    }

    private fun array(vararg parts: Any): JsonElement =
        JsonArray(
            parts.map {
                when (it) {
                    is JsonElement -> it
                    is Boolean -> JsonPrimitive(it)
                    else -> JsonPrimitive(it as String)
                }
            },
        )
}
