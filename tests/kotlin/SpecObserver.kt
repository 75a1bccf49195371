package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Extern
import dev.trimaran.ExternType
import dev.trimaran.Func
import dev.trimaran.Global
import dev.trimaran.HeapType
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.Module
import dev.trimaran.RefType
import dev.trimaran.Reference
import dev.trimaran.Store
import dev.trimaran.Table
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import java.util.zip.CRC32

private const val FUEL = 5000L

/** What a generated module does, in one line, which has to be the same in every language. */
fun observe(engine: Engine, bytes: ByteArray): String =
    Module(engine, bytes).use { module -> Store(engine).use { store -> SpecObserver(store, module).look(engine) } }

private class SpecObserver(private val store: Store, private val module: Module) {
    fun look(engine: Engine): String {
        store.setLimits(memorySize = 16 shl 20)
        store.fuel = FUEL
        val instance =
            try {
                Linker(engine).use { linker ->
                    linker.defineUnknownImportsAsDefaultValues(store, module)
                    linker.instantiate(store, module)
                }
            } catch (error: WasmtimeException) {
                return word(error)
            }
        val seen = mutableListOf(store.fuel.toString())
        val exports = module.exports
        for (export in exports.filter { it.type is ExternType.Func }) {
            val func = instance.func(store, export.name)
            store.fuel = FUEL
            val done = call(func)
            seen += "$done~${store.fuel}"
        }
        exports.mapNotNullTo(seen) { state(instance.export(store, it.name)) }
        return seen.joinToString(";")
    }

    private fun call(func: Func): String {
        val arguments = func.type(store).params.map { argument(it) ?: return "-" }
        return try {
            func.call(store, arguments).joinToString(",", transform = ::shown)
        } catch (error: WasmtimeException) {
            word(error)
        }
    }

    /** A value for each type; none for a reference that may not be null. */
    private fun argument(type: ValType): Val? =
        when (type) {
            ValType.I32 -> Val.I32(7)
            ValType.I64 -> Val.I64(-9)
            ValType.F32 -> Val.F32(1.5f)
            ValType.F64 -> Val.F64(-2.5)
            ValType.V128 -> Val.V128(3, Long.MIN_VALUE)
            is ValType.Ref -> Val.Null.takeIf { type.type.nullable }
        }

    private fun word(error: WasmtimeException): String {
        val code = (error as? WasmtimeException.Trap)?.code
        return "!" + (code?.let(::trapName) ?: variant(error))
    }

    private fun state(extern: Extern): String? =
        when (extern) {
            is Memory -> {
                val sum = CRC32().apply { update(extern.read(store)) }.value
                "memory ${extern.size(store)} $sum"
            }
            is Global -> shown(extern.get(store))
            is Table -> "table ${extern.size(store)}"
            else -> null
        }

    private fun shown(value: Val): String =
        when (value) {
            is Val.FuncRef -> value.func?.type(store)?.toString()
            is Val.ExternRef -> value.value?.let { "extern" }
            is Val.ExnRef -> value.value?.let { "exn" }
            is Val.AnyRef -> value.value?.let(::any)
            else -> fromVal(value).jsonArray.joinToString(" ") { it.jsonPrimitive.content }
        } ?: "null"

    private fun any(value: Reference): String {
        value.i31(store)?.let { return "i31 $it" }
        val types = listOf(HeapType.Struct, HeapType.Array).map { RefType(it, nullable = false) }
        val hasFields = types.any { value.matches(store, it) }
        return if (hasFields) "${value.type(store)} of ${value.fields(store).size}" else "any"
    }
}
