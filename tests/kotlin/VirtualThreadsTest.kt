package dev.trimaran.tests

import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.Instance
import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.SharedMemory
import dev.trimaran.Store
import dev.trimaran.WaitOutcome
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Virtual threads with two carriers: a wait in native code would keep all other virtual threads from running. */
class VirtualThreadsTest {
    @BeforeEach
    fun hasVirtualThreads() = assumeTrue(javaVersion >= 21, "Java $javaVersion has no virtual threads")

    @ParameterizedTest
    @ValueSource(
        strings = [
            "hosts wait", "one store", "platform thread", "many calls", "nested", "interrupted wait",
            "interrupted close", "interrupted host", "interrupted behind a platform thread", "deadlines",
            "interrupted deadline",
            "waits in shared memory", "interrupted wait in shared memory",
        ],
    )
    fun `virtual threads go on`(name: String) = assertGoesOn(name)

    @Test
    fun `waiting for a thread counts for a deadline`() =
        assertGoesOn("deadline without a thread", "-Dtrimaran.virtualThreads=1")

    @ParameterizedTest
    @ValueSource(strings = ["0", "-3", "abc", ""])
    fun `a number of threads that is none is said to be`(number: String) =
        assertGoesOn("wrong number of threads", "-Dtrimaran.virtualThreads=$number")

    private fun assertGoesOn(name: String, vararg options: String) {
        val two = listOf("parallelism", "maxPoolSize").map { "-Djdk.virtualThreadScheduler.$it=2" }
        assertEquals("done", Child(two + options, "VirtualThreadsTestKt", name).output().lines().last())
    }
}

/** Runs [work] on a virtual thread. This is compiled for a Java that has none. */
fun virtual(work: () -> Unit): Thread =
    Thread::class.java.getMethod("startVirtualThread", Runnable::class.java).invoke(null, Runnable(work)) as Thread

private val failures = AtomicInteger()

private fun checked(work: () -> Unit): () -> Unit =
    {
        try {
            work()
        } catch (error: Throwable) {
            error.printStackTrace(System.out)
            failures.incrementAndGet()
        }
    }

/** A store with a guest that calls its host, which does [work]. */
private class Upcall(engine: Engine, work: (Int) -> Int) {
    val store = Store(engine)
    val memory = Memory(store, MemoryType(Limits(1)))
    private val module =
        Module(
            engine,
            """(module (import "" "f" (func ${'$'}f (param i32) (result i32)))
              (func (export "call") (param i32) (result i32) (call ${'$'}f (local.get 0)))
              (func (export "loop") (loop (br 0))))""",
        )
    private val exports = Instance(store, module, listOf(Func.wrap(store, work))).exports(store)
    private val func = exports.func("call")

    fun call(number: Int): Int = func(store, number) as Int

    fun loop() = exports.func("loop")(store)
}

/** A guest in whose host a thread waits, until it is let go, in a call with 3. */
private class Held(engine: Engine, isVirtual: Boolean = false, waits: (Int) -> Boolean = { true }) {
    private val inside = CountDownLatch(1)
    private val latch = CountDownLatch(1)
    val guest =
        Upcall(engine) { number ->
            if (waits(number)) {
                inside.countDown()
                latch.await()
            }
            number
        }
    val owner: Thread =
        checked { check(guest.call(3) == 3) }.let { if (isVirtual) virtual(it) else thread(block = it) }

    init {
        inside.await()
    }

    fun letGo(): Unit = latch.countDown()
}

/** Another virtual thread does it, and this one waits. */
private fun elsewhere(number: Int): Int {
    val found = AtomicInteger()
    virtual { found.set(number + 1) }.join()
    return found.get()
}

/** A test of the class above, in a JVM of its own. */
fun main(arguments: Array<String>) {
    val engine = Engine(Config().apply { epochInterruption = true })
    val started =
        when (arguments[0]) {
            "hosts wait" ->
                List(10) { number ->
                    val guest = Upcall(engine, ::elsewhere)
                    virtual(checked { repeat(20) { check(guest.call(number) == number + 1) } })
                }
            "one store" -> {
                val guest = Upcall(engine, ::elsewhere)
                List(50) { number ->
                    virtual(
                        checked {
                            check(guest.call(number) == number + 1)
                            guest.memory.write(guest.store, byteArrayOf(1))
                        },
                    )
                }
            }
            "platform thread" -> platformThread(engine)
            "many calls" -> {
                // More than there are threads for.
                val latch = CountDownLatch(1)
                val waiting = List(300) { Upcall(engine) { number -> number.also { latch.await() } } }
                waiting.map { guest -> virtual(checked { check(guest.call(1) == 1) }) } +
                    virtual(
                        checked {
                            Thread.sleep(100)
                            latch.countDown()
                        },
                    )
            }
            "interrupted wait" -> interruptedWait(engine)
            "interrupted close" -> interruptedClose(engine)
            "interrupted host" -> interruptedHost(engine)
            "interrupted behind a platform thread" -> interruptedBehindPlatformThread(engine)
            "deadlines" -> deadlines(engine)
            "interrupted deadline" -> interruptedDeadline(engine)
            "deadline without a thread" -> deadlineWithoutThread(engine)
            "waits in shared memory" -> waitsInSharedMemory()
            "interrupted wait in shared memory" -> interruptedSharedMemory()
            "wrong number of threads" -> wrongNumber(engine)
            else -> {
                // A guest whose host runs the guest of another store, down to the ground.
                var guest = Upcall(engine, ::elsewhere)
                repeat(20) {
                    val inner = guest
                    guest = Upcall(engine) { number -> inner.call(number) }
                }
                List(4) { number -> virtual(checked { check(guest.call(number) == number + 1) }) }
            }
        }
    started.forEach(Thread::join)
    println(if (failures.get() == 0) "done" else "failed")
    exitProcess(0)
}

/** A platform thread is in the store, and waits for a virtual thread, while others want the store. */
private fun platformThread(engine: Engine): List<Thread> {
    val held = Held(engine)
    val waiting = List(8) { virtual(checked { check(held.guest.memory.size(held.guest.store) == 1L) }) }
    Thread.sleep(100)
    return waiting + held.owner + virtual { held.letGo() }
}

/** A virtual thread that waits for another one's guest is interrupted. */
private fun interruptedWait(engine: Engine): List<Thread> {
    val held = Held(engine, isVirtual = true)
    val waiting = interrupted { held.guest.call(4) }
    Thread.sleep(100)
    waiting.interrupt()
    waiting.join()
    held.letGo()
    return listOf(held.owner)
}

/** Virtual threads that wait to close the store of another one's guest are interrupted: the store is closed all the same. */
private fun interruptedClose(engine: Engine): List<Thread> {
    val (inside, latch) = CountDownLatch(1) to CountDownLatch(1)
    val guest =
        Upcall(engine) { number ->
            inside.countDown()
            latch.await()
            number
        }
    val owner = virtual(checked { check(guest.call(3) == 3) })
    inside.await()
    repeat(2) {
        val closing = interrupted { guest.store.close() }
        Thread.sleep(100)
        closing.interrupt()
        closing.join()
        check(guest.store.isClosed)
    }
    latch.countDown()
    return listOf(owner)
}

/** A virtual thread whose [work] is ended by an interrupt, and which is not marked as interrupted then. */
private fun interrupted(work: () -> Unit): Thread =
    virtual(
        checked {
            try {
                work()
                error("it was not interrupted")
            } catch (_: InterruptedException) {
                check(!Thread.currentThread().isInterrupted)
            }
        },
    )

/** Until the thread waits for something. */
private fun Thread.waits() {
    while (state != Thread.State.WAITING && state != Thread.State.TERMINATED) Thread.sleep(1)
}

/** A virtual thread that waits for a platform thread's guest is interrupted, whether guests can be or not. */
private fun interruptedBehindPlatformThread(engine: Engine): List<Thread> =
    listOf(engine, Engine()).flatMap { each ->
        val held = Held(each) { it == 3 }
        val guest = held.guest
        // One after the other, since the second of two would wait for the first.
        for (work in listOf<() -> Unit>({ guest.memory.size(guest.store) }, { guest.call(4) }, { guest.store.gc() })) {
            val waiting = interrupted(work)
            waiting.waits()
            waiting.interrupt()
            waiting.join()
        }
        val goesOn = virtual(checked { check(guest.call(5) == 5) })
        goesOn.waits()
        check(held.owner.isAlive && goesOn.isAlive)
        held.letGo()
        listOf(held.owner, goesOn)
    }

/** More deadlines than carriers: all calls of a block have one, waiting for the store and for the host included. */
private fun deadlines(engine: Engine): List<Thread> {
    val alone =
        List(6) { number ->
            virtual(
                checked {
                    val guest = Upcall(engine, ::elsewhere)
                    guest.store.withDeadline(2.seconds) {
                        check(guest.call(number) == number + 1)
                        fails<WasmtimeException.TimeLimit> { guest.loop() }
                        fails<WasmtimeException.TimeLimit> { guest.call(number) }
                    }
                    check(guest.call(number) == number + 1)
                    // The earliest counts, and what the block throws comes out as it is.
                    val thrown = IllegalStateException("mine")
                    val found =
                        runCatching {
                            guest.store.withDeadline(60.seconds) {
                                guest.store.withDeadline(50.milliseconds) {
                                    fails<WasmtimeException.TimeLimit> { guest.loop() }
                                }
                                check(guest.call(number) == number + 1)
                                throw thrown
                            }
                        }
                    check(found.exceptionOrNull() === thrown)
                    fails<WasmtimeException.Range>("the deadline is -1 ms: expected 0 or more") {
                        guest.store.withDeadline((-1).milliseconds) { }
                    }
                    fails<WasmtimeException.Config> { Store(Engine()).withDeadline(1.seconds) { } }
                },
            )
        }
    val held = Held(engine)
    val guest = held.guest
    val waiting =
        List(4) {
            virtual(
                checked {
                    guest.store.withDeadline(100.milliseconds) { fails<WasmtimeException.TimeLimit> { guest.call(4) } }
                },
            )
        }
    waiting.forEach(Thread::join)
    check(held.owner.isAlive)
    held.letGo()
    return alone + held.owner
}

/** The interrupt of a virtual thread is one of what its deadline's block does, in the guest and outside. */
private fun interruptedDeadline(engine: Engine): List<Thread> {
    val guest = Upcall(engine, ::elsewhere)
    for (work in listOf<() -> Unit>({ guest.loop() }, { Thread.sleep(60_000) })) {
        val begun = CountDownLatch(1)
        val runs =
            interrupted {
                guest.store.withDeadline(60.seconds) {
                    begun.countDown()
                    work()
                }
            }
        begun.await()
        runs.interrupt()
        runs.join()
    }
    return listOf(virtual(checked { guest.store.withDeadline(60.seconds) { check(guest.call(5) == 6) } }))
}

/** The only thread for virtual ones is taken until the time of the next deadline is over. */
private fun deadlineWithoutThread(engine: Engine): List<Thread> {
    val guest = Upcall(engine) { it }
    val (inside, latch) = CountDownLatch(1) to CountDownLatch(1)
    val first =
        virtual(
            checked {
                guest.store.withDeadline(60.seconds) {
                    inside.countDown()
                    latch.await()
                }
            },
        )
    inside.await()
    // It ends while the only thread is taken.
    for (work in listOf<() -> Unit>({ guest.call(1) }, {})) {
        virtual(
            checked {
                fails<WasmtimeException.TimeLimit> { guest.store.withDeadline(100.milliseconds) { work() } }
            },
        ).join()
    }
    fails<WasmtimeException.Range> { guest.store.withDeadline((-1).milliseconds) {} }
    latch.countDown()
    return listOf(first)
}

/** More threads wait for another one than there are carriers. */
private fun waitsInSharedMemory(): List<Thread> {
    val memory = SharedMemory(Engine(Config().apply { wasmThreads = true }), MemoryType(Limits(1, 1)))
    val waiting =
        List(3) { virtual(checked { check(memory.wait32(0, 0) == WaitOutcome.OK) }) } +
            List(3) { virtual(checked { check(memory.wait64(8, 0) == WaitOutcome.OK) }) }
    val wakes =
        virtual(
            checked {
                for (address in listOf(0L, 8L)) {
                    var woken = 0
                    while (woken < 3) woken += memory.notify(address).also { Thread.sleep(1) }
                }
            },
        )
    return waiting + wakes
}

/** Virtual threads that wait in a shared memory are interrupted. */
private fun interruptedSharedMemory(): List<Thread> {
    val memory = SharedMemory(Engine(Config().apply { wasmThreads = true }), MemoryType(Limits(1, 1)))
    val waiting = listOf(interrupted { memory.wait32(0, 0) }, interrupted { memory.wait64(8, 0, 600_000) })
    Thread.sleep(100)
    waiting.forEach(Thread::interrupt)
    return waiting
}

/** The number of threads is none. */
private fun wrongNumber(engine: Engine): List<Thread> {
    val guest = Upcall(engine) { it }
    val said = System.getProperty("trimaran.virtualThreads")
    val text = "the system property trimaran.virtualThreads is `$said`: expected a number of threads, 1 or more"
    val (turn, deadline) = { guest.store.inTurn { } } to { guest.store.withDeadline(1.seconds) { } }
    val works = listOf<() -> Unit>({ guest.call(1) }, turn, deadline)
    return works.map { work -> virtual(checked { fails<WasmtimeException.Config>(text) { work() } }) }
}

/** The host and the guest of a virtual thread are interrupted as on any other, and not those of the next. */
private fun interruptedHost(engine: Engine): List<Thread> {
    val guest =
        Upcall(engine) { number ->
            if (number == 0) Thread.sleep(60_000)
            number
        }
    for (work in listOf<() -> Unit>({ guest.call(0) }, { guest.loop() })) {
        val runs = interrupted(work)
        Thread.sleep(200)
        runs.interrupt()
        runs.join()
    }
    return listOf(virtual(checked { repeat(50) { check(guest.call(5) == 5) } }))
}
