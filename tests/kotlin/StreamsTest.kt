package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Interruption
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.WasiConfig
import dev.trimaran.WasmtimeException
import dev.trimaran.callSuspend
import dev.trimaran.invoke
import dev.trimaran.stdin
import dev.trimaran.stdout
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.toList
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import java.util.concurrent.ArrayBlockingQueue
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds

/** Standard streams that guests wait for: flows, channels and suspending functions. */
@Timeout(60)
class StreamsTest {
    private class Home(engine: Engine = engine(), configure: WasiConfig.() -> Unit) : AutoCloseable {
        val store = Store(engine).apply { setWasi(configure) }
        private val linker = Linker(engine).apply { defineWasi() }
        private val module = Module(engine, root.resolve("tests/modules/streams.wat").toFile().readText())
        private var instance = linker.instantiate(store, module)

        /** Takes an instance whose guests rest where they sleep. */
        suspend fun rests() {
            instance = linker.instantiateSuspend(store, module)
        }

        private fun func(name: String) = instance.func(store, name).typed<(Int) -> Int>(store)

        suspend fun call(name: String, argument: Int): Int = func(name).callSuspend(store, argument)

        fun callHere(name: String, argument: Int): Int = func(name)(store, argument)

        suspend fun cat(): Int = instance.func(store, "cat").typed<() -> Int>(store).callSuspend(store)

        fun text(length: Int): String =
            instance.exports(store).memory("memory").read(store, 1024L, 1024L + length).decodeToString()

        override fun close(): Unit = store.close()
    }

    /** A guest of a store of its own, which shares a configuration with others. */
    private suspend fun granted(config: WasiConfig): Home =
        Home { }.apply {
            store.setWasi(config)
            rests()
        }

    private fun String.bytes() = encodeToByteArray()

    private suspend fun failure(work: suspend () -> Unit): Throwable = checkNotNull(
        runCatching {
            work()
        }.exceptionOrNull(),
    )

    @Test
    fun `a guest copies a flow to a channel`() =
        runBlocking {
            val output = Channel<ByteArray>(Channel.UNLIMITED)
            Home {
                stdin(flowOf("one ", "", "two ", "three").let { words -> flow { words.collect { emit(it.bytes()) } } })
                stdout(output)
            }.use { home ->
                assertEquals(13, home.cat())
                // It has ended, and stays so.
                assertEquals(0, home.call("read", 8))
            }
            output.close()
            assertEquals(listOf("one ", "two ", "three"), output.toList().map { it.decodeToString() })
        }

    @Test
    fun `what a guest leaves of a piece is for its next read`() =
        runBlocking {
            val input = Channel<ByteArray>(2)
            Home { stdin(input) }.use { home ->
                input.send("abcdefghij".bytes())
                input.send("k".bytes())
                assertEquals(8, home.call("read", 8))
                assertEquals("abcdefgh", home.text(8))
                // Nobody has to wait for that.
                assertEquals(2, home.callHere("read", 8))
                assertEquals("ij", home.text(2))
                assertEquals(1, home.call("read", 8))
                input.close()
                assertEquals(0, home.call("read", 8))
            }
        }

    @Test
    fun `a full channel has the guest wait`() =
        runBlocking {
            val output = Channel<ByteArray>(1)
            Home {
                stdin(flow { repeat(5) { emit("x".bytes()) } })
                stdout(output)
            }.use { home ->
                val task = async { home.cat() }
                delay(20)
                assertFalse(task.isCompleted)
                repeat(5) { assertEquals("x", output.receive().decodeToString()) }
                assertEquals(5, task.await())
            }
        }

    @Test
    fun `others see the memory while a guest waits`() =
        runBlocking {
            val given = CompletableDeferred<ByteArray>()
            Home { stdinSuspending { most -> given.also { assertEquals(8, most) }.await() } }.use { home ->
                val task = async { home.call("read", 8) }
                delay(10)
                assertEquals("hello", home.text(5))
                given.complete("late".bytes())
                assertEquals(4, task.await())
                assertEquals("lateo", home.text(5))
            }
        }

    @Test
    fun `what a stream throws comes out of the call`() =
        runBlocking {
            val error = IllegalStateException("no more")
            val given =
                listOf<WasiConfig.() -> Unit>(
                    { stdinSuspending { throw error } },
                    { stdin(flow { throw error }) },
                    {
                        stdin(
                            flow {
                                delay(1)
                                throw error
                            },
                        )
                    },
                    { stdin(Channel<ByteArray>().apply { close(error) }) },
                )
            for (configure in given) {
                Home(configure = configure).use { assertSame(error, failure { it.call("read", 8) }) }
            }
            Home { stdoutSuspending { throw error } }.use { assertSame(error, failure { it.call("write", 8) }) }
        }

    @Test
    fun `a guest that waits for a stream is cancelled`() =
        runBlocking {
            val input = Channel<ByteArray>()
            val output = Channel<ByteArray>(1)
            Home {
                stdin(input)
                stdout(output)
            }.use { home ->
                assertNull(withTimeoutOrNull(20) { home.call("read", 8) })
                // The store is usable at once, and nothing was lost.
                val sends = async { input.send("abc".bytes()) }
                assertEquals(3, home.call("read", 8))
                sends.await()
                output.send("full".bytes())
                assertNull(withTimeoutOrNull(20) { home.call("write", 2) })
                assertEquals("full", output.receive().decodeToString())
                // What it has written is not written later.
                assertEquals(2, home.call("write", 2))
                assertEquals("ab", output.receive().decodeToString())
                assertTrue(output.tryReceive().isFailure)
            }
        }

    @Test
    fun `a flow goes on after a call that was cancelled and ends with the store`() {
        val ended = CompletableDeferred<Boolean>()
        val next = Channel<String>()
        val home =
            Home {
                stdin(
                    flow {
                        try {
                            for (word in next) emit(word.bytes())
                        } finally {
                            ended.complete(true)
                        }
                    },
                )
            }
        runBlocking {
            assertNull(withTimeoutOrNull(20) { home.call("read", 8) })
            val sends = async { next.send("word") }
            assertEquals(4, home.call("read", 8))
            sends.await()
        }
        // Another loop, and then none.
        runBlocking {
            val sends = async(Dispatchers.Default) { next.send("more!") }
            assertEquals(5, home.call("read", 8))
            sends.await()
        }
        assertFalse(ended.isCompleted)
        home.close()
        runBlocking { withTimeout(10_000) { assertTrue(ended.await()) } }
    }

    @Test
    fun `closing the store ends a guest that waits`() =
        runBlocking {
            val given = CompletableDeferred<ByteArray>()
            val home = Home { stdinSuspending { given.await() } }
            val task = async { failure { home.call("read", 8) } }
            delay(10)
            home.close()
            given.complete("late".bytes())
            assertTrue(task.await() is WasmtimeException.Closed)
        }

    @Test
    fun `a time limit ends the guest when the stream has answered`() =
        runBlocking {
            Home(engine { epochInterruption = true }) {
                stdinSuspending {
                    delay(50)
                    "late".bytes()
                }
            }.use { home ->
                home.store.setTimeout(10.milliseconds)
                val error = failure { home.call("read", 8) } as WasmtimeException.Trap
                assertEquals(Interruption.TIME_LIMIT, error.interruption)
                home.store.setTimeout(null)
                // The piece is there for whoever reads next.
                assertEquals(4, home.callHere("read", 8))
            }
        }

    @Test
    fun `a guest that cannot wait fails`() =
        runBlocking {
            Home {
                stdin(flowOf("a".bytes()))
                stdoutSuspending { }
            }.use { home ->
                for (name in listOf("read", "write")) {
                    val error = assertThrows(WasmtimeException.Suspend::class.java) { home.callHere(name, 4) }
                    assertTrue("standard stream" in error.message.orEmpty(), error.message)
                }
                assertEquals(1, home.cat())
            }
        }

    @Test
    fun `guests of two stores read one stream one after the other`() =
        runBlocking {
            var isRead = false
            var count = 0
            val config =
                WasiConfig().stdinSuspending {
                    assertFalse(isRead)
                    isRead = true
                    delay(1)
                    isRead = false
                    if (count == 10) ByteArray(0) else "${count++}".bytes()
                }
            val homes = List(2) { granted(config) }

            suspend fun text(home: Home): String =
                buildString { while (home.call("read", 8) > 0) append(home.text(1)) }
            val found: List<Deferred<String>> = homes.map { home -> async { text(home) } }
            val texts = found.map { it.await() }
            assertEquals("0123456789", texts.joinToString("").toList().sorted().joinToString(""))
            assertTrue(texts.all { it.isNotEmpty() }, "$texts")
            // One that is cancelled in the line lets the others go on.
            val held = Channel<ByteArray>()
            val shared = WasiConfig().stdin(held)
            val (one, two, three) = List(3) { granted(shared) }.map { async { it.call("read", 8) } }
            delay(10)
            two.cancel()
            held.send("a".bytes())
            held.send("bc".bytes())
            assertEquals(setOf(1, 2), setOf(one.await(), three.await()))
        }

    @Test
    fun `what reads a stream may use the store but not read it again`() =
        runBlocking {
            lateinit var home: Home
            home =
                Home {
                    stdinSuspending {
                        // The error number is `badf`.
                        assertEquals(8, home.call("close", 77))
                        val error = failure { home.call("read", 8) }
                        assertTrue(
                            error is WasmtimeException.Busy && "this very coroutine" in error.message.orEmpty(),
                            "$error",
                        )
                        "abc".bytes()
                    }
                }
            assertEquals(3, home.call("read", 8))
            home.close()
        }

    @Test
    fun `a guest waits for room in a queue of threads`() {
        val queue = ArrayBlockingQueue<ByteArray>(1)
        Home(engine { epochInterruption = true }) { stdout(queue) }.use { home ->
            // Each of them is a piece: a synchronous call waits on its thread, and one that suspends does not.
            assertEquals(1, home.callHere("write", 1))
            home.store.setTimeout(30.milliseconds)
            val late = assertThrows(WasmtimeException.Trap::class.java) { home.callHere("write", 1) }
            assertEquals(Interruption.TIME_LIMIT, late.interruption)
            home.store.setTimeout(null)
            runBlocking {
                home.rests()
                val task = async { home.call("write", 1) }
                delay(20)
                assertFalse(task.isCompleted)
                assertEquals("h", queue.take().decodeToString())
                assertEquals(1, task.await())
                assertNull(withTimeoutOrNull(20) { home.call("write", 1) })
            }
            val reader = thread { repeat(2) { queue.take() } }
            assertEquals(1, home.callHere("write", 1))
            reader.join()
        }
    }

    @Test
    fun `the last way that was set counts`() =
        runBlocking {
            Home {
                stdinSuspending { awaitCancellation() }
                stdin("plain")
            }.use { assertEquals(5, it.callHere("read", 8)) }
            Home {
                stdin("plain")
                stdinSuspending { "abc".bytes() }
            }.use { assertEquals(3, it.call("read", 8)) }
        }
}
