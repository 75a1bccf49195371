package dev.trimaran.tests

import dev.trimaran.Caller
import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Memory
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.callSuspend
import dev.trimaran.component.Component
import dev.trimaran.component.Linker
import dev.trimaran.component.Stream
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume
import kotlin.coroutines.startCoroutine
import kotlin.coroutines.suspendCoroutine

/** Guests that wait, in a program without the library of coroutines, and on virtual threads. */
class AsyncAloneTest {
    @Test
    fun `without the library of coroutines`() {
        val path = Child.classPath.split(File.pathSeparator).filter { "kotlinx-coroutines" !in it }
        val child = Child(emptyList(), "AsyncAloneTestKt", "alone", path = path.joinToString(File.pathSeparator))
        assertEquals("done", child.output().lines().last())
    }

    @ParameterizedTest
    @ValueSource(strings = ["many wait", "calls in line"])
    fun `virtual threads are not pinned while guests wait`(name: String) {
        assumeTrue(javaVersion >= 21, "Java $javaVersion has no virtual threads")
        val two = listOf("parallelism", "maxPoolSize").map { "-Djdk.virtualThreadScheduler.$it=2" }
        assertEquals("done", Child(two, "AsyncAloneTestKt", name).output().lines().last())
    }
}

private val NUMBER = FuncType(listOf(ValType.I32), listOf(ValType.I32))

private class Lone(val engine: Engine = Engine(Config()), wait: suspend Caller.(Int) -> Int) {
    val store = Store(engine)
    private val text =
        """(module (import "" "wait" (func ${'$'}wait (param i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "once") (param i32) (result i32) (i32.add (call ${'$'}wait (local.get 0)) (local.get 0)))
          (func (export "plain") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
          (func (export "spins") (loop (br 0))))"""
    private val wait = Func.suspending(store, NUMBER) { (number) -> listOf(Val.I32(wait(number.asInt()))) }
    private val exports = Instance(store, Module(engine, text), listOf(this.wait)).exports(store)
    val once = exports.func("once")
    val plain = exports.func("plain")
    val spins = exports.func("spins")
    val memory: Memory = exports.memory("memory")
}

/** What it gives once it is over. */
private fun <T> begun(context: CoroutineContext = EmptyCoroutineContext, work: suspend () -> T): CompletableFuture<T> {
    val future = CompletableFuture<T>()
    work.startCoroutine(
        Continuation(context) { result -> result.fold(future::complete, future::completeExceptionally) },
    )
    return future
}

/** Goes on later, on another thread. */
private suspend fun pause(): Unit =
    suspendCoroutine { continuation ->
        thread {
            Thread.sleep(2)
            continuation.resume(Unit)
        }
    }

fun main(arguments: Array<String>) {
    when (arguments[0]) {
        "alone" -> alone()
        "many wait" -> manyWait()
        else -> callsInLine()
    }
    println("done")
}

private fun alone() {
    check(runCatching { Class.forName("kotlinx.coroutines.Job") }.isFailure)
    lateinit var guest: Lone
    guest =
        Lone(Engine(Config().apply { epochInterruption = true })) { number ->
            pause()
            memory("memory").write(store, byteArrayOf(1))
            // Synchronously, on the thread where this goes on; then on top, in its own coroutine.
            check(guest.plain(store, number) == number + 1)
            val inner = if (number == 0) 1 else guest.once.callSuspend(store, number - 1) as Int
            check(guest.plain(store, number) == number + 1)
            inner
        }
    val store = guest.store
    check(begun { guest.once.callSuspend(store, 3) }.get() == 7)
    // Two in line.
    val both = List(2) { begun { guest.once.callSuspend(store, 1) } }
    check(both.map { it.get() } == listOf(2, 2))
    // For Java, on threads of its choice.
    val pool = Executors.newFixedThreadPool(2)
    check(guest.once.callFuture(pool, store, 2).get() == 4)
    val thrown = IllegalStateException()
    val failing = Lone { throw thrown }
    val error = runCatching { failing.once.callFuture(pool, failing.store, 2).get() }.exceptionOrNull()
    check(error is ExecutionException && error.cause === thrown)
    // A guest that computes gives others the thread.
    val one = Executors.newSingleThreadExecutor()
    val spins = guest.spins.callFuture(one, store)
    one.submit {}.get()
    check(spins.cancel(true))
    check(guest.plain.callFuture(one, store, 1).get() == 2)
    // And one that waits for ever ends with its future.
    val left = CompletableFuture<List<Val>>()
    val waits = Func.future(store, NUMBER) { _, _ -> left }
    val call = waits.callFuture(store, 1)
    while (left.numberOfDependents == 0) Thread.sleep(1)
    call.cancel(true)
    check(left.isCancelled)
    check(guest.plain(store, 1) == 2)
    check(runCatching { guest.once(store, 1) }.exceptionOrNull() is WasmtimeException.Suspend)
    pool.shutdown()
    one.shutdown()
    streams()
}

/** Streams and futures of components. */
private fun streams() {
    val config =
        Config().apply {
            wasmComponentModelAsync = true
            wasmComponentModelMoreAsyncBuiltins = true
        }
    val engine = Engine(config)
    val store = Store(engine)
    val linker = Linker(engine).apply { root().suspending("take") { 0 } }
    val text = File(System.getProperty("trimaran.root"), "tests/modules/component_streams.wat").readText()
    val guest = linker.instantiate(store, Component(engine, text))
    val stream = begun { guest.func(store, "count").callSuspend(store, 2, 3) }.get() as Stream
    check((begun { stream.readSuspend() }.get() as ByteArray).size == 3)
    check(stream.asSequence().map { (it as ByteArray).size }.toList() == listOf(3))
    check(begun { guest.func(store, "sum").callSuspend(store, sequenceOf(byteArrayOf(1, 2)), 3) }.get() == 3u)
    val word = CompletableFuture<String>()
    val length = guest.func(store, "word-length").callFuture(store, word)
    check(word.complete("four"))
    check(length.get() == 4u)
}

private val failures = AtomicInteger()

private fun all(threads: List<Thread>) {
    threads.forEach { it.join() }
    check(failures.get() == 0)
}

private fun checked(work: () -> Unit): Thread =
    virtual {
        try {
            work()
        } catch (error: Throwable) {
            error.printStackTrace(System.out)
            failures.incrementAndGet()
        }
    }

/** More guests wait than there are carriers, or threads for virtual ones, until one more virtual thread lets them go. */
private fun manyWait() {
    val engine = Engine(Config())
    val go = CompletableFuture<List<Val>>()
    val waiting = CountDownLatch(400)
    val threads =
        List(400) { number ->
            checked {
                val store = Store(engine)
                val wait = Func.future(store, NUMBER) { _, _ -> go.also { waiting.countDown() } }
                check(wait.callFuture(store, number).get(60, TimeUnit.SECONDS) == 5)
            }
        }
    all(
        threads + checked {
            waiting.await()
            go.complete(listOf(Val.I32(5)))
        },
    )
}

/** Calls of other virtual threads wait in line, while a host function uses the store on its own. */
private fun callsInLine() {
    val executor =
        Executors::class.java.getMethod("newVirtualThreadPerTaskExecutor").invoke(null) as java.util.concurrent.Executor
    lateinit var guest: Lone
    guest =
        Lone { number ->
            repeat(20) {
                pause()
                check(guest.plain(store, number) == number + 1)
                memory("memory").write(store, byteArrayOf(1))
            }
            number
        }
    val first = guest.once.callFuture(executor, guest.store, 4)
    val others =
        List(20) { checked { check(guest.plain(guest.store, 1) == 2) } } +
            List(20) { checked { guest.memory.write(guest.store, byteArrayOf(2)) } }
    check(first.get(25, TimeUnit.SECONDS) == 8)
    all(others)
}
