package dev.trimaran.tests

import dev.trimaran.internal.NativeObject
import dev.trimaran.internal.ffi.ComponentMistake
import dev.trimaran.internal.ffi.ComponentTypeKind
import dev.trimaran.internal.ffi.ComponentTypes
import dev.trimaran.internal.ffi.Extern
import dev.trimaran.internal.ffi.FuncType
import dev.trimaran.internal.ffi.GlobalType
import dev.trimaran.internal.ffi.HeapType
import dev.trimaran.internal.ffi.Limits
import dev.trimaran.internal.ffi.MemoryFile
import dev.trimaran.internal.ffi.MemoryType
import dev.trimaran.internal.ffi.RefType
import dev.trimaran.internal.ffi.TableType
import dev.trimaran.internal.ffi.TagType
import dev.trimaran.internal.ffi.Val
import dev.trimaran.internal.ffi.ValType
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonPrimitive
import java.lang.reflect.Modifier

/** Something that is wrong with an argument, and whether it has to fail. */
internal class Wrong(val name: String, val mustFail: Boolean, val make: (Objects) -> Any?)

/** What may be wrong with an argument of a type. A compiler refuses the rest. */
internal fun bad(type: JsonObject): List<Wrong> {
    fun values(vararg values: Any?) = values.map { value -> Wrong("$value", mustFail = false) { value } }
    val none = Wrong("null", mustFail = true) { null }
    return when (type.kind) {
        "option" -> bad(type.of).filterNot { it.name == "null" } + Wrong("null", mustFail = false) { null }
        "list" -> bad(type.of).map { Wrong("[${it.name}]", it.mustFail) { world -> listOf(it.make(world)) } } + none
        "bool" -> values(false)
        "int" -> {
            val bits = type.getValue("bits").jsonPrimitive.int
            val most = if (bits == 64) Long.MAX_VALUE else (1L shl bits) - 1
            values(0L, 1L, -1L, most, most shr 1, Long.MIN_VALUE shr (64 - bits), Int.MAX_VALUE.toLong())
        }
        "float" -> values(Double.NaN, Double.POSITIVE_INFINITY, 1e300)
        "text" -> values("", "\u0000", "no such thing", "\ud800", "ü".repeat(100_000)) + none
        "bytes" -> values(ByteArray(0), ByteArray(3), ByteArray(70_000)) + none
        "object" -> objects(type.name) { it } + none
        "record", "enum" -> values(*strange(type.name).toTypedArray()) + unions(type) + none
        else -> unknownKind(type)
    }
}

private fun objects(kind: String, wrapped: (NativeObject) -> Any): List<Wrong> =
    listOf(
        Wrong("an unmade $kind", mustFail = true) { wrapped(unmade(kind) as NativeObject) },
        // A type of the host's resources belongs to no store, and has no end.
        Wrong("a closed $kind", mustFail = kind != "ComponentResourceType") {
            wrapped(Objects.toClose(kind).closed(kind))
        },
        Wrong("a $kind of another store", mustFail = false) { wrapped(Objects(it.engine)[kind]) },
        Wrong("a $kind of another engine", mustFail = false) { wrapped(Objects(Objects.other)[kind]) },
    )

/** What is wrong with the objects that an enum is one of. */
private fun unions(type: JsonObject): List<Wrong> =
    if (type.name != "Extern") {
        emptyList()
    } else {
        Extern::class.java.declaredClasses
            .filter { Extern::class.java.isAssignableFrom(it) && !Modifier.isAbstract(it.modifiers) }
            .flatMap { variant ->
                val make = variant.constructors.single { it.parameterCount == 1 }
                objects(make.parameterTypes.single().simpleName) { make.newInstance(it) }
            }
    }

/** Values that are of their type, and that few operations take. */
private fun strange(name: String): List<Any> =
    when (name) {
        "FuncType" -> listOf(FuncType(List(2_000) { ValType.I32 }, List(2_000) { ValType.F64 }))
        "GlobalType" -> listOf(GlobalType(ValType.V128, false))
        "MemoryType" -> listOf(0uL, 1uL shl 60, ULong.MAX_VALUE).map { MemoryType(Limits(it)) }
        "TableType" -> {
            val extern = RefType(true, HeapType.Extern)
            listOf(0uL, 1uL shl 60, ULong.MAX_VALUE).map { TableType(extern, Limits(it)) }
        }
        "TagType" -> listOf(TagType(FuncType(listOf(ValType.I32), listOf(ValType.I32))))
        "RefType" -> listOf(RefType(false, HeapType.None), RefType(true, HeapType.Any))
        "MemoryFile" -> listOf("", "/b", "../b", "a/b").map { MemoryFile(it, ByteArray(0)) }
        "Val" -> listOf(Val.F64(7u), Val.Null, Val.V128(0u, 0u), Val.FuncRef(null))
        "ComponentMistake" -> listOf(ComponentMistake.Range(ComponentTypeKind.MODULE, "\u0000"))
        "ComponentTypes" ->
            listOf(
                ComponentTypes(emptyList(), 0u),
                ComponentTypes(listOf(typeNode(ComponentTypeKind.LIST, 0u)), 0u),
                ComponentTypes(listOf(typeNode(ComponentTypeKind.LIST, UInt.MAX_VALUE)), UInt.MAX_VALUE),
            )
        else -> emptyList()
    }
