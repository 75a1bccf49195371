package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.Global
import dev.trimaran.GlobalType
import dev.trimaran.HeapType
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.RefType
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class GlobalTest {
    private val engine = engine()
    private val store = Store(engine)

    private fun global(type: ValType, value: Val, mutable: Boolean = true) =
        Global(store, GlobalType(type, mutable), value)

    @Test
    fun `numbers of every type, with all their bits`() {
        val all =
            mapOf(
                ValType.I32 to listOf(Val.I32(Int.MIN_VALUE), Val.I32(7)),
                ValType.I64 to listOf(Val.I64(Long.MIN_VALUE), Val.I64(1L shl 32)),
                ValType.F32 to listOf(Val.F32.fromBits(0x7fa0_0001), Val.F32(-0f)),
                ValType.F64 to listOf(Val.F64.fromBits(0x7ff0_0000_0000_0001), Val.F64(-0.0)),
                ValType.V128 to listOf(Val.V128(-1, 1), Val.V128(Long.MIN_VALUE, 2)),
            )
        for ((type, values) in all) {
            val (one, two) = values
            val global = global(type, one)
            assertEquals(one, global.get(store))
            global.set(store, two)
            assertEquals(two, global.get(store))
            assertEquals(GlobalType(type, true), global.type(store))
        }
    }

    @Test
    fun `guests and the host share them`() {
        val global = global(ValType.I64, Val.I64(5))
        val module =
            Module(
                engine,
                """(module (import "host" "g" (global ${'$'}g (mut i64))) (export "again" (global ${'$'}g))
                  (func (export "add") (param i64)
                    (global.set ${'$'}g (i64.add (global.get ${'$'}g) (local.get 0)))))""",
            )
        val exports = Instance(store, module, listOf(global)).exports(store)
        exports.func("add")(store, 37L)
        assertEquals(Val.I64(42), global.get(store))
        exports.global("again").set(store, Val.I64(1))
        assertEquals(Val.I64(1), global.get(store))
    }

    @Test
    fun `functions, and references that may not be null`() {
        val func = Func.wrap<Int>(store) { 7 }
        val global = global(ValType.Ref(RefType(HeapType.Func)), Val.Null)
        assertEquals(Val.FuncRef(null), global.get(store))
        global.set(store, Val.FuncRef(func))
        assertEquals(7, (global.get(store).unwrap() as Func)(store))
        fails<WasmtimeException.Type> { global.set(store, Val.ExternRef("text")) }
        assertTrue((global.get(store).unwrap() as Func).same(store, func))
        val other = Store(engine)
        fails<WasmtimeException.WrongStore> { global.set(store, Val.FuncRef(Func.wrap<Int>(other) { 8 })) }
    }
}
