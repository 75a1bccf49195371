package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Limits
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.IOException
import java.lang.ref.WeakReference
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger

private val I32 = ValType.I32

/** Imports by name, and the host functions among them, which belong to no store. */
class LinkerTest {
    private val engine = engine()
    private val store = Store(engine)
    private val linker = Linker(engine)

    /** Calls `host` `f` with what it gets. */
    private val module =
        Module(
            engine,
            """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
              (memory (export "memory") 1) (data (i32.const 8) "boat")
              (func (export "run") (param i32) (result i32) (call ${'$'}f (local.get 0))))""",
        )
    private val type = FuncType(listOf(I32), listOf(I32))

    private fun run(instance: Instance, argument: Int = 1, store: Store = this.store) =
        instance.func(store, "run")(store, argument)

    @Test
    fun `host functions are there for every store`() {
        linker.func("host", "f", type) { (a) -> listOf(Val.I32(a.asInt() + 1)) }
        for (one in List(3) { Store(engine) }) {
            repeat(2) { assertEquals(42, run(linker.instantiate(one, module), 41, one)) }
        }
    }

    @Test
    fun `functions whose types Kotlin knows`() {
        linker.wrap<Int>("h", "f0") { 7 }
        linker.wrap("h", "f1") { a: Int -> -a }
        linker.wrap("h", "f2") { a: Int, b: Long -> a + b }
        linker.wrap("h", "f3") { a: Int, b: Long, c: Float -> a + b + c }
        linker.wrap("h", "f4") { a: Int, b: Long, c: Float, d: Double -> a + b + c + d }
        var called = 0
        linker.wrap<Unit>("h", "none") { called++ }

        fun call(name: String, vararg arguments: Any?) = (linker[store, "h", name] as Func)(store, *arguments)
        assertEquals(7, call("f0"))
        assertEquals(-1, call("f1", 1))
        assertEquals(3L, call("f2", 1, 2L))
        assertEquals(6f, call("f3", 1, 2L, 3f))
        assertEquals(10.0, call("f4", 1, 2L, 3f, 4.0))
        assertNull(call("none"))
        assertEquals(1, called)
        assertEquals(
            "(func (param i32 i64 f32 f64) (result f64))",
            (linker[store, "h", "f4"] as Func).type(store).toString(),
        )
        fails<WasmtimeException.Type> { linker.wrap("h", "no") { a: String -> a.length } }
    }

    @Test
    fun `they know their caller and its store`() {
        linker.func("host", "f", type) { (at) ->
            assertEquals("boat", memory("memory").readString(store, at.asLong(), 4))
            data = data as Int + 1
            listOf(at)
        }
        val stores = List(2) { Store(engine, it * 10) }
        for (one in stores) assertEquals(8, run(linker.instantiate(one, module), 8, one))
        assertEquals(listOf(1, 11), stores.map { it.data })
    }

    @Test
    fun `what they throw comes out as the very same object`() {
        val problem = IOException("checked")
        val text =
            """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
              (func (export "_start") (drop (call ${'$'}f (i32.const 1)))))"""
        for (define in listOf<(Linker) -> Unit>(
            { it.func("host", "f", type) { throw problem } },
            { it.wrap("host", "f") { a: Int -> if (a >= 0) throw problem else a } },
        )) {
            val linker = Linker(engine).also(define)
            linker.defineModule(store, "command", Module(engine, text))
            val ways =
                listOf<() -> Any?>(
                    { run(linker.instantiate(store, module)) },
                    { run(linker.instantiatePre(module).instantiate(store)) },
                    { (linker[store, "host", "f"] as Func)(store, 1) },
                    { linker.getDefault(store, "command")(store) },
                )
            for (way in ways) assertSame(problem, assertThrows(Throwable::class.java) { way() })
        }
        linker.wrap("host", "s") { a: Int -> if (a > 0) throw problem }
        val start = """(module (import "host" "s" (func (param i32))) (func (i32.const 1) (call 0)) (start 1))"""
        assertSame(
            problem,
            assertThrows(IOException::class.java) { linker.instantiate(store, Module(engine, start)) },
        )
    }

    @Test
    fun `names are looked up, and set`() {
        val memory = Memory(store, MemoryType(Limits(1)))
        linker[store, "host", "memory"] = memory
        assertTrue(linker[store, "host", "memory"] is Memory)
        assertNull(linker[store, "host", "nothing"])
        fails<WasmtimeException.NotFound> { linker.getValue(store, "host", "nothing") }
        fails<WasmtimeException.NotFound> { linker.getDefault(store, "nobody") }
        val other = Store(engine)
        fails<WasmtimeException.WrongStore> { linker.define(other, "host", "other", memory) }
    }

    @Test
    fun `a name is given once, unless shadowing is allowed`() {
        linker.wrap("host", "f") { _: Int -> 1 }
        fails<WasmtimeException.Link> { linker.wrap("host", "f") { _: Int -> 2 } }
        val before = linker.instantiate(store, module)
        val pre = linker.instantiatePre(module)
        linker.allowShadowing = true
        assertTrue(linker.allowShadowing)
        linker.wrap("host", "f") { _: Int -> 2 }
        assertEquals(2, run(linker.instantiate(store, module)))
        assertEquals(1, run(before))
        assertEquals(1, run(pre.instantiate(store)))
        val fresh = Store(engine)
        assertEquals(1, run(pre.instantiate(fresh), 0, fresh))
        linker.allowShadowing = false
        fails<WasmtimeException.Link> { linker.wrap("host", "f") { _: Int -> 3 } }
    }

    @Test
    fun `modules and instances are defined as wholes`() {
        linker.wrap("host", "f") { a: Int -> a * 2 }
        linker.defineInstance(store, "one", linker.instantiate(store, module))
        linker.defineModule(store, "two", module)
        val text =
            """(module (import "one" "run" (func ${'$'}a (param i32) (result i32)))
              (import "two" "run" (func ${'$'}b (param i32) (result i32))) (import "two" "memory" (memory 1))
              (func (export "run") (param i32) (result i32) (call ${'$'}a (call ${'$'}b (local.get 0)))))"""
        assertEquals(20, run(linker.instantiate(store, Module(engine, text)), 5))
    }

    @Test
    fun `an instance is prepared once, for stores on any thread`() {
        val calls = AtomicInteger()
        linker.wrap("host", "f") { a: Int -> a.also { calls.incrementAndGet() } }
        val pre = linker.instantiatePre(module)
        val workers =
            List(4) { number ->
                task { repeat(50) { Store(engine).use { assertEquals(number, run(pre.instantiate(it), number, it)) } } }
            }
        workers.forEach { it.get() }
        assertEquals(200, calls.get())
    }

    @Test
    fun `all threads link in one store`() {
        linker.wrap("host", "f") { a: Int -> a + 1 }
        linker.func("host", "g", type) { it }
        List(4) { task { repeat(50) { assertEquals(8, run(linker.instantiate(store, module), 7)) } } }
            .forEach { it.get() }
    }

    /** Runs [work] again and again while another thread does [meanwhile]. */
    private fun against(meanwhile: (Int) -> Unit, work: (Int) -> Unit) {
        val isDone = AtomicBoolean()
        val other = task { generateSequence(0) { it + 1 }.takeWhile { !isDone.get() }.forEach(meanwhile) }
        try {
            repeat(1000, work)
        } finally {
            isDone.set(true)
        }
        other.get()
    }

    @Test
    fun `a name that is defined anew has a body wherever it is linked`() {
        linker.allowShadowing = true
        linker.wrap("host", "f") { a: Int -> a + 1 }
        val text = """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
          (func (export "_start") (drop (call ${'$'}f (i32.const 1)))))"""
        val command = Module(engine, text)
        against({ linker.wrap("host", "f") { a: Int -> a + 1 } }) { number ->
            val fresh = Store(engine)
            when (number % 4) {
                0 -> assertEquals(42, run(linker.instantiate(fresh, module), 41, fresh))
                1 -> assertEquals(42, run(linker.instantiatePre(module).instantiate(fresh), 41, fresh))
                2 -> assertEquals(42, (linker[fresh, "host", "f"] as Func)(fresh, 41))
                else -> {
                    linker.defineModule(fresh, "command", command)
                    linker.getDefault(fresh, "command")(fresh)
                }
            }
            fresh.close()
        }
    }

    @Test
    fun `a name that is defined for the first time is there with its body or not at all`() {
        repeat(200) {
            val linker = Linker(engine)
            val definer = task { linker.wrap("host", "f") { a: Int -> a + 1 } }
            Store(engine).use { fresh ->
                try {
                    assertEquals(42, run(linker.instantiate(fresh, module), 41, fresh))
                } catch (_: WasmtimeException.Link) {
                    // It came before.
                }
            }
            definer.get()
        }
    }

    @Test
    fun `a host function links with its own linker`() {
        fun again(a: Int) = run(linker.instantiate(store, module), a) as Int
        linker.wrap("host", "f") { a: Int -> if (a == 0) 0 else 1 + again(a - 1) }
        assertEquals(20, run(linker.instantiate(store, module), 20))
    }

    @Test
    fun `functions that have their store and linker are no leak`() {
        fun make(): List<WeakReference<Any>> {
            val (linker, store) = Linker(engine) to Store(engine)
            val captured = Any()
            linker.func("host", "f", type) { it.also { check(!store.isClosed && captured != linker) } }
            linker.wrap("host", "g") { a: Int -> if (store.isClosed) a else captured.hashCode() + linker.hashCode() }
            run(linker.instantiate(store, module), store = store)
            run(linker.instantiatePre(module).instantiate(store), store = store)
            (linker[store, "host", "g"] as Func)(store, 1)
            return listOf(linker, store, captured).map { WeakReference(it) }
        }
        val made = List(3) { make() }.flatten()
        eventually("the linker, the store or what functions have is kept") { made.all { it.get() == null } }
    }

    @Test
    fun `what is replaced is let go of`() {
        fun define(number: Int): WeakReference<Any> {
            val captured = intArrayOf(number)
            linker.wrap("host", "f") { a: Int -> a + captured[0] }
            return WeakReference<Any>(captured)
        }
        linker.allowShadowing = true
        val (first, second) = List(2, ::define)
        eventually("what is replaced is kept") { first.get() == null }
        assertEquals(41, run(linker.instantiate(store, module), 40))
        assertNotNull(second.get())
    }

    @Test
    fun `what is linked outlives its linker`() {
        fun make(): Pair<Func, WeakReference<Any>> {
            val linker = Linker(engine)
            val captured = intArrayOf(40)
            linker.wrap("host", "f") { a: Int -> a + captured[0] }
            val func = linker.instantiate(store, module).func(store, "run")
            return func to WeakReference<Any>(linker)
        }
        val (func, linker) = make()
        eventually("the linker is kept") { linker.get() == null }
        assertEquals(42, func(store, 2))
    }

    @Test
    fun `a closed linker`() {
        linker.wrap("host", "f") { a: Int -> a }
        val instance = linker.instantiate(store, module)
        val pre = linker.instantiatePre(module)
        linker.use { }
        linker.close()
        assertEquals(3, run(instance, 3))
        assertEquals(4, run(pre.instantiate(store), 4))
        fails<WasmtimeException.Closed> { linker.instantiate(store, module) }
        fails<WasmtimeException.Closed> { linker.wrap("host", "g") { a: Int -> a } }
        fails<WasmtimeException.Closed> { linker[store, "host", "f"] }
        fails<WasmtimeException.Closed> { linker.defineWasi() }
        fails<WasmtimeException.Closed> { linker.allowShadowing = true }
    }
}
