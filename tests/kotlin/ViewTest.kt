package dev.trimaran.tests

import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.SharedMemory
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.internal.View
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.BufferUnderflowException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.IntBuffer
import java.util.concurrent.atomic.AtomicBoolean

private const val PAGE = 65_536

class ViewTest {
    private val text =
        """(module (memory (export "memory") 1 10)
          (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"""
    private val guest = Guest(text)
    private val store = guest.store
    private val memory = guest.exports.memory("memory")

    @Test
    fun `it is the memory, and no copy`() {
        val view = memory.view(store)
        assertTrue(view.isDirect && !view.isReadOnly)
        assertEquals(ByteOrder.LITTLE_ENDIAN, view.order())
        assertEquals(PAGE, view.remaining())
        view.putInt(8, -7)
        assertEquals(-7, memory.loadI32(store, 8))
        assertEquals(-7, guest.call("load", 8))
        memory.storeI64(store, 100, 1L shl 40)
        assertEquals(1L shl 40, view.getLong(100))
        val part = memory.view(store, 100, 8)
        assertEquals(8, part.capacity())
        assertEquals(1L shl 40, part.getLong(0))
        assertThrowsIndex { part.getLong(1) }
    }

    private fun assertThrowsIndex(work: () -> Unit) {
        val problem = runCatching(work).exceptionOrNull()
        assertTrue(problem is IndexOutOfBoundsException || problem is BufferUnderflowException) { "$problem" }
    }

    @Test
    fun `ranges as everywhere`() {
        assertEquals(6, memory.view(store, PAGE - 6L).remaining())
        assertEquals(0, memory.view(store, PAGE.toLong()).remaining())
        assertEquals(0, memory.view(store, 5, 0).remaining())
        val error = fails<WasmtimeException.Bounds> { memory.view(store, 65_530, 7) }
        assertEquals(listOf(65_530L, 7L, 65_536L), listOf(error.offset, error.length, error.size))
        fails<WasmtimeException.Bounds> { memory.view(store, PAGE + 1L) }
        fails<WasmtimeException.Range>(
            "the offset is -1: expected 0 or more; an i32 that is a pointer wants its unsigned reading, 4294967295",
        ) { memory.view(store, -1) }
        fails<WasmtimeException.Range>("the length is -1: expected 0 or more") { memory.view(store, 0, -1) }
        fails<WasmtimeException.Bounds> { memory.view(store, 0, Long.MAX_VALUE) }
        fails<WasmtimeException.WrongStore> { memory.view(store()) }
    }

    @Test
    fun `a buffer has an end`() {
        val huge = Room(min = 32_769, max = 65_536)
        fails<WasmtimeException.Range>(
            "the view has 2147549184 bytes: a ByteBuffer has at most 2147483647",
        ) { huge.memory.view(huge.store) }
        fails<WasmtimeException.Range> { huge.memory.view(huge.store, 1, 2_147_483_648) }
        val view = huge.memory.view(huge.store, 65_537)
        assertEquals(Int.MAX_VALUE, view.remaining())
        view.put(Int.MAX_VALUE - 1, 7)
        assertEquals(7, huge.memory.loadI8(huge.store, 2_147_549_183))
    }

    @Test
    fun `it is written to the very memory that it shows`() {
        val view = memory.view(store, 0, 64)
        memory.write(store, "abcdef")
        // Both overlap, in either direction.
        memory.write(store, memory.view(store, 0, 6), 2)
        assertEquals("ababcdef", memory.readString(store, 0, 8))
        memory.write(store, memory.view(store, 2, 6), 0)
        assertEquals("abcdefef", memory.readString(store, 0, 8))
        assertEquals('c'.code.toByte(), view[2])
    }

    @Test
    fun `where its bytes stay, a memory grows, and the view keeps its length`() {
        val view = memory.view(store)
        assertEquals(1, memory.grow(store, 1))
        assertEquals(2, guest.call("grow", 1))
        assertEquals(PAGE, view.capacity())
        view.putInt(0, 5)
        assertEquals(5, memory.loadI32(store, 0))
        assertEquals(3 * PAGE, memory.view(store).capacity())
    }

    @Test
    fun `where its bytes would have to move, it does not grow`() {
        val guest = moving()
        val (store, memory) = guest.store to guest.exports.memory("memory")
        assertEquals(1, memory.grow(store, 1))
        val view = memory.openView(store, 0, 4)
        view.buffer.putInt(0, 3)
        fails<WasmtimeException.Limit> { memory.grow(store, 1) }
        assertEquals(-1, guest.call("grow", 1))
        assertEquals(2, memory.size(store))
        assertEquals(3, view.buffer.getInt(0))
        // A slice is enough to keep it there.
        val (slice, closing) = sliced(memory, store)
        System.gc()
        fails<WasmtimeException.Limit> { memory.grow(store, 1) }
        assertEquals(3, slice.get(0))
        assertFalse(closing.isDone)
    }

    private fun moving() =
        Guest(text) {
            memoryReservation = 0
            memoryGuardSize = 0
            memoryReservationForGrowth = 0
        }

    private fun sliced(memory: Memory, store: Store): Pair<IntBuffer, View.Closing> {
        val view = memory.openView(store, 0, 8)
        return view.buffer.slice().order(ByteOrder.LITTLE_ENDIAN).duplicate().order(ByteOrder.LITTLE_ENDIAN)
            .asIntBuffer() to view.closing
    }

    @Test
    fun `it grows again when the last view is garbage`() {
        val guest = moving()
        val (store, memory) = guest.store to guest.exports.memory("memory")
        collected(looked(memory, store))
        assertEquals(1, memory.grow(store, 1))
        assertEquals(9, memory.loadI32(store, 0))
    }

    private fun looked(memory: Memory, store: Store): View.Closing {
        val (slice, closing) = sliced(memory, store)
        slice.put(0, 9)
        return closing
    }

    @Test
    fun `it outlives its store`() {
        fun view(): ByteBuffer {
            val guest = Guest(text)
            return guest.exports.memory("memory").view(guest.store).also { guest.store.close() }
        }
        val views = List(20) { view().also { view -> view.putInt(0, it) } }
        System.gc()
        views.forEachIndexed { index, view ->
            assertEquals(index, view.getInt(0))
            view.put(PAGE - 1, 1)
        }
    }

    @Test
    fun `a closed store is closed, also while it is looked at`() {
        val view = memory.openView(store, 0, 8)
        store.close()
        assertTrue(store.isClosed)
        fails<WasmtimeException.Closed> { memory.view(store) }
        fails<WasmtimeException.Closed> { memory.loadI32(store, 0) }
        fails<WasmtimeException.Closed> { guest.call("load", 0) }
        view.buffer.putInt(0, 1)
        assertFalse(view.closing.isDone)
    }

    @Test
    fun `shared memories as well`() {
        needsThreads()
        val counter = Counter()
        val memory = counter.memory
        Store(counter.engine).use { store ->
            val view = memory.view()
            counter.func(store, "add")(store, 8, 5)
            assertEquals(5, view.getInt(8))
            view.putInt(8, 7)
            assertEquals(7, counter.func(store, "load")(store, 8))
            assertEquals(1, memory.grow(1))
            assertEquals(PAGE, view.capacity())
            assertEquals(PAGE, memory.view(PAGE.toLong()).capacity())
            assertEquals(7, counter.memory.asMemory(store).view(store, 8, 4).getInt(0))
        }
        fails<WasmtimeException.Bounds> { memory.view(0, 2L * PAGE + 1) }
        fails<WasmtimeException.Range> { memory.view(-1) }
        fails<WasmtimeException.Range> { memory.view(0, -1) }
    }

    @Test
    fun `a view outlives its shared memory`() {
        needsThreads()
        fun view(): ByteBuffer =
            SharedMemory(engine { wasmThreads = true }, MemoryType(Limits(1, 1))).use { it.view() }
        val view = view()
        System.gc()
        view.putInt(PAGE - 4, 6)
        assertEquals(6, view.getInt(PAGE - 4))
    }

    @Test
    fun `views of many threads come and go`() {
        val stop = AtomicBoolean()
        val collector = task { while (!stop.get()) System.gc() }
        val workers =
            List(3) { number ->
                task {
                    repeat(300) {
                        val view = memory.view(store, number * 64L, 64)
                        view.putInt(0, it)
                        assertEquals(it, view.getInt(0))
                    }
                }
            }
        workers.forEach { it.get() }
        stop.set(true)
        collector.get()
    }
}
