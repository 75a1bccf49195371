package dev.trimaran.tests

import dev.trimaran.Caller
import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.HeapType
import dev.trimaran.Instance
import dev.trimaran.Interruption
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.Module
import dev.trimaran.RefType
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.callSuspend
import dev.trimaran.invoke
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.asContextElement
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.coroutines.suspendCoroutine
import kotlin.time.Duration.Companion.milliseconds

/** A guest that calls a host function, `wait`, and another one, `now`, each of an i32 that gives one. */
private const val WAITS =
    """(module
      (import "host" "wait" (func ${'$'}wait (param i32) (result i32)))
      (import "host" "now" (func ${'$'}now (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "once") (param i32) (result i32)
        (i32.store (i32.const 0) (local.get 0))
        (i32.add (call ${'$'}wait (local.get 0)) (i32.load (i32.const 0))))
      (func (export "twice") (param i32) (result i32) (call ${'$'}wait (call ${'$'}wait (local.get 0))))
      (func (export "plain") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "calls") (param i32) (result i32) (call ${'$'}now (local.get 0)))
      (func (export "traps") (param i32) (result i32) (drop (call ${'$'}wait (local.get 0))) (unreachable))
      (func (export "spins") (param i32) (result i32) (drop (call ${'$'}wait (local.get 0))) (loop (br 0)) (unreachable)))"""

private val NUMBER = FuncType(listOf(ValType.I32), listOf(ValType.I32))

/** Such a guest, whose host functions do [wait] and [now]. */
private class Waiter(
    engine: Engine = engine(),
    val store: Store = Store(engine),
    now: Caller.(Int) -> Int = { it },
    wait: suspend Caller.(Int) -> Int,
) {
    private val hosts =
        listOf(
            Func.suspending(store, NUMBER) { (number) -> listOf(Val.I32(wait(number.asInt()))) },
            Func(store, NUMBER) { (number) -> listOf(Val.I32(now(number.asInt()))) },
        )
    val exports = Instance(store, Module(engine, WAITS), hosts).exports(store)
    val memory: Memory = exports.memory("memory")

    suspend fun call(name: String, number: Int): Int = exports.func(name).callSuspend(store, number) as Int

    fun callNow(name: String, number: Int): Int = exports.func(name)(store, number) as Int

    /** The store is as good as ever. */
    fun goesOn() = assertEquals(42, callNow("plain", 41))
}

private suspend inline fun <reified T : Throwable> failure(crossinline work: suspend () -> Unit): T {
    val error = runCatching { work() }.exceptionOrNull()
    assertTrue(error is T, "$error")
    return error as T
}

/** Guests that wait for suspending host functions, and take no thread meanwhile. */
@Timeout(60)
class AsyncTest {
    @Test
    fun `a guest waits for its host function, and goes on with what that gives`() =
        runBlocking<Unit> {
            val waiter = Waiter { number ->
                delay(1)
                number * 10
            }
            assertEquals(55, waiter.call("once", 5))
            assertEquals(500, waiter.call("twice", 5))
            assertEquals(6, waiter.call("plain", 5))
            val once = waiter.exports.func("once")
            assertEquals(listOf(Val.I32(55)), once.callSuspend(waiter.store, listOf(Val.I32(5))))
            assertEquals(55, once.typed<(Int) -> Int>(waiter.store).callSuspend(waiter.store, 5))
            waiter.goesOn()
        }

    @Test
    fun `functions whose types Kotlin knows`() =
        runBlocking<Unit> {
            val engine = engine()
            val store = Store(engine)
            val linker = Linker(engine)
            linker.wrapSuspending<Int>("h", "a") {
                delay(1)
                7
            }
            linker.wrapSuspending("h", "b") { a: Long ->
                delay(1)
                a + 1
            }
            linker.wrapSuspending("h", "c") { caller: Caller, a: Double, b: Float ->
                delay(1)
                assertSame(store, caller.store)
                a + b
            }
            var seen = 0
            linker.wrapSuspending("h", "d") { a: Int, b: Int, c: Int, d: Int, e: UInt, f: Int ->
                delay(1)
                seen = a + b + c + d + e.toInt() + f
            }
            linker.wrapSuspending("h", "e") { caller: Caller ->
                yield()
                if (caller.store === store) 1L else 0L
            }
            val text =
                """(module
                  (import "h" "a" (func ${'$'}a (result i32))) (export "a" (func ${'$'}a))
                  (import "h" "b" (func ${'$'}b (param i64) (result i64))) (export "b" (func ${'$'}b))
                  (import "h" "c" (func ${'$'}c (param f64 f32) (result f64))) (export "c" (func ${'$'}c))
                  (import "h" "d" (func ${'$'}d (param i32 i32 i32 i32 i32 i32))) (export "d" (func ${'$'}d))
                  (import "h" "e" (func ${'$'}e (result i64))) (export "e" (func ${'$'}e))
                  (func (export "f") (result i32) (i32.add (call ${'$'}a) (call ${'$'}a))))"""
            val exports = linker.instantiate(store, Module(engine, text)).exports(store)
            assertEquals(7, exports.func("a").typed<() -> Int>(store).callSuspend(store))
            assertEquals(14, exports.func("f").typed<() -> Int>(store).callSuspend(store))
            assertEquals(9L, exports.func("b").typed<(Long) -> Long>(store).callSuspend(store, 8))
            assertEquals(3.5, exports.func("c").typed<(Double, Float) -> Double>(store).callSuspend(store, 3.0, 0.5f))
            exports.func("d").typed<
                (
                    Int,
                    Int,
                    Int,
                    Int,
                    Int,
                    UInt,
                ) -> Unit,
                >(store).callSuspend(store, 1, 2, 3, 4, 5, 6u)
            assertEquals(21, seen)
            assertEquals(1L, exports.func("e").callSuspend(store))
            val alone = Func.wrapSuspending(store) { a: Int ->
                delay(1)
                a + 1
            }
            assertEquals(4, alone.callSuspend(store, 3))
            fails<WasmtimeException.Type> { Func.wrapSuspending(store) { text: String -> text.length } }
        }

    @Test
    fun `every value crosses`() =
        runBlocking<Unit> {
            val engine = engine()
            val store = Store(engine)
            val references = listOf(HeapType.Extern, HeapType.Func).map { ValType.Ref(RefType(it)) }
            val type = FuncType(listOf(ValType.V128) + references, references + ValType.V128)
            val func =
                Func.suspending(store, type) { (vector, extern, function) ->
                    delay(1)
                    listOf(extern, function, vector)
                }
            val thing = Any()
            val (extern, function, vector) = func.callSuspend(store, Val.V128(1, 2), thing, func) as List<*>
            assertSame(thing, extern)
            assertTrue((function as Func).same(store, func))
            assertEquals(Val.V128(1, 2), Val.of(vector))
            assertEquals(listOf(null, null), (func.callSuspend(store, Val.V128(1, 2), null, null) as List<*>).take(2))
            // What the fast path does not take is converted, or refused, in the same words.
            val half = Func.suspending(store, FuncType(listOf(ValType.F32), listOf(ValType.I64))) { listOf(Val.I32(3)) }
            assertEquals(3L, half.callSuspend(store, 1))
            val error = failure<WasmtimeException.Type> { half.callSuspend(store, "text") }
            assertEquals(fails<WasmtimeException.Type> { half(store, "text") }.message, error.message)
            failure<WasmtimeException.Type> { half.callSuspend(store) }
            failure<WasmtimeException.WrongStore> { half.callSuspend(Store(engine), 1) }
        }

    @Test
    fun `a wrong answer is the same mistake as of another host function`() =
        runBlocking<Unit> {
            val store = store()
            val type = FuncType(listOf(), listOf(ValType.I32))
            for (given in listOf(
                listOf(),
                listOf(Val.F64(0.5)),
                listOf(Val.I64(1L shl 40)),
                listOf(Val.I32(1), Val.I32(2)),
            )) {
                val waits = Func.suspending(store, type) {
                    yield()
                    given
                }
                val error = failure<WasmtimeException> { waits.callSuspend(store) }
                val other = fails<WasmtimeException> { Func(store, type) { given }(store) }
                assertEquals(other.javaClass to other.message, error.javaClass to error.message)
            }
        }

    @Test
    fun `what a host function throws comes out as the very same object`() =
        runBlocking<Unit> {
            for (thrown in listOf(IllegalStateException("no"), Error("none"), WasmtimeException.Range("far"))) {
                for (waits in listOf(false, true)) {
                    val waiter = Waiter {
                        if (waits) delay(1)
                        throw thrown
                    }
                    assertSame(thrown, failure<Throwable> { waiter.call("once", 1) })
                    waiter.goesOn()
                }
            }
            val inner = IllegalStateException("inner")
            lateinit var waiter: Waiter
            waiter = Waiter(now = { throw inner }) { number ->
                yield()
                waiter.call("calls", number)
            }
            assertSame(inner, failure<Throwable> { waiter.call("once", 1) })
            failure<WasmtimeException.Trap> {
                Waiter {
                    yield()
                    it
                }.call("traps", 1)
            }
        }

    @Test
    fun `elsewhere a guest cannot wait`() =
        runBlocking<Unit> {
            lateinit var waiter: Waiter
            waiter = Waiter(now = { waiter.callNow("once", it) }) {
                yield()
                it
            }
            fails<WasmtimeException.Suspend> { waiter.callNow("once", 1) }
            failure<WasmtimeException.Suspend> { waiter.call("calls", 1) }
            waiter.goesOn()
        }

    @Test
    fun `its memory can be used meanwhile, and its caller until the function returns`() =
        runBlocking<Unit> {
            var kept: Caller? = null
            val waiter = Waiter { number ->
                kept = this
                delay(1)
                withContext(Dispatchers.IO) {
                    assertEquals(number.toByte(), memory("memory").read(store, 0, 1)[0])
                    memory("memory").write(store, byteArrayOf(30), 0)
                }
                store.data = number
                1
            }
            assertEquals(31, waiter.call("once", 5))
            assertEquals(5, waiter.store.data)
            fails<WasmtimeException.Escaped> { kept!!.memory("memory") }
            assertSame(waiter.store, kept!!.store)
        }

    @Test
    fun `a host function calls into the guest that waits for it`() =
        runBlocking<Unit> {
            lateinit var waiter: Waiter
            waiter =
                Waiter { number ->
                    delay(1)
                    // On whatever thread that goes on, and on others.
                    assertEquals(number + 1, waiter.callNow("plain", number))
                    withContext(Dispatchers.IO) { assertEquals(number + 1, waiter.callNow("plain", number)) }
                    assertEquals(number + 1, waiter.callNow("plain", number))
                    if (number == 0) return@Waiter 1
                    val both = coroutineScope { List(2) { async { waiter.call("once", number - 1) } }.awaitAll() }
                    delay(1)
                    assertEquals(number + 1, waiter.callNow("plain", number))
                    both.sum()
                }
            // once(0) = 1, once(1) = 2 + 0, once(2) = 4 + 0, as the innermost one has written 0.
            assertEquals(8, waiter.call("once", 3))
            waiter.goesOn()
        }

    @Test
    fun `through two stores, each call goes on top of its own`() =
        runBlocking<Unit> {
            val engine = engine()
            lateinit var first: Waiter
            val second = Waiter(engine) { number ->
                delay(1)
                first.callNow("plain", number) +
                    first.call("plain", number)
            }
            first = Waiter(engine) { number ->
                delay(1)
                second.call("once", number)
            }
            assertEquals(5 + 2 * 6 + 5, first.call("once", 5))
        }

    @Test
    fun `what a host function leaves behind ends with it`() =
        runBlocking<Unit> {
            lateinit var waiter: Waiter
            val left = CompletableDeferred<Throwable?>()
            val scope = this
            waiter =
                Waiter { number ->
                    if (number == 1) {
                        scope.launch(currentCoroutineContext().minusKey(Job)) {
                            left.complete(runCatching { waiter.call("once", 2) }.exceptionOrNull())
                        }
                    }
                    delay(if (number == 1) 20 else 60)
                    number
                }
            waiter.call("once", 1)
            assertTrue(left.await() is WasmtimeException.Escaped)
            waiter.goesOn()
        }

    @Test
    fun `a host function is a part of its caller's coroutine`() {
        val local = ThreadLocal<String?>()
        for (context in listOf(Dispatchers.Default, Dispatchers.Unconfined, EmptyCoroutineContext)) {
            runBlocking(context + CoroutineName("mine") + local.asContextElement("local")) {
                val job = currentCoroutineContext()[Job]
                val waiter =
                    Waiter { number ->
                        repeat(3) {
                            assertSame(job, currentCoroutineContext()[Job])
                            assertEquals("mine", currentCoroutineContext()[CoroutineName]?.name)
                            assertEquals("local", local.get())
                            delay(1)
                        }
                        number
                    }
                assertEquals(10, waiter.call("once", 5))
                assertEquals("local", local.get())
            }
        }
    }

    @Test
    fun `cancelling ends a guest that waits`() =
        runBlocking<Unit> {
            val begun = CompletableDeferred<Unit>()
            val ended = CompletableDeferred<Unit>()
            val waiter = Waiter {
                try {
                    begun.complete(Unit)
                    awaitCancellation()
                } finally {
                    ended.complete(Unit)
                }
            }
            val job = launch { waiter.call("once", 1) }
            begun.await()
            job.cancelAndJoin()
            assertTrue(job.isCancelled)
            ended.await()
            waiter.goesOn()
            failure<TimeoutCancellationException> { withTimeout(20.milliseconds) { waiter.call("once", 1) } }
            waiter.goesOn()
        }

    @Test
    fun `a host function that swallows its cancellation has its guest end later`() =
        runBlocking<Unit> {
            var calls = 0
            val waiter = Waiter { number ->
                calls++
                withContext(NonCancellable) { delay(30) }
                number
            }
            val job = launch(start = CoroutineStart.UNDISPATCHED) { waiter.call("twice", 1) }
            job.cancelAndJoin()
            assertEquals(1, calls)
            waiter.goesOn()
        }

    @Test
    fun `a guest that computes lets others have a turn, and ends where it is cancelled`() =
        runBlocking<Unit> {
            val waiter = Waiter(engine { epochInterruption = true }) { it }
            var beats = 0
            val job = launch { waiter.call("spins", 1) }
            while (beats < 5) {
                yield()
                beats++
            }
            job.cancelAndJoin()
            waiter.goesOn()
            failure<TimeoutCancellationException> {
                withTimeout(50.milliseconds) { withContext(Dispatchers.Default) { waiter.call("spins", 1) } }
            }
            waiter.goesOn()
            waiter.store.setTimeout(30.milliseconds)
            val error = failure<WasmtimeException.Trap> { waiter.call("spins", 1) }
            assertEquals(Interruption.TIME_LIMIT, error.interruption)
        }

    @Test
    fun `calls of a store stand in line`() =
        runBlocking<Unit> {
            val gate = CompletableDeferred<Unit>()
            val order = mutableListOf<Int>()
            val waiter = Waiter { number ->
                if (number == 0) gate.await()
                order.add(number)
                number
            }
            val jobs = List(5) { number -> launch(start = CoroutineStart.UNDISPATCHED) { waiter.call("once", number) } }
            yield()
            assertEquals(emptyList<Int>(), order)
            jobs[2].cancelAndJoin()
            gate.complete(Unit)
            jobs.forEach { it.join() }
            assertEquals(listOf(0, 1, 3, 4), order)
            waiter.goesOn()
        }

    @Test
    fun `many coroutines on many threads share a store`() =
        runBlocking<Unit>(Dispatchers.Default) {
            val waiter = Waiter { number ->
                if (number % 3 == 0) delay(1) else yield()
                number
            }
            val found = List(300) { number -> async { waiter.call("once", number) } }.awaitAll()
            assertEquals(List(300) { 2 * it }, found)
        }

    @Test
    fun `a store that is closed ends its guests`() =
        runBlocking<Unit> {
            val gate = CompletableDeferred<Unit>()
            val waiter = Waiter {
                gate.await()
                it
            }
            val call = async(start = CoroutineStart.UNDISPATCHED) { runCatching { waiter.call("once", 1) } }
            val next = async(start = CoroutineStart.UNDISPATCHED) { runCatching { waiter.call("once", 1) } }
            waiter.store.close()
            assertTrue(next.await().exceptionOrNull() is WasmtimeException.Closed)
            gate.complete(Unit)
            assertTrue(call.await().exceptionOrNull() is WasmtimeException.Closed)
        }

    @Test
    fun `a linker's function works in each store`() =
        runBlocking<Unit> {
            val engine = engine()
            val linker = Linker(engine)
            linker.suspending("host", "wait", NUMBER) { (number) ->
                delay(1)
                listOf(Val.I32(2 * number.asInt()))
            }
            linker.wrap("host", "now") { number: Int -> number }
            val module = Module(engine, WAITS)
            val pre = linker.instantiatePre(module)
            val made = listOf<(Store) -> Instance>({ linker.instantiate(it, module) }, { pre.instantiate(it) })
            for (make in made + made) {
                val store = Store(engine)
                val instance = make(store)
                assertEquals(15, instance.func(store, "once").callSuspend(store, 5))
            }
            linker.suspending("host", "wrong", NUMBER) { listOf(Val.F64(0.5)) }
            val text = """(module (import "host" "wrong" (func (param i32) (result i32))) (export "wrong" (func 0)))"""
            val store = Store(engine)
            val wrong = linker.instantiate(store, Module(engine, text)).func(store, "wrong")
            val error = failure<WasmtimeException.Type> { wrong.callSuspend(store, 1) }
            assertTrue(error.message!!.startsWith("`host` `wrong`: "), error.message)
        }

    @Test
    fun `a thousand guests wait, and take no thread`() =
        runBlocking<Unit> {
            val engine = engine()
            val gate = CompletableDeferred<Unit>()
            val waiting = AtomicInteger()
            val waiters = List(1000) {
                Waiter(engine) {
                    waiting.incrementAndGet()
                    gate.await()
                    it
                }
            }
            val before = Thread.activeCount()
            val calls = waiters.map { async { it.call("once", 1) } }
            while (waiting.get() < waiters.size) yield()
            assertTrue(Thread.activeCount() <= before, "${Thread.activeCount()} threads, $before before")
            gate.complete(Unit)
            assertEquals(2000, calls.awaitAll().sum())
        }

    @Test
    fun `a coroutine that nobody has any more frees its guest`() {
        val waiter = Waiter { suspendCoroutine { } }
        val call: suspend () -> Int = { waiter.call("once", 1) }
        call.startCoroutine(Continuation(EmptyCoroutineContext) { })
        fails<WasmtimeException.Busy> { waiter.goesOn() }
        eventually("the guest is still there") { runCatching { waiter.goesOn() }.isSuccess }
    }

    @Test
    fun `a store without suspending functions runs calls of coroutines as well`() =
        runBlocking<Unit> {
            val guest = Guest("""(module (func (export "f") (param i32) (result i32) (local.get 0)))""")
            assertEquals(3, guest.exports.func("f").callSuspend(guest.store, 3))
            assertNull(Guest("""(module (func (export "f")))""").run { exports.func("f").callSuspend(store) })
            assertFalse(guest.store.isClosed)
        }
}
