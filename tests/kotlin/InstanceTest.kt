package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.Global
import dev.trimaran.Instance
import dev.trimaran.Memory
import dev.trimaran.Module
import dev.trimaran.SharedMemory
import dev.trimaran.Store
import dev.trimaran.Table
import dev.trimaran.Tag
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class InstanceTest {
    private val guest =
        Guest(
            """(module
              (memory (export "memory") 1)
              (func (export "run") (result i32) (i32.const 5))
              (global (export "global") i64 (i64.const 1))
              (table (export "table") 2 4 funcref)
              (tag (export "tag") (param i32)))""",
        ) { wasmExceptions = true }
    private val store = guest.store
    private val exports = guest.exports

    @Test
    fun `exports are a map, in the module's order`() {
        assertEquals(listOf("memory", "run", "global", "table", "tag"), exports.keys.toList())
        assertEquals(exports.keys.toList(), exports.map { (name, _) -> name })
        assertEquals(5, exports.size)
        assertTrue("run" in exports)
        assertNull(exports["swim"])
        assertTrue((exports["memory"] as Memory).size(store) == 1L)
        val kinds =
            exports.values.map {
                when (it) {
                    is Func -> "func"
                    is Memory -> "memory"
                    is SharedMemory -> "shared memory"
                    is Global -> "global"
                    is Table -> "table"
                    is Tag -> "tag"
                }
            }
        assertEquals(listOf("memory", "func", "global", "table", "tag"), kinds)
    }

    @Test
    fun `the same objects each time`() {
        assertSame(exports["memory"], guest.instance.exports(store)["memory"])
        assertSame(exports["memory"], guest.instance.memory(store, "memory"))
        store.close()
        fails<WasmtimeException.Closed> { guest.instance.exports(store) }
        fails<WasmtimeException.Closed> { guest.instance.memory(store, "memory") }
        fails<WasmtimeException.WrongStore> { guest.instance.exports(store()) }
    }

    @Test
    fun `what somebody has closed is not given again`() {
        needsThreads()
        val text = """(module (memory (export "m") 1 1 shared) (memory (export "n") 1))"""
        val guest = Guest(text) { wasmThreads = true }
        guest.instance.sharedMemory(guest.store, "m").close()
        guest.exports.sharedMemory("m").close()
        assertEquals(1, guest.instance.sharedMemory(guest.store, "m").size)
        assertEquals(1, guest.instance.exports(guest.store).sharedMemory("m").size)
        assertSame(guest.instance.memory(guest.store, "n"), guest.exports.memory("n"))
    }

    @Test
    fun `exports by kind`() {
        assertEquals("(memory 1)", exports.memory("memory").type(store).toString())
        assertEquals("(func (result i32))", exports.func("run").type(store).toString())
        assertEquals("(global i64)", exports.global("global").type(store).toString())
        assertEquals("(table 2 4 funcref)", exports.table("table").type(store).toString())
        assertEquals("(tag (param i32))", exports.tag("tag").type(store).toString())
        assertEquals(5, guest.instance.func(store, "run")(store))
        assertEquals(1, guest.instance.memory(store, "memory").size(store))
    }

    @Test
    fun `exports that are missing or something else`() {
        val sentence =
            "there is no export `swim`: the instance exports `memory`, `run`, `global`, `table`, `tag`"
        fails<WasmtimeException.NotFound>(sentence) { exports.getValue("swim") }
        fails<WasmtimeException.NotFound>(sentence) { exports.func("swim") }
        fails<WasmtimeException.NotFound>(sentence) { guest.instance.memory(store, "swim") }
        fails<WasmtimeException.Type>("the export `run` is a function: expected a memory") { exports.memory("run") }
        fails<WasmtimeException.Type>("the export `memory` is a memory: expected a function") {
            guest.instance.func(store, "memory")
        }
        fails<WasmtimeException.Type> { exports.sharedMemory("memory") }
        fails<WasmtimeException.Type> { exports.global("table") }
        fails<WasmtimeException.Type> { exports.table("tag") }
        fails<WasmtimeException.Type> { exports.tag("global") }
    }

    @Test
    fun `every kind can be imported`() {
        val module =
            Module(
                guest.engine,
                """(module
                  (import "a" "memory" (memory 1))
                  (import "a" "run" (func ${'$'}run (result i32)))
                  (import "a" "global" (global i64))
                  (import "a" "table" (table 2 funcref))
                  (import "a" "tag" (tag (param i32)))
                  (func (export "again") (result i32) (call ${'$'}run)))""",
            )
        val second = Instance(store, module, exports.values.toList())
        assertEquals(5, second.func(store, "again")(store))
        fails<WasmtimeException.Link> { Instance(store, module) }
        fails<WasmtimeException.Link> { Instance(store, module, exports.values.reversed()) }
        fails<WasmtimeException.WrongStore> { Instance(Store(guest.engine), module, exports.values.toList()) }
        fails<WasmtimeException.WrongEngine> { Instance(store(), module, exports.values.toList()) }
    }
}
