package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
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
    fun `limits are values`() {
        assertEquals(StoreLimits(memories = 1), StoreLimits().copy(memories = 1))
        fails<WasmtimeException.Range>("memory_size is -1: expected 0 or more") {
            Store(engine).setLimits(memorySize = -1)
        }
    }
}
