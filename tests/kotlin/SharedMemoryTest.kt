package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.Instance
import dev.trimaran.Limits
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.SharedMemory
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.WaitOutcome
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicBoolean

/** A shared memory, and the guest that counts in it. */
class Counter {
    val engine = engine { wasmThreads = true }
    val memory = SharedMemory(engine, MemoryType(Limits(1, 5)))
    private val module = Module.fromFile(engine, root.resolve("tests/modules/shared_counter.wat"))

    /** An instance that imports the memory, in this store. */
    fun exports(store: Store) = Instance(store, module, listOf(memory)).exports(store)

    fun func(store: Store, name: String): Func = exports(store).func(name)
}

class SharedMemoryTest {
    @BeforeEach
    fun threads() = needsThreads()

    @Test
    fun `four threads count in one memory`() {
        val counter = Counter()
        val calls = 100
        val times = 500
        val workers =
            List(4) {
                task {
                    Store(counter.engine).use { store ->
                        val add = counter.func(store, "add")
                        repeat(calls) { add(store, 8, times) }
                    }
                }
            }
        workers.forEach { it.get() }
        Store(counter.engine).use { store ->
            assertEquals(4 * calls * times, counter.memory.asMemory(store).loadI32(store, 8))
        }
    }

    @Test
    fun `the host reads and writes while guests count`() {
        val counter = Counter()
        val done = AtomicBoolean()
        val guest = task {
            Store(counter.engine).use { counter.func(it, "add")(it, 0, 200_000) }
            done.set(true)
        }
        Store(counter.engine).use { store ->
            val view = counter.memory.asMemory(store)
            var last = 0
            do {
                view.write(store, "beside the counter", 64)
                val now = view.loadI32(store, 0)
                assertTrue(now >= last)
                last = now
            } while (!done.get())
            guest.get()
            assertEquals("beside the counter", view.readString(store, 64, 18))
            assertEquals(200_000, counter.func(store, "load")(store, 0))
        }
    }

    @Test
    fun `growth is seen by all`() {
        val counter = Counter()
        val (one, two) = List(2) { Store(counter.engine) }
        val view = counter.memory.asMemory(one)
        assertEquals(1, counter.func(two, "size")(two))
        assertEquals(1, counter.memory.grow(1))
        assertEquals(2, view.grow(one, 1))
        assertEquals(3, counter.func(two, "grow")(two, 1))
        assertEquals(4, counter.memory.size)
        assertEquals(4, view.size(one))
        assertEquals(4 * 65_536, view.dataLen(one))
        assertEquals(-1, counter.func(two, "grow")(two, 9))
        fails<WasmtimeException.Limit> { counter.memory.grow(2) }
        view.write(one, byteArrayOf(7), 4 * 65_536L - 1)
        assertArrayEquals(byteArrayOf(7), counter.memory.read(4 * 65_536L - 1))
    }

    @Test
    fun `it is a memory without a store`() {
        val memory = Counter().memory
        assertEquals(MemoryType(Limits(1, 5), shared = true), memory.type)
        assertEquals("(memory 1 5 shared)", memory.type.toString())
        assertEquals(65_536, memory.dataLen)
        assertTrue(memory.dataPtr != 0L)
        memory.write("abc", 10)
        memory.write(ByteBuffer.wrap("de".encodeToByteArray()), 13)
        assertEquals("abcde", memory.read(10..<15).decodeToString())
        assertEquals("abcde", memory.read(10L..<15L).decodeToString())
        assertEquals("abcde", memory.read(10, 15).decodeToString())
        assertEquals(65_536, memory.read().size)
        fails<WasmtimeException.Bounds> { memory.read(65_530, 65_540) }
        fails<WasmtimeException.Bounds> { memory.write(ByteArray(2), 65_535) }
        fails<WasmtimeException.Range> { memory.grow(-1) }
    }

    @Test
    fun `the host waits and notifies`() {
        val memory = Counter().memory
        assertEquals(WaitOutcome.MISMATCH, memory.wait32(0, 1))
        assertEquals(WaitOutcome.TIMED_OUT, memory.wait32(0, 0, 1))
        assertEquals(WaitOutcome.TIMED_OUT, memory.wait64(8, 0, 1))
        assertEquals(0, memory.notify(0))
        fails<WasmtimeException.Range> { memory.wait32(2, 0) }
        fails<WasmtimeException.Range> { memory.wait32(0, 0, -1) }
        fails<WasmtimeException.Range> { memory.notify(65_536, 1) }
        fails<WasmtimeException.Range>("the count is -1: expected 0 or more") { memory.notify(0, -1) }
        val waiter = task { memory.wait64(8, 0, 20_000) }
        while (memory.notify(8, 1) == 0) Thread.onSpinWait()
        assertEquals(WaitOutcome.OK, waiter.get())
    }

    @Test
    fun `host and guest wake each other`() {
        val counter = Counter()
        val (guest, other) = List(2) { Store(counter.engine) }
        val sleeper = task { counter.func(guest, "sleep")(guest, 16, Val.I64(20_000_000_000)) }
        while (counter.memory.notify(16, 1) == 0) Thread.onSpinWait()
        assertEquals(0, sleeper.get())
        val waiter = task { counter.memory.wait32(32, 0, 20_000) }
        val notify = counter.func(other, "notify")
        while (notify(other, 32, 1) == 0) Thread.onSpinWait()
        assertEquals(WaitOutcome.OK, waiter.get())
    }

    @Test
    fun `close is final, and the views go on`() {
        val counter = Counter()
        val store = Store(counter.engine)
        val view = counter.memory.asMemory(store)
        counter.memory.use { it.write(byteArrayOf(1)) }
        counter.memory.close()
        fails<WasmtimeException.Closed>("the shared memory is closed") { counter.memory.size }
        fails<WasmtimeException.Closed> { counter.memory.read() }
        fails<WasmtimeException.Closed> { counter.memory.write(byteArrayOf(1)) }
        fails<WasmtimeException.Closed> { counter.memory.asMemory(store) }
        assertEquals(1, view.loadI8(store, 0))
    }
}
