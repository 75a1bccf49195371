package dev.trimaran.tests

import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Store
import dev.trimaran.TrapCode
import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import dev.trimaran.wat2wasm
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.util.concurrent.CountDownLatch
import java.util.concurrent.FutureTask
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger

/** Runs [work] on a thread of its own, with so many bytes of stack; what it fails with comes out of `get`. */
fun <T> task(stackSize: Long = 0, work: () -> T): FutureTask<T> =
    FutureTask(work).also { Thread(null, it, "task", stackSize).start() }

/** A guest that sleeps in its store until [wake]. */
private class Sleeper {
    val counter = Counter()
    val store = Store(counter.engine)
    val exports = counter.exports(store)
    private val call = task { exports.func("sleep")(store, 16, Val.I64(20_000_000_000)) }

    init {
        // It says that it is there just before it sleeps.
        while (counter.memory.read(20..<21)[0] == 0.toByte()) Thread.onSpinWait()
    }

    val isAsleep: Boolean get() = !call.isDone

    fun wake(): Any? {
        while (counter.memory.notify(16, 1) == 0 && isAsleep) Thread.onSpinWait()
        return call.get()
    }
}

class ThreadsTest {
    @Test
    fun `a second thread waits for the call to end`() {
        needsThreads()
        val sleeper = Sleeper()
        val started = CountDownLatch(1)
        val second = task {
            started.countDown()
            sleeper.exports.func("load")(sleeper.store, 16)
        }
        started.await()
        // It cannot be done before the guest is woken, however long that takes.
        repeat(50) {
            Thread.sleep(1)
            assertFalse(second.isDone)
        }
        assertTrue(sleeper.isAsleep)
        assertEquals(0, sleeper.wake())
        assertEquals(0, second.get())
    }

    @Test
    fun `close waits for the call of another thread`() {
        needsThreads()
        val sleeper = Sleeper()
        val closer = task { sleeper.store.close() }
        assertEquals(0, sleeper.wake())
        closer.get()
        assertTrue(sleeper.store.isClosed)
        fails<WasmtimeException.Closed> { sleeper.exports.func("load")(sleeper.store, 0) }
    }

    @Test
    fun `eight threads use one store`() {
        val guest =
            Guest(
                """(module (global ${'$'}n (mut i32) (i32.const 0))
                  (func (export "next") (result i32)
                    (global.set ${'$'}n (i32.add (global.get ${'$'}n) (i32.const 1))) (global.get ${'$'}n)))""",
            )
        val next = guest.exports.func("next")
        List(8) { task { repeat(100) { next(guest.store) } } }.forEach { it.get() }
        assertEquals(801, next(guest.store))
    }

    @Test
    fun `objects are closed while other threads use them`() {
        repeat(20) {
            val guest = Guest("""(module (memory (export "memory") 1) (func (export "run")))""")
            val (run, memory) = guest.exports.func("run") to guest.exports.memory("memory")
            val ready = CountDownLatch(4)
            val closed = AtomicInteger()
            val workers =
                List(4) {
                    task {
                        ready.countDown()
                        try {
                            while (true) {
                                run(guest.store)
                                memory.write(guest.store, byteArrayOf(1, 2, 3))
                                memory.read(guest.store, 0, 100)
                            }
                        } catch (_: WasmtimeException.Closed) {
                            closed.incrementAndGet()
                        }
                    }
                }
            ready.await()
            guest.store.close()
            guest.engine.close()
            workers.forEach { it.get() }
            assertEquals(4, closed.get())
        }
    }

    @Test
    fun `a guest that recurses for ever is a trap on every thread`() {
        val guest = Guest("""(module (func ${'$'}f (export "f") (call ${'$'}f)))""")
        val recurse = { fails<WasmtimeException.Trap> { guest.call("f") }.code }
        for (stackSize in listOf(0L, 192L shl 10, 512L shl 10, 8L shl 20)) {
            assertEquals(TrapCode.STACK_OVERFLOW, task(stackSize, recurse).get())
        }
        // Where Java has used up most of the stack itself.
        val deep = task(8L shl 20) { below(20_000) { recurse() } }
        assertEquals(TrapCode.STACK_OVERFLOW, deep.get())
    }

    private fun <T> below(depth: Int, work: () -> T): T = if (depth == 0) work() else listOf(below(depth - 1, work))[0]

    @Test
    fun `signals of guests and of Java do not get in each other's way`() {
        val guest = Guest("""(module (memory 1) (func (export "f") (drop (i32.load (i32.const 65536)))))""")
        repeat(3) {
            assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, fails<WasmtimeException.Trap> { guest.call("f") }.code)
            assertThrows<StackOverflowError> { dig(0) }
            val nothing = arrayOfNulls<Any>(1)
            repeat(20_000) { assertThrows<NullPointerException> { nothing[0]!!.hashCode() } }
        }
    }

    /** Uses up the stack of Java. */
    private fun dig(depth: Int): Int = dig(depth + 1) + 1

    @Test
    fun `what a call was given is kept until it is over`() {
        // Buffers and objects are garbage as soon as they were handed on. It takes compiled code, and a collection
        // in the middle of a call, to show where one is freed too early.
        val stop = AtomicBoolean()
        val collector = task { while (!stop.get()) System.gc() }
        val workers =
            List(4) {
                task {
                    repeat(4_000) { assertEquals(14, wat2wasm("(module (type (func)))").size) }
                    repeat(50) {
                        val exports = Guest("""(module (memory (export "memory") 1))""").run { instance.exports(store) }
                        assertEquals(1, exports.size)
                        Memory(Store(engine()), MemoryType(Limits(1)))
                    }
                }
            }
        workers.forEach { it.get() }
        stop.set(true)
        collector.get()
    }
}
