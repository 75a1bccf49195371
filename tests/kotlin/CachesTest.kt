package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Global
import dev.trimaran.GlobalType
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.wat2wasm
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Test
import java.util.concurrent.CyclicBarrier

/** Several threads use the caches of one object at once. */
class CachesTest {
    /** Runs [work] on so many threads at once, which begin together. */
    private fun together(threads: Int, work: (Int) -> Unit) {
        val barrier = CyclicBarrier(threads)
        val all =
            List(threads) { number ->
                task {
                    barrier.await()
                    work(number)
                }
            }
        all.forEach { it.get() }
    }

    @Test
    fun `a table gives each function under its own index`() {
        val count = 256
        val functions = (0..<count).joinToString("") { "(func (result i32) (i32.const $it))" }
        val elements = (0..<count).joinToString(" ")
        val text = """(module $functions (table (export "table") $count funcref) (elem (i32.const 0) func $elements))"""
        val module = Module(engine(), text)
        repeat(150) { round ->
            val store = Store(module.engine)
            val table = Instance(store, module).exports(store).table("table")
            together(4) { thread ->
                // From both ends, so that one finds places free that another one fills.
                val order = if (thread % 2 == 0) 0..<count else (count - 1) downTo 0
                for (index in order) {
                    val func = (table[store, index.toLong()] as Val.FuncRef).func!!
                    assertEquals(index, func(store)) { "element $index, in round $round" }
                }
            }
            assertSame((table[store, 7] as Val.FuncRef).func, (table[store, 7] as Val.FuncRef).func)
            store.close()
        }
    }

    @Test
    fun `objects are used for the first time by eight threads`() {
        val module =
            Module(
                engine(),
                """(module (func (export "add") (param i32 i64) (result i64) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
                  (memory (export "memory") 1) (global (export "global") (mut i64) (i64.const 7))
                  (table (export "table") 3 funcref))""",
            )
        repeat(100) {
            val store = Store(module.engine)
            val exports = Instance(store, module).exports(store)
            val (add, memory) = exports.func("add") to exports.memory("memory")
            val (global, table) = exports.global("global") to exports.table("table")
            together(8) {
                assertEquals(3L, add(store, 1, 2L))
                assertEquals(Val.I64(7), global.get(store))
                assertEquals(3L, table.size(store))
                assertEquals(Val.FuncRef(null), table[store, 1])
                assertEquals(0, memory[store, 5])
            }
            store.close()
        }
    }

    @Test
    fun `each thread gets the errors of its own calls`() {
        // The core reports an error in the thread of its call, and to no other one.
        together(32) { thread ->
            repeat(300) {
                val name = "name-$thread-$it"
                val error = fails<WasmtimeException.Syntax> { wat2wasm("(module (func (call \$$name)))") }
                assertEquals(true, name in error.message) { error.message }
                assertEquals(14, wat2wasm("(module (type (func)))").size)
            }
        }
    }

    @Test
    fun `a linker is used by several threads while another defines`() {
        val engine = engine()
        val text = """(module (import "host" "f" (func ${'$'}f (result i32))) (export "f" (func ${'$'}f)))"""
        val module = Module(engine, text)
        val linker = Linker(engine).apply { allowShadowing = true }
        linker.wrap<Int>("host", "f") { 0 }
        together(4) { thread ->
            repeat(200) { round ->
                if (thread == 0) {
                    linker.wrap<Int>("host", "f") { round }
                } else {
                    Store(engine).use { store ->
                        val found = linker.instantiate(store, module).func(store, "f")(store) as Int
                        assertEquals(true, found in 0..<200)
                    }
                }
            }
        }
    }

    @Test
    fun `references to objects of the host are read while the store is closed`() {
        val engine = engine()
        repeat(300) {
            val store = Store(engine)
            val type = GlobalType(ValType.externref(), true)
            val global = Global(store, type, Val.ExternRef("the object"))
            val echo = Func(store, FuncType(listOf(ValType.externref()), listOf(ValType.externref()))) { it }
            together(3) { thread ->
                try {
                    when (thread) {
                        0 -> store.close()
                        1 -> repeat(20) { assertEquals("the object", (global.get(store) as Val.ExternRef).value) }
                        else -> repeat(20) { assertEquals("another", echo(store, "another")) }
                    }
                } catch (_: WasmtimeException.Closed) {
                    // As it has to be.
                }
            }
        }
    }
}
