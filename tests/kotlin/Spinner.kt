package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.invoke
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicReference

/** The text of a guest that runs for ever. */
private const val SPINS =
    """(module (import "host" "begun" (func ${'$'}begun))
      (func (export "spin") (call ${'$'}begun) (loop (br 0)))
      (func ${'$'}recurse (export "recurse") (result i32)
        (call ${'$'}begun) (loop (result i32) (drop (call ${'$'}deep (i32.const 0))) (br 0)))
      (func ${'$'}deep (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 100))
          (then (call ${'$'}deep (i32.add (local.get 0) (i32.const 1)))) (else (local.get 0))))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"""

/** A guest that runs for ever, and says when it begins. */
class Spinner(engine: Engine, val store: Store = Store(engine)) {
    val begun = CountDownLatch(1)
    private val instance =
        Linker(engine).run {
            wrap<Unit>("host", "begun") { begun.countDown() }
            instantiate(store, Module(engine, SPINS))
        }
    val spin: Func = instance.func(store, "spin")
    val recurse: Func = instance.func(store, "recurse")

    /** The store is as good as ever. */
    fun goesOn() = assertEquals(42, instance.func(store, "add").typed<(Int, Int) -> Int>(store)(store, 40, 2))
}

/** Runs it on a thread of its own, which is interrupted once the guest has begun; gives what it ended with. */
fun interrupted(begun: CountDownLatch, work: () -> Unit): Throwable? {
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
