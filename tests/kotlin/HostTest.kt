package dev.trimaran.tests

import dev.trimaran.Caller
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.TrapCode
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.atomic.AtomicInteger

private val I32 = ValType.I32
private val I64 = ValType.I64
private val F32 = ValType.F32
private val F64 = ValType.F64

private fun type(params: List<ValType> = listOf(), results: List<ValType> = listOf()) = FuncType(params, results)

/** Functions of Kotlin, called by guests. What they throw is in [ThrownTest]. */
class HostTest {
    private val engine = engine()
    private val store = Store(engine)

    /** What a guest exports that imports [func] as `host` `f`. */
    private fun guest(text: String, vararg imports: Func, store: Store = this.store) =
        Instance(store, Module(engine, text), imports.asList()).exports(store)

    /** The function itself, called by a guest. */
    private fun through(func: Func): Func {
        val type = func.type(store)
        val params = type.params.joinToString("") { "(param $it)" }
        val results = type.results.joinToString("") { "(result $it)" }
        val arguments = type.params.indices.joinToString("") { "(local.get $it)" }
        return guest(
            """(module (import "host" "f" (func ${'$'}f $params $results))
              (func (export "f") $params $results (call ${'$'}f $arguments)))""",
            func,
        ).func("f")
    }

    @Test
    fun `a guest calls a function of Kotlin`() {
        val add = Func(store, type(listOf(I32, I32), listOf(I32))) { (a, b) -> listOf(Val.I32(a.asInt() + b.asInt())) }
        assertEquals("(func (param i32 i32) (result i32))", add.type(store).toString())
        assertEquals(42, add(store, 40, 2))
        assertEquals(42, through(add)(store, 40, 2))
        assertEquals(42, through(add).typed<(Int, Int) -> Int>(store)(store, 40, 2))
        assertEquals(listOf(3, 5), (through(add).map(store, intArrayOf(1, 2), intArrayOf(2, 3)) as IntArray).asList())
    }

    @Test
    fun `every number goes in and comes out with all its bits`() {
        val values =
            listOf(
                Val.I32(Int.MIN_VALUE),
                Val.I64(Long.MIN_VALUE),
                Val.F32.fromBits(0x7fa0_0001),
                Val.F64.fromBits(0x7ff0_0000_0000_0001),
                Val.V128(-1, 2),
            )
        val types = listOf(I32, I64, F32, F64, ValType.V128)
        for ((one, value) in types.zip(values)) {
            val echo = Func(store, type(listOf(one), listOf(one))) { it }
            assertEquals(listOf(value), through(echo).call(store, value))
        }
        val reverse = Func(store, type(types, types.reversed())) { it.reversed() }
        assertEquals(values.reversed(), through(reverse).call(store, values))
        val last = Func(store, type(types.take(4), listOf(F64))) { it.takeLast(1) }
        assertEquals(listOf(values[3]), through(last).call(store, values.take(4)))
        var called = 0
        through(Func(store, type()) { listOf<Val>().also { called++ } })(store)
        assertEquals(1, called)
    }

    @Test
    fun `functions whose types Kotlin knows`() {
        var called = 0
        assertNull(through(Func.wrap<Unit>(store) { called++ })(store))
        assertEquals(1, called)
        assertEquals(7, through(Func.wrap<Int>(store) { 7 })(store))
        assertEquals(-8L, through(Func.wrap(store) { a: Int -> 8L * a })(store, -1))
        assertEquals(1.5, through(Func.wrap(store) { a: Int, b: Double -> a + b })(store, 1, 0.5))
        assertEquals(3f, through(Func.wrap(store) { _: Int, _: Long, c: Float -> c })(store, 1, 2L, 3f))
        val fourth = Func.wrap(store) { a: Int, b: Long, c: Float, d: Double -> a + b + c + d }
        assertEquals("(func (param i32 i64 f32 f64) (result f64))", fourth.type(store).toString())
        assertEquals(10.0, through(fourth)(store, 1, 2L, 3f, 4.0))
        val float = Val.F32.fromBits(0x7fa0_0001)
        assertEquals(listOf(float), through(Func.wrap(store) { a: Float -> a }).call(store, float))
        val double = Val.F64.fromBits(0x7ff0_0000_0000_0001)
        assertEquals(listOf(double), through(Func.wrap(store) { a: Double -> a }).call(store, double))
        assertEquals(Long.MIN_VALUE, through(Func.wrap(store) { a: Long -> a })(store, Long.MIN_VALUE))
        fails<WasmtimeException.Type> { Func.wrap(store) { a: String -> a.length } }
        fails<WasmtimeException.Type> { Func.wrap(store) { a: Int -> "$a" } }
    }

    @Test
    fun `results are converted as arguments are`() {
        fun given(type: ValType, value: Val) =
            through(Func(store, type(results = listOf(type))) { listOf(value) })(store)
        assertEquals(-1, given(I32, Val.I64(4_294_967_295)))
        assertEquals(-1L, given(I64, Val.I32(-1)))
        assertEquals(0.1f, given(F32, Val.F64(0.1)))
        assertEquals(0.5, given(F64, Val.F32(0.5f)))
        assertEquals(16_777_216f, given(F32, Val.I32(16_777_216)))
        assertEquals(-3.0, given(F64, Val.I64(-3)))
        assertEquals(2.0, given(F64, Val.I32(2)))
        fails<WasmtimeException.Range>("result 1 is 4294967296: expected an i32, from -2147483648 to 4294967295") {
            given(I32, Val.I64(4_294_967_296))
        }
        fails<WasmtimeException.Range>(
            "result 1 is 16777217: an f32 holds integers up to 2^24 exactly; pass a float to round",
        ) { given(F32, Val.I64(16_777_217)) }
        fails<WasmtimeException.Type>("result 1 is an f64: expected i32") { given(I32, Val.F64(1.0)) }
        fails<WasmtimeException.Type>("result 1 is null: expected i32") { given(I32, Val.Null) }
        fails<WasmtimeException.Type>("the host function gave 2 results: expected 1") {
            through(Func(store, type(results = listOf(I32))) { listOf(Val.I32(1), Val.I32(2)) })(store)
        }
        fails<WasmtimeException.Type>("result 2 is an i64: expected v128") {
            through(Func(store, type(results = listOf(I32, ValType.V128))) { listOf(Val.I32(1), Val.I64(2)) })(store)
        }
    }

    @Test
    fun `a caller knows what its instance exports`() {
        var seen: Any? = null
        val look =
            Func(store, type()) {
                assertSame(this@HostTest.store, this.store)
                val memory = memory("memory")
                memory.storeI32(store, 4, memory.loadI32(store, 0) + 1)
                func("set")(store, 5)
                assertEquals(Val.I32(5), global("global").get(store))
                assertEquals(2, table("table").size(store))
                assertNull(this["nothing"])
                fails<WasmtimeException.NotFound>("the calling instance has no export `nothing`") { export("nothing") }
                fails<WasmtimeException.Type>("the export `memory` is a memory: expected a function") { func("memory") }
                assertTrue(memory.grow(store, 1) == 1L)
                seen = this["memory"]
                listOf()
            }
        val exports =
            guest(
                """(module (import "host" "f" (func ${'$'}f))
                  (memory (export "memory") 1) (table (export "table") 2 funcref)
                  (global ${'$'}g (export "global") (mut i32) (i32.const 0))
                  (func (export "set") (param i32) (global.set ${'$'}g (local.get 0)))
                  (func (export "run") (i32.store (i32.const 0) (i32.const 41)) (call ${'$'}f)))""",
                look,
            )
        exports.func("run")(store)
        assertEquals(42, exports.memory("memory").loadI32(store, 4))
        assertEquals(2, (seen as Memory).size(store))
    }

    @Test
    fun `a caller is for its own call and thread`() {
        val kept = mutableListOf<Caller>()
        val keep =
            Func(store, type()) {
                kept += this
                assertNotNull(this["run"])
                task { fails<WasmtimeException.Escaped> { func("run") } }.get()
                listOf()
            }
        val run =
            guest(
                """(module (import "host" "f" (func ${'$'}f)) (func (export "run") (call ${'$'}f)))""",
                keep,
            ).func("run")
        repeat(2) { run(store) }
        for (caller in kept) {
            fails<WasmtimeException.Escaped>(
                "a caller is only valid on its own thread, until its host function returns; a call that an async one began ends with it",
            ) { caller.export("run") }
            assertSame(store, caller.store)
        }
    }

    @Test
    fun `host and guests call each other fifty deep`() {
        lateinit var countdown: Func
        val down =
            Func.wrap(store) { n: Int -> if (n == 0) 0 else 1 + (countdown(store, n - 1) as Int) }
        countdown = through(down)
        assertEquals(50, countdown(store, 50))
    }

    @Test
    fun `recursion between host and guest ends, and the store goes on`() {
        lateinit var deeper: Func
        val down = Func.wrap(store) { n: Int -> deeper(store, n + 1) as Int }
        deeper = through(down)
        for (stackSize in listOf(0L, 256L shl 10, 8L shl 20)) {
            val end = task(stackSize) { runCatching { deeper(store, 0) }.exceptionOrNull() }.get()
            val isTrap = end is WasmtimeException.Trap && end.code == TrapCode.STACK_OVERFLOW
            assertTrue(isTrap || end is StackOverflowError || end is WasmtimeException.Limit) { "$end with $stackSize" }
            assertEquals(3, through(Func.wrap(store) { a: Int -> a + 1 })(store, 2))
        }
    }

    @Test
    fun `callbacks run on threads of every kind`() {
        val twice = through(Func.wrap(store) { a: Int -> 2 * a })
        val slow = through(Func(store, type(listOf(I32), listOf(I32))) { (a) -> listOf(Val.I32(a.asInt() + 1)) })
        val work = { twice(store, slow(store, 20)) }
        for (stackSize in listOf(128L shl 10, 256L shl 10, 512L shl 10, 8L shl 20)) {
            assertEquals(42, task(stackSize, work).get())
        }
        virtual { assertEquals(42, work()) }
    }

    /** Runs it on a virtual thread, where Java has them. */
    private fun virtual(work: () -> Unit) {
        if (Runtime.version().feature() < 21) return
        val problem = arrayOfNulls<Throwable>(1)
        val body = Runnable { problem[0] = runCatching(work).exceptionOrNull() }
        val start = Thread::class.java.getMethod("startVirtualThread", Runnable::class.java)
        (start.invoke(null, body) as Thread).join()
        problem[0]?.let { throw it }
    }

    @Test
    fun `callbacks deep in Java's stack`() {
        val twice = through(Func.wrap(store) { a: Int -> 2 * a })
        assertEquals(42, task(8L shl 20) { below(20_000) { twice(store, 21) } }.get())
    }

    private fun <T> below(depth: Int, work: () -> T): T = if (depth == 0) work() else listOf(below(depth - 1, work))[0]

    @Test
    fun `every thread with a store of its own`() {
        val workers =
            List(4) { number ->
                task {
                    Store(engine).use { store ->
                        val add = Func.wrap(store) { a: Int -> a + number }
                        val text =
                            """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
                              (func (export "f") (param i32) (result i32) (call ${'$'}f (local.get 0))))"""
                        val run = guest(text, add, store = store).func("f").typed<(Int) -> Int>(store)
                        repeat(20_000) { assertEquals(it + number, run(store, it)) }
                    }
                }
            }
        workers.forEach { it.get() }
    }

    @Test
    fun `all threads with one store`() {
        val calls = AtomicInteger()
        val run = through(Func.wrap(store) { a: Int -> a + calls.incrementAndGet() })
        List(4) { task { repeat(500) { run(store, 1) } } }.forEach { it.get() }
        assertEquals(2_000, calls.get())
    }

    @Test
    fun `a callback makes functions, instances and memories`() {
        var made = 0
        val make =
            Func(store, type(results = listOf(I32))) {
                val inner = Func.wrap<Int>(store) { ++made }
                val text =
                    """(module (import "host" "f" (func ${'$'}f (result i32)))
                      (func (export "f") (result i32) (call ${'$'}f)))"""
                guest(text, inner).func("f").call(store)
            }
        val run = through(make)
        assertEquals(1, run(store))
        assertEquals(2, run(store))
    }

    @Test
    fun `the store is closed by a callback`() {
        val close = Func(store, type()) { listOf<Val>().also { store.close() } }
        val run = through(close)
        // It has returned to its guest, and nothing was asked of the store afterwards.
        runCatching { run(store) }.exceptionOrNull()?.let { assertTrue(it is WasmtimeException.Closed) { "$it" } }
        assertTrue(store.isClosed)
        fails<WasmtimeException.Closed> { run(store) }
        fails<WasmtimeException.Closed> { Func.wrap<Int>(store) { 1 } }
    }

    private class Abort : RuntimeException()

    @Test
    fun `a function that only throws gives nothing`() {
        val linker = Linker(engine)
        linker.wrap<Unit>("env", "abort") { throw Abort() }
        linker.wrap("env", "fail") { _: Int -> throw Abort() }
        val module =
            Module(
                engine,
                """(module (import "env" "abort" (func ${'$'}abort)) (import "env" "fail" (func ${'$'}fail (param i32)))
                  (func (export "abort") (call ${'$'}abort)) (func (export "fail") (call ${'$'}fail (i32.const 1))))""",
            )
        val instance = linker.instantiate(store, module)
        for (name in listOf("abort", "fail")) fails<Abort> { instance.func(store, name)(store) }
    }

    @Test
    fun `a typed function may have its caller, numbers without a sign, and up to six of them`() {
        val linker = Linker(engine)
        val texts = ArrayList<String>()
        linker.wrap("host", "print") { caller: Caller, start: UInt, length: UInt ->
            texts += caller.memory("memory").readString(caller.store, start.toLong(), length.toLong())
        }
        linker.wrap("host", "data") { caller: Caller -> caller.data as Int }
        linker.wrap("host", "six") { a: Int, b: Long, c: Float, d: Double, e: UInt, f: ULong ->
            a + b + c + d + e.toLong() + f.toDouble()
        }
        linker.wrap("host", "seven") { caller: Caller, a: Int, b: Int, c: Int, d: Int, e: Int, f: Int ->
            (caller.data as Int) + a + b + c + d + e + f
        }
        val text =
            """(module
              (import "host" "print" (func ${'$'}print (param i32 i32)))
              (import "host" "data" (func ${'$'}data (result i32)))
              (import "host" "six" (func ${'$'}six (param i32 i64 f32 f64 i32 i64) (result f64)))
              (import "host" "seven" (func ${'$'}seven (param i32 i32 i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1) (data (i32.const 8) "a boat")
              (func (export "print") (call ${'$'}print (i32.const 8) (i32.const 6)))
              (func (export "data") (result i32) (call ${'$'}data))
              (func (export "six") (result f64)
                (call ${'$'}six (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const -1) (i64.const -1)))
              (func (export "seven") (result i32)
                (call ${'$'}seven (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6))))"""
        store.data = 100
        val exports = linker.instantiate(store, Module(engine, text)).exports(store)
        assertNull(exports.func("print")(store))
        assertEquals(listOf("a boat"), texts)
        assertEquals(100, exports.func("data")(store))
        assertEquals(10.0 + 4294967295.0 + 18446744073709551615.0, exports.func("six")(store))
        assertEquals(121, exports.func("seven")(store))
        // And as functions of one store.
        assertEquals(107, through(Func.wrap(store) { caller: Caller, a: Int -> (caller.data as Int) + a })(store, 7))
        assertEquals(4294967295, through(Func.wrap(store) { a: UInt -> a.toLong() })(store, -1))
        assertEquals(-1, through(Func.wrap(store) { _: Int -> UInt.MAX_VALUE })(store, 0))
        val wrong = "String is no number of WebAssembly: expected Int, UInt, Long, ULong, Float or Double"
        fails<WasmtimeException.Type>(wrong) { Func.wrap(store) { a: String -> a.length } }
        val same = through(Func.wrap(store) { a: Int -> a }).typed<(UInt) -> UInt>(store)
        assertEquals(UInt.MAX_VALUE, same(store, UInt.MAX_VALUE))
    }

    @Test
    fun `a kept caller gives no data`() {
        var kept: Caller? = null
        store.data = "mine"
        val keep =
            Func(store, type()) {
                assertEquals("mine", data)
                data = "new"
                kept = this
                listOf()
            }
        keep(store)
        assertEquals("new", store.data)
        val caller = checkNotNull(kept)
        fails<WasmtimeException.Escaped> { caller.data }
        fails<WasmtimeException.Escaped> { caller.data = "other" }
        assertEquals("new", store.data)
        assertSame(store, caller.store)
    }
}
