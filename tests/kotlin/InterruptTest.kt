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
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import java.time.Duration as JavaDuration

/** Guests that run for ever, and what interrupts them. */
class InterruptTest {
    private val engine = engine { epochInterruption = true }

    private fun isInterrupted(work: () -> Any?) =
        assertEquals(TrapCode.INTERRUPT, fails<WasmtimeException.Trap> { work() }.code)

    @Test
    fun `a thread that is interrupted leaves its guest`() {
        for (way in listOf<Spinner.() -> Any?>(
            { spin(store) },
            { recurse(store) },
            { spin.typed<() -> Unit>(store)(store) },
            { spin.call(store, listOf()) },
        )) {
            val spinner = Spinner(engine)
            assertTrue(interrupted(spinner.begun) { spinner.way() } is InterruptedException)
            spinner.goesOn()
        }
    }

    @Test
    fun `through guests inside guests`() {
        val spinner = Spinner(engine)
        val store = spinner.store
        val inner = Func(store, FuncType()) { spinner.spin.call(this.store) }
        val text = """(module (import "host" "f" (func ${'$'}f)) (func (export "run") (call ${'$'}f)))"""
        val run = Instance(store, Module(engine, text), listOf(inner)).func(store, "run")
        assertTrue(interrupted(spinner.begun) { run(store) } is InterruptedException)
        spinner.goesOn()
    }

    /** The guest has no loop, and calls nothing of its own: it would never be asked. */
    @Test
    fun `an interrupt in a host function is seen when that returns`() {
        val store = Store(engine)
        var calls = 0
        val stop =
            Func(store, FuncType()) {
                calls++
                Thread.currentThread().interrupt()
                // Until the time of a tick is over, and many more.
                val end = System.nanoTime() + 300_000_000
                while (System.nanoTime() < end) Thread.onSpinWait()
                listOf()
            }
        val text = """(module (import "" "" (func ${'$'}f)) (func (export "run") (call ${'$'}f) (call ${'$'}f)))"""
        val run = Instance(store, Module(engine, text), listOf(stop)).func(store, "run")
        assertThrows(InterruptedException::class.java) { run(store) }
        assertEquals(1, calls)
        assertFalse(Thread.currentThread().isInterrupted)
    }

    @Test
    fun `a coroutine that is cancelled leaves its guest`() {
        val spinner = Spinner(engine)
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
        val spinner = Spinner(engine)
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
        fails<WasmtimeException.Range>("the timeout is -1 ms: expected 0 or more") {
            spinner.store.setTimeout((-1).milliseconds)
        }
        fails<WasmtimeException.Config> { Store(engine()).setTimeout(1.seconds) }
    }

    /** Runs [work] while so many other threads call the same store, again and again. */
    private fun <R> crowded(spinner: Spinner, others: Int, work: () -> R): R {
        val done = CountDownLatch(1)
        val tasks = List(others) { task { while (!done.await(2, TimeUnit.MILLISECONDS)) spinner.goesOn() } }
        try {
            return work()
        } finally {
            done.countDown()
            tasks.forEach { it.get() }
        }
    }

    @Test
    fun `a timeout holds however many others call`() {
        for (others in listOf(1, 2, 7)) {
            val spinner = Spinner(engine)
            spinner.store.setTimeout(200.milliseconds)
            crowded(spinner, others) { fails<WasmtimeException.TimeLimit> { spinner.spin(spinner.store) } }
            spinner.goesOn()
        }
    }

    @Test
    fun `a handle stops what runs now`() {
        val spinner = Spinner(engine)
        val handle = spinner.store.interruptHandle()
        assertFalse(handle.interrupt())
        spinner.goesOn()
        val stopped = task { isInterrupted { spinner.spin(spinner.store) } }
        spinner.begun.await()
        assertTrue(handle.interrupt())
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
    fun `a guest that waits is ended as one that runs`() {
        needsThreads()
        val hour = 3_600_000_000_000
        val text =
            """(module (import "host" "begun" (func ${'$'}begun)) (memory 1 1 shared)
              (func (export "wait32")
                (call ${'$'}begun) (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
              (func (export "wait64")
                (call ${'$'}begun) (drop (memory.atomic.wait64 (i32.const 8) (i64.const 0) (i64.const -1))))
              (func (export "hour")
                (call ${'$'}begun) (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const $hour)))))"""
        val engine =
            engine {
                epochInterruption = true
                wasmThreads = true
            }
        for (name in listOf("wait32", "wait64", "hour")) endsInEachWay(Module(engine, text), name)
    }

    @Test
    fun `a guest that waits for clocks is ended as one that runs`() {
        for (name in listOf("relative", "absolute", "both")) endsInEachWay(Module(engine, POLL), name)
    }

    /** What a guest waits for does not come, and each way to end it does. */
    private fun endsInEachWay(module: Module, name: String) {
        val store = Store(module.engine)
        val begun = AtomicReference(CountDownLatch(1))
        val linker = Linker(module.engine).apply { wrap<Unit>("host", "begun") { begun.get().countDown() } }
        linker.defineWasi()
        store.setWasi { }
        val func = linker.instantiate(store, module).func(store, name)

        fun fresh() = CountDownLatch(1).also(begun::set)
        store.setTimeout(30.milliseconds)
        isInterrupted { func(store) }
        store.setTimeout(Duration.INFINITE)
        val handle = store.interruptHandle()
        val waiting = fresh()
        val stopped = task { isInterrupted { func(store) } }
        waiting.await()
        handle.interrupt()
        stopped.get(20, TimeUnit.SECONDS)
        assertTrue(interrupted(fresh()) { func(store) } is InterruptedException, name)
        runBlocking {
            val cancelled = fresh()
            val job = CoroutineScope(Dispatchers.IO).async { runInterruptible { func(store) } }
            while (cancelled.count > 0) delay(1)
            withTimeout(20.seconds) { job.cancelAndJoin() }
            assertTrue(job.isCancelled, name)
        }
        assertEquals(2, Func.wrap(store) { a: Int -> a + 1 }(store, 1))
    }

    @Test
    fun `a guest that reads what never comes is ended as one that runs`() {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val classes = listOf("-cp", System.getProperty("java.class.path"), "dev.trimaran.tests.InterruptTestKt")
        val properties = listOf("-Dtrimaran.root=${System.getProperty("trimaran.root")}")
        // Nobody writes to its standard input, and nobody closes it.
        val process = ProcessBuilder(listOf(java) + properties + classes).redirectErrorStream(true).start()
        try {
            assertTrue(process.waitFor(1, TimeUnit.MINUTES), "it waits for ever")
            val output = process.inputStream.bufferedReader().readLines()
            assertEquals(listOf("INTERRUPT", "INTERRUPT", "InterruptedException", "3"), output.takeLast(4)) {
                output.joinToString("\n")
            }
        } finally {
            process.destroyForcibly()
        }
    }

    @Test
    fun `a store that is watched is no leak`() {
        fun make(): WeakReference<Any> = Spinner(engine).let { WeakReference(it.apply { goesOn() }.store) }
        val stores = List(3) { make() }
        eventually("the store is kept") { stores.all { it.get() == null } }
    }
}

/** Waits by `poll_oneoff`: for an hour, until there was one, and for that by both clocks. */
private val POLL =
    """(module
      (import "host" "begun" (func ${'$'}begun))
      (import "wasi_snapshot_preview1" "poll_oneoff" (func ${'$'}poll (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "clock_time_get" (func ${'$'}now (param i32 i64 i32) (result i32)))
      (memory (export "memory") 1)
      (func ${'$'}subscribe (param ${'$'}at i32) (param ${'$'}clock i32) (param ${'$'}time i64) (param ${'$'}flags i32)
        (i32.store (i32.add (local.get ${'$'}at) (i32.const 16)) (local.get ${'$'}clock))
        (i64.store (i32.add (local.get ${'$'}at) (i32.const 24)) (local.get ${'$'}time))
        (i32.store16 (i32.add (local.get ${'$'}at) (i32.const 40)) (local.get ${'$'}flags)))
      (func ${'$'}wait (param ${'$'}count i32)
        (call ${'$'}begun)
        (drop (call ${'$'}poll (i32.const 0) (i32.const 256) (local.get ${'$'}count) (i32.const 512))))
      (func (export "relative")
        (call ${'$'}subscribe (i32.const 0) (i32.const 1) (i64.const 3600000000000) (i32.const 0))
        (call ${'$'}wait (i32.const 1)))
      (func (export "absolute")
        (drop (call ${'$'}now (i32.const 1) (i64.const 1) (i32.const 1024)))
        (call ${'$'}subscribe
          (i32.const 0) (i32.const 1) (i64.add (i64.load (i32.const 1024)) (i64.const 3600000000000)) (i32.const 1))
        (call ${'$'}wait (i32.const 1)))
      (func (export "both")
        (call ${'$'}subscribe (i32.const 0) (i32.const 1) (i64.const 3600000000000) (i32.const 0))
        (call ${'$'}subscribe (i32.const 48) (i32.const 0) (i64.const 3600000000000) (i32.const 0))
        (call ${'$'}wait (i32.const 2))))"""

/** Reads from this process's standard input, is ended in each way, and tells how. */
fun main() {
    val engine = engine { epochInterruption = true }
    val store = Store(engine)
    store.setWasi { inheritStdin() }
    val text =
        """(module
          (import "wasi_snapshot_preview1" "fd_read" (func ${'$'}read (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "read") (result i32)
            (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 16))
            (call ${'$'}read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
          (func (export "plain") (param i32) (result i32) (local.get 0)))"""
    val instance = Linker(engine).apply { defineWasi() }.instantiate(store, Module(engine, text))
    val read = instance.func(store, "read")
    val main = Thread.currentThread()
    val handle = store.interruptHandle()
    val ways: List<() -> Unit> =
        listOf(
            { store.setTimeout(30.milliseconds) },
            {
                store.setTimeout(Duration.INFINITE)
                task { Thread.sleep(100).also { handle.interrupt() } }
            },
            { task { Thread.sleep(100).also { main.interrupt() } } },
        )
    for (way in ways) {
        way()
        try {
            println("it read: ${read(store)}")
        } catch (trap: WasmtimeException.Trap) {
            println(trap.code)
        } catch (error: InterruptedException) {
            println(error.javaClass.simpleName)
        }
    }
    println(instance.func(store, "plain")(store, 3))
}
