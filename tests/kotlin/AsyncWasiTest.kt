package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.Interruption
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import dev.trimaran.callSuspend
import dev.trimaran.invoke
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds

/** `sleep` waits for so many nanoseconds by the monotonic clock, and gives the error number. */
private const val SLEEPS =
    """(module
      (import "wasi_snapshot_preview1" "poll_oneoff" (func ${'$'}poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "sleep") (param i64) (result i32)
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (local.get 0))
        (call ${'$'}poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))"""

/** `run` emits the numbers from its argument down to 1. */
private const val EMITS =
    """(module
      (import "env" "emit" (func ${'$'}emit (param i32)))
      (func (export "run") (param i32)
        (loop (call ${'$'}emit (local.get 0)) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"""

private const val HOUR = 3_600_000_000_000

/** Guests that sleep by WASI: they give the thread back. */
@Timeout(60)
class AsyncWasiTest {
    private class Sleeper(val store: Store, private val sleep: Func) {
        suspend fun sleep(nanoseconds: Long): Int = sleep.typed<(Long) -> Int>(store).callSuspend(store, nanoseconds)

        fun sleepHere(nanoseconds: Long): Int = sleep.typed<(Long) -> Int>(store)(store, nanoseconds)

        fun sleepLater(nanoseconds: Long): CompletableFuture<*> =
            sleep.callFuture(store, listOf(Val.I64(nanoseconds)))
    }

    private suspend fun sleeper(engine: Engine = engine(), isPrepared: Boolean = false): Sleeper {
        val store = Store(engine)
        store.setWasi { }
        val linker = Linker(engine)
        linker.defineWasi()
        val module = Module(engine, SLEEPS)
        val instance =
            if (isPrepared) {
                linker.instantiatePre(module).instantiateSuspend(store)
            } else {
                linker.instantiateSuspend(store, module)
            }
        return Sleeper(store, instance.func(store, "sleep"))
    }

    @Test
    fun `others go on while a guest sleeps`() =
        runBlocking {
            for (isPrepared in listOf(false, true)) {
                val sleeper = sleeper(isPrepared = isPrepared)
                val task = async { sleeper.sleep(50_000_000) }
                var turns = 0
                while (!task.isCompleted) {
                    delay(1)
                    turns++
                }
                assertEquals(0, task.await())
                assertTrue(turns > 1)
                // A call that does not suspend sleeps on its thread.
                assertEquals(0, sleeper.sleepHere(1_000_000))
            }
        }

    @Test
    fun `guests sleep at once on one thread`() =
        runBlocking {
            val engine = engine()
            assertEquals(List(20) { 0 }, List(20) { async { sleeper(engine).sleep(20_000_000) } }.awaitAll())
        }

    @Test
    fun `a guest that sleeps is cancelled`() =
        runBlocking {
            val sleeper = sleeper()
            assertNull(withTimeoutOrNull(20) { sleeper.sleep(HOUR) })
            assertEquals(0, sleeper.sleep(1))
        }

    @Test
    fun `a future of a guest that sleeps`() {
        val sleeper = runBlocking { sleeper() }
        sleeper.sleepLater(1_000_000).get(30, TimeUnit.SECONDS)
        val future = sleeper.sleepLater(HOUR)
        assertTrue(future.cancel(true))
        sleeper.sleepLater(1).get(30, TimeUnit.SECONDS)
    }

    @Test
    fun `a time limit ends a sleep`() =
        runBlocking {
            val sleeper = sleeper(engine { epochInterruption = true })
            sleeper.store.setTimeout(30.milliseconds)
            val error = runCatching { sleeper.sleep(HOUR) }.exceptionOrNull()
            assertEquals(Interruption.TIME_LIMIT, (error as WasmtimeException.Trap).interruption)
            sleeper.store.setTimeout(null)
            assertEquals(0, sleeper.sleep(1))
        }

    @Test
    fun `what a guest emits is a flow`() =
        runBlocking {
            val engine = engine()
            val emitted = AtomicInteger()
            val numbers =
                channelFlow {
                    Store(engine).use { store ->
                        val linker = Linker(engine)
                        linker.wrapSuspending("env", "emit") { number: Int ->
                            emitted.incrementAndGet()
                            send(number)
                        }
                        val guest = linker.instantiate(store, Module(engine, EMITS))
                        guest.func(store, "run").typed<(Int) -> Unit>(store).callSuspend(store, 1_000)
                    }
                }
            // The guest waits for whoever collects, and ends with that.
            assertEquals(listOf(1000, 999, 998), numbers.buffer(Channel.RENDEZVOUS).take(3).toList())
            assertTrue(emitted.get() <= 5, "$emitted")
        }
}
