package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.TrapCode
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.ref.WeakReference
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import java.time.Duration as JavaDuration

/** Guests that run for ever, and what ends them. */
class InterruptTest {
    private val engine = engine { epochInterruption = true }
    private val module =
        Module(
            engine,
            """(module (import "host" "begun" (func ${'$'}begun))
              (func (export "spin") (call ${'$'}begun) (loop (br 0)))
              (func ${'$'}recurse (export "recurse") (result i32)
                (call ${'$'}begun) (loop (result i32) (drop (call ${'$'}deep (i32.const 0))) (br 0)))
              (func ${'$'}deep (param i32) (result i32)
                (if (result i32) (i32.lt_u (local.get 0) (i32.const 100))
                  (then (call ${'$'}deep (i32.add (local.get 0) (i32.const 1)))) (else (local.get 0))))
              (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))""",
        )

    /** A guest, which says when it begins. */
    private inner class Spinner(val store: Store = Store(engine)) {
        val begun = CountDownLatch(1)
        private val instance =
            Linker(engine).run {
                wrap<Unit>("host", "begun") { begun.countDown() }
                instantiate(store, module)
            }
        val spin: Func = instance.func(store, "spin")
        val recurse: Func = instance.func(store, "recurse")

        /** The store is as good as ever. */
        fun goesOn() = assertEquals(42, instance.func(store, "add").typed<(Int, Int) -> Int>(store)(store, 40, 2))
    }

    private fun isInterrupted(work: () -> Any?) =
        assertEquals(TrapCode.INTERRUPT, fails<WasmtimeException.Trap> { work() }.code)

    /** Runs it on a thread of its own, which is interrupted once the guest has begun; gives what it ended with. */
    private fun interrupted(begun: CountDownLatch, work: () -> Unit): Throwable? {
        val end = AtomicReference<Throwable>()
        val flag = AtomicReference<Boolean>()
        val thread =
            Thread {
                end.set(runCatching(work).exceptionOrNull())
                flag.set(Thread.currentThread().isInterrupted)
            }
        thread.start()
        begun.await()
        thread.interrupt()
        thread.join(20_000)
        assertFalse(thread.isAlive, "the guest goes on")
        assertEquals(false, flag.get(), "the thread is still marked as interrupted")
        return end.get()
    }

    @Test
    fun `a thread that is interrupted leaves its guest`() {
        for (way in listOf<Spinner.() -> Any?>(
            { spin(store) },
            { recurse(store) },
            { spin.typed<() -> Unit>(store)(store) },
            { spin.call(store, listOf()) },
        )) {
            val spinner = Spinner()
            assertTrue(interrupted(spinner.begun) { spinner.way() } is InterruptedException)
            spinner.goesOn()
        }
    }

    @Test
    fun `through guests inside guests`() {
        val spinner = Spinner()
        val store = spinner.store
        val inner = Func(store, FuncType()) { spinner.spin.call(this.store) }
        val text = """(module (import "host" "f" (func ${'$'}f)) (func (export "run") (call ${'$'}f)))"""
        val run = Instance(store, Module(engine, text), listOf(inner)).func(store, "run")
        assertTrue(interrupted(spinner.begun) { run(store) } is InterruptedException)
        spinner.goesOn()
    }

    @Test
    fun `a coroutine that is cancelled leaves its guest`() {
        val spinner = Spinner()
        runBlocking {
            val job = CoroutineScope(Dispatchers.IO).async { runInterruptible { spinner.spin(spinner.store) } }
            while (spinner.begun.count > 0) delay(1)
            job.cancelAndJoin()
            assertTrue(job.isCancelled)
        }
        spinner.goesOn()
        assertThrows(TimeoutCancellationException::class.java) {
            runBlocking {
                withTimeout(50.milliseconds) { runInterruptible(Dispatchers.IO) { spinner.spin(spinner.store) } }
            }
        }
        spinner.goesOn()
    }

    @Test
    fun `a run takes no longer than its timeout`() {
        val spinner = Spinner()
        spinner.store.setTimeout(30.milliseconds)
        isInterrupted { spinner.spin(spinner.store) }
        isInterrupted { spinner.recurse(spinner.store) }
        spinner.store.setTimeout(JavaDuration.ofMillis(20))
        isInterrupted { spinner.spin(spinner.store) }
        spinner.goesOn()
        spinner.store.setTimeout(10.seconds)
        spinner.goesOn()
        spinner.store.setTimeout(Duration.INFINITE)
        spinner.store.setTimeout(null)
        spinner.goesOn()
        fails<WasmtimeException.Range>("the timeout is -1: expected 0 or more") {
            spinner.store.setTimeout((-1).milliseconds)
        }
        fails<WasmtimeException.Config> { Store(engine()).setTimeout(1.seconds) }
    }

    @Test
    fun `a handle stops what runs now`() {
        val spinner = Spinner()
        val handle = spinner.store.interruptHandle()
        handle.interrupt()
        spinner.goesOn()
        val stopped = task { isInterrupted { spinner.spin(spinner.store) } }
        spinner.begun.await()
        handle.interrupt()
        stopped.get()
        spinner.goesOn()
        spinner.store.close()
        handle.interrupt()
        fails<WasmtimeException.Closed> { spinner.store.interruptHandle() }
        fails<WasmtimeException.Config> { Store(engine()).interruptHandle() }
    }

    @Test
    fun `a host function that is interrupted says so itself`() {
        val store = Store(engine)
        val begun = CountDownLatch(1)
        val sleep =
            Func(store, FuncType(results = listOf(ValType.I32))) {
                begun.countDown()
                Thread.sleep(20_000)
                listOf(Val.I32(0))
            }
        assertTrue(interrupted(begun) { sleep(store) } is InterruptedException)
    }

    @Test
    fun `without the setting nothing is interrupted`() {
        val store = store()
        val add = Func.wrap(store) { a: Int -> a + 1 }
        Thread.currentThread().interrupt()
        assertEquals(2, add(store, 1))
        assertTrue(Thread.interrupted())
    }

    @Test
    fun `a store that is watched is no leak`() {
        fun make(): WeakReference<Any> = Spinner().let { WeakReference(it.apply { goesOn() }.store) }
        val stores = List(3) { make() }
        eventually("the store is kept") { stores.all { it.get() == null } }
    }
}
