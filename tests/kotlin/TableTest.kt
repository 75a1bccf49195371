package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.HeapType
import dev.trimaran.Instance
import dev.trimaran.Limits
import dev.trimaran.Module
import dev.trimaran.RefType
import dev.trimaran.Store
import dev.trimaran.Table
import dev.trimaran.TableType
import dev.trimaran.TrapCode
import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class TableTest {
    private val engine = engine()
    private val store = Store(engine)
    private val funcs = RefType(HeapType.Func)
    private val externs = RefType(HeapType.Extern)

    private fun table(type: RefType, min: Long, max: Long? = null, init: Val = Val.Null) =
        Table(store, TableType(type, Limits(min, max)), init)

    private fun texts(table: Table) = List(table.size(store).toInt()) { table.get(store, it.toLong()).unwrap() }

    @Test
    fun `guests call what the host puts in`() {
        val table = table(funcs, 3)
        val module =
            Module(
                engine,
                """(module (import "host" "t" (table ${'$'}t 1 funcref)) (type ${'$'}f (func (result i32)))
                  (export "again" (table ${'$'}t))
                  (func (export "call") (param i32) (result i32) (call_indirect (type ${'$'}f) (local.get 0)))
                  (func ${'$'}nine (export "nine") (result i32) (i32.const 9))
                  (func (export "put") (table.set ${'$'}t (i32.const 2) (ref.func ${'$'}nine))))""",
            )
        val exports = Instance(store, module, listOf(table)).exports(store)
        table.set(store, 1, Val.FuncRef(Func.wrap<Int>(store) { 8 }))
        exports.func("put")(store)
        assertEquals(8, exports.func("call")(store, 1))
        assertEquals(9, (table.get(store, 2).unwrap() as Func)(store))
        assertTrue((table.get(store, 2).unwrap() as Func).same(store, exports.func("nine")))
        assertEquals(Val.FuncRef(null), table.get(store, 0))
        assertEquals(
            TrapCode.INDIRECT_CALL_TO_NULL,
            fails<WasmtimeException.Trap> { exports.func("call")(store, 0) }.code,
        )
        assertEquals(9, (exports.table("again").get(store, 2).unwrap() as Func)(store))
    }

    @Test
    fun `a function is the same object each time, until another one is there`() {
        val functions = List(100) { number -> Func.wrap<Int>(store) { number } }
        val table = table(RefType.funcref(), 101)
        functions.forEachIndexed { index, func -> table[store, index.toLong()] = Val.FuncRef(func) }
        val found = List(100) { table[store, it.toLong()].unwrap() as Func }
        repeat(2) {
            found.forEachIndexed { index, func ->
                assertSame(func, table[store, index.toLong()].unwrap())
                assertEquals(index, func(store))
            }
        }
        assertEquals(Val.FuncRef(null), table[store, 100])
        table[store, 0] = table[store, 1]
        assertSame(found[1], table[store, 0].unwrap())
        // All threads see the same.
        val other = Func.wrap<Int>(store) { 0 }
        table.fill(store, 0, Val.FuncRef(other), 101)
        val seen = List(4) { task { List(101) { table[store, it.toLong()].unwrap() } } }.flatMap { it.get() }
        assertEquals(1, seen.distinct().size)
        assertTrue((seen[0] as Func).same(store, other))
        store.close()
        fails<WasmtimeException.Closed> { table[store, 0] }
    }

    @Test
    fun `it grows, and is filled and copied`() {
        val table = table(externs, 2, 10, Val.ExternRef("a"))
        assertEquals("(table 2 10 externref)", table.type(store).toString())
        assertEquals(2, table.grow(store, 2, Val.ExternRef("b")))
        assertEquals(4, table.grow(store, 1))
        assertEquals(listOf("a", "a", "b", "b", null), texts(table))
        table.fill(store, 1, Val.ExternRef("c"), 2)
        assertEquals(listOf("a", "c", "c", "b", null), texts(table))
        table.copy(store, 1, table, 0, 3)
        assertEquals(listOf("a", "a", "c", "c", null), texts(table))
        val other = table(externs, 1, init = Val.ExternRef("d"))
        table.copy(store, 4, other, 0, 1)
        assertEquals(listOf("a", "a", "c", "c", "d"), texts(table))
        fails<WasmtimeException.Limit> { table.grow(store, 6) }
        assertEquals(5, table.size(store))
        assertEquals(5, table.grow(store, 0))
        table.fill(store, 5, Val.Null, 0)
    }
}
