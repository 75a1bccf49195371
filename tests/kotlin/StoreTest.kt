package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.StoreLimits
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Test
import java.lang.ref.WeakReference

class StoreTest {
    private val engine: Engine = engine()

    @Test
    fun `a store carries an object of the host`() {
        val state = mutableListOf<String>()
        val store = Store(engine, state)
        assertSame(state, store.data)
        val note =
            Func(store, FuncType(listOf(), listOf())) {
                (data as MutableList<*>).let { assertSame(state, it) }
                listOf()
            }
        note(store)
        store.data = 7
        assertEquals(7, store.data)
        assertNull(Store(engine).data)
    }

    @Test
    fun `an object that has its store is no leak`() {
        fun make(): WeakReference<Any> = Store(engine).let { WeakReference(it.apply { data = listOf(it) }) }
        val store = make()
        eventually("the store is kept") { store.get() == null }
    }

    @Test
    fun `limits are for everything in the store`() {
        val grow = """(module (memory (export "memory") 1) (table (export "table") 1 funcref)
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"""
        val store = Store(engine)
        store.setLimits(memorySize = 2 shl 16, tableElements = 4)
        val exports = Instance(store, Module(engine, grow)).exports(store)
        assertEquals(1, exports.func("grow")(store, 1))
        assertEquals(-1, exports.func("grow")(store, 1))
        fails<WasmtimeException.Limit> { exports.memory("memory").grow(store, 1) }
        assertEquals(1, exports.table("table").grow(store, 3))
        fails<WasmtimeException.Limit> { exports.table("table").grow(store, 1) }
        fails<WasmtimeException.Limit> { Memory(store, MemoryType(Limits(3))) }
        store.setLimits(StoreLimits(memorySize = 3 shl 16))
        assertEquals(2, exports.func("grow")(store, 1))
        store.setLimits(instances = 0)
        fails<WasmtimeException.Limit> { Instance(store, Module(engine, "(module)")) }
        store.setLimits(memorySize = 3 shl 16, trapOnGrowFailure = true)
        fails<WasmtimeException> { exports.func("grow")(store, 1) }
        store.setLimits()
        assertEquals(3, exports.func("grow")(store, 1))
    }

    @Test
    fun `limits are values`() {
        assertEquals(StoreLimits(memories = 1), StoreLimits().copy(memories = 1))
        fails<WasmtimeException.Range>("memory_size is -1: expected 0 or more") {
            Store(engine).setLimits(memorySize = -1)
        }
    }
}
