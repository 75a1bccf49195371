package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.IOException
import java.lang.ref.WeakReference
import java.util.concurrent.CancellationException

/** Whatever a host function throws comes out of the outer call, and is the same object. */
class ThrownTest {
    private val engine = engine()
    private val store = Store(engine)
    private val module =
        Module(
            engine,
            """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
              (func (export "run") (param i32) (result i32) (call ${'$'}f (local.get 0))))""",
        )

    private class Direct(message: String) : Throwable(message)

    private val all =
        listOf(
            IllegalStateException("unchecked"),
            IOException("checked"),
            InterruptedException("interrupted"),
            CancellationException("cancelled"),
            OutOfMemoryError("no room"),
            StackOverflowError("deep"),
            AssertionError("an error"),
            Direct("neither"),
            fails<WasmtimeException.Range> { Store(engine).setEpochDeadline(-1) },
        )

    private fun run(func: Func): Func = Instance(store, module, listOf(func)).func(store, "run")

    private fun thrown(work: () -> Any?): Throwable = assertThrows(Throwable::class.java) { work() }

    @Test
    fun `on every way`() {
        for (error in all) {
            val hosts =
                listOf(
                    Func.wrap(store) { a: Int -> if (a >= 0) throw error else a },
                    Func(store, FuncType(listOf(ValType.I32), listOf(ValType.I32))) { throw error },
                )
            for (host in hosts) {
                val run = run(host)
                assertSame(error, thrown { run(store, 1) })
                assertSame(error, thrown { run.call(store, Val.I32(1)) })
                // By the core's values, without the fast path.
                assertSame(error, thrown { run(store, 1L) })
                assertSame(error, thrown { run.typed<(Int) -> Int>(store)(store, 1) })
                assertSame(error, thrown { run.map(store, intArrayOf(1)) })
                assertSame(error, thrown { host(store, 1) })
            }
        }
    }

    @Test
    fun `through three guests`() {
        for (error in all) {
            val before = error.stackTrace
            var func = run(Func.wrap(store) { a: Int -> if (a >= 0) throw error else a })
            val passed = mutableListOf<Throwable>()
            repeat(2) {
                val inner = func
                val typed = inner.typed<(Int) -> Int>(store)
                val host =
                    if (it == 0) {
                        Func.wrap(store) { a: Int -> typed(store, a) }
                    } else {
                        Func(store, FuncType(listOf(ValType.I32), listOf(ValType.I32))) { arguments ->
                            try {
                                inner.call(store, arguments)
                            } catch (problem: Throwable) {
                                passed += problem
                                throw problem
                            }
                        }
                    }
                func = run(host)
            }
            assertSame(error, thrown { func(store, 1) })
            assertSame(error, passed.single())
            assertArrayEquals(before, error.stackTrace)
            assertEquals(0, error.suppressed.size)
        }
    }

    @Test
    fun `what a callback catches is over`() {
        val failing = run(Func.wrap(store) { a: Int -> if (a == 0) throw IOException("once") else a })
        val careful =
            run(
                Func.wrap(store) { a: Int ->
                    try {
                        failing(store, a) as Int
                    } catch (_: IOException) {
                        -1
                    }
                },
            )
        assertEquals(-1, careful(store, 0))
        assertEquals(1, careful(store, 1))
    }

    @Test
    fun `out of start functions`() {
        val start =
            Module(
                engine,
                """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
                  (func ${'$'}start (drop (call ${'$'}f (i32.const 1)))) (start ${'$'}start))""",
            )
        for (error in all) {
            val host = Func.wrap(store) { a: Int -> if (a == 1) throw error else a }
            assertSame(error, thrown { Instance(store, start, listOf(host)) })
        }
    }

    @Test
    fun `a stack that Java has used up`() {
        fun dig(depth: Int): Int = dig(depth + 1) + 1
        val run = run(Func.wrap(store) { a: Int -> if (a == 0) dig(0) else a })
        for (stackSize in listOf(0L, 256L shl 10, 8L shl 20)) {
            repeat(3) { assertTrue(task(stackSize) { thrown { run(store, 0) } is StackOverflowError }.get()) }
            assertEquals(1, run(store, 1))
        }
    }

    @Test
    fun `traps and other errors of inner calls`() {
        val divide =
            Instance(
                store,
                Module(
                    engine,
                    """(module (func (export "f") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0))))""",
                ),
            ).func(store, "f")
        var inner: Throwable? = null
        val run =
            run(
                Func.wrap(store) { a: Int ->
                    try {
                        divide(store, a) as Int
                    } catch (trap: WasmtimeException.Trap) {
                        inner = trap
                        throw trap
                    }
                },
            )
        assertSame(thrown { run(store, 0) }, inner)
        assertEquals(1, run(store, 1))
    }

    @Test
    fun `the thread stays as it is`() {
        val run = run(Func.wrap(store) { a: Int -> a.also { Thread.currentThread().interrupt() } })
        run(store, 1)
        assertTrue(Thread.interrupted())
        assertFalse(Thread.interrupted())
    }

    @Test
    fun `what came out is kept no longer`() {
        fun make(): WeakReference<Throwable> {
            val error = IOException("kept")
            var hold: Throwable? = error
            val run = run(Func.wrap(store) { a: Int -> hold?.let { throw it } ?: a })
            assertSame(error, thrown { run(store, 1) })
            hold = null
            return WeakReference(error)
        }
        val error = make()
        eventually("the error is not collected") { error.get() == null }
    }
}
