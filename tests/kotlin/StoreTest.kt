package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Limits
import dev.trimaran.MemoryDirectory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.SharedMemory
import dev.trimaran.Store
import dev.trimaran.StoreLimits
import dev.trimaran.WasiConfig
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
    fun `each object says what it is and where it belongs`() {
        val guest = Guest("""(module (memory (export "m") 1) (func (export "f")))""")
        val store = guest.store.toString()
        assertEquals("Store", store.substringBefore(' '))
        assertEquals(
            listOf("Instance", "Memory", "Func").map { "$it of ${store.replace("S", "s")}" },
            listOf(guest.instance, guest.exports.memory("m"), guest.exports.func("f")).map { "$it" },
        )
        val module = Module(guest.engine, "(module ${'$'}boat)")
        val shared = SharedMemory(engine { sharedMemory = true }, MemoryType(Limits(1, 2), shared = true))
        assertEquals(listOf("Module boat", "SharedMemory ${shared.type}"), listOf(module, shared).map { "$it" })
        assertEquals("MemoryDirectory of files [a/b]", "${MemoryDirectory(mapOf("a/b" to ByteArray(1)))}")
        val wasi = WasiConfig().argv("program", "-v").env("SECRET", "of nobody's").preopen(root, "/data")
        assertEquals("WasiConfig(argv=[program, -v], env=[SECRET], preopens=[/data])", "$wasi")
        listOf(guest.store, module, shared, guest.engine).forEach(AutoCloseable::close)
        assertEquals(
            listOf(
                "$store, closed",
                "Module, closed",
                "SharedMemory, closed",
                "Engine, closed",
                "Func of ${store.replace("S", "s")}",
            ),
            listOf(guest.store, module, shared, guest.engine, guest.exports.func("f")).map { "$it" },
        )
    }

    @Test
    fun `an object that has its store is no leak`() {
        fun make(): WeakReference<Any> = Store(engine).let { WeakReference(it.apply { data = listOf(it) }) }
        val store = make()
        eventually("the store is kept") { store.get() == null }
    }

    @Test
    fun `limits are values`() {
        assertEquals(StoreLimits(memories = 1), StoreLimits().copy(memories = 1))
        fails<WasmtimeException.Range>("memory_size is -1: expected 0 or more") {
            Store(engine).setLimits(memorySize = -1)
        }
    }
}
