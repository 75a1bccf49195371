package dev.trimaran.tests

import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.CodePoint
import dev.trimaran.component.Component
import dev.trimaran.component.ResultException
import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.component.bindings.isSame
import dev.trimaran.tests.counting.Counting
import dev.trimaran.tests.counting.exports.counters.Counter
import dev.trimaran.tests.counting.exports.counters.Error
import dev.trimaran.tests.counting.exports.counters.ErrorException
import dev.trimaran.tests.values.Bag
import dev.trimaran.tests.values.Color
import dev.trimaran.tests.values.ColorException
import dev.trimaran.tests.values.Person
import dev.trimaran.tests.values.Shape
import dev.trimaran.tests.values.Values
import dev.trimaran.tests.waiting.Asking
import dev.trimaran.tests.waiting.AskingImports
import dev.trimaran.tests.waiting.imports.host.Host
import dev.trimaran.tests.waiting.imports.host.Sink
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.assertThrows

/** Generated bindings with functions that wait: the twins of what a component has, and hosts that suspend. */
@Timeout(60)
class BindingsAsyncTest {
    private val engine = engine()

    private fun <R> asking(host: Waiting = Waiting(), use: suspend (Asking) -> R): R =
        Store(engine).use { store ->
            runBlocking { use(Asking.instantiateSuspend(store, Component(engine, ASKS), host)) }
        }

    private fun failure(call: suspend () -> Unit): Throwable? = runBlocking { runCatching { call() }.exceptionOrNull() }

    @Test
    fun `every function of a component has a twin`() {
        Store(engine).use { store ->
            runBlocking {
                val component = Component(engine, moduleText("component_counters"))
                val counters = Counting.instantiateSuspend(store, component).counters
                val counter = Counter.createSuspend(counters, 40u)
                assertEquals(listOf(41u, 42u), listOf(counter.nextSuspend(), counter.next()))
                Counter.createSuspend(counters, start = 8u).use { other ->
                    Counter.mergeSuspend(counters, counter, other).use { merged ->
                        assertEquals(51u, merged.nextSuspend())
                        assertFalse(counter.isAlive)
                        assertTrue(failure { counter.nextSuspend() } is WasmtimeException.Closed)
                    }
                }
                assertEquals(2u, counters.droppedSuspend())
                assertEquals(4u, counters.evenSuspend(number = 4u))
                assertEquals(Error.ODD, (failure { counters.evenSuspend(3u) } as ErrorException).value)
            }
        }
    }

    @Test
    @OptIn(GeneratedBindings::class)
    fun `values of twins go both ways`() {
        Store(engine).use { store ->
            val world = Values.instantiate(store, Component(engine, forwarding()), ValuesHost())
            runBlocking {
                assertEquals(UInt.MAX_VALUE, world.giveU32Suspend(UInt.MAX_VALUE))
                assertEquals(CodePoint(0x1F600), world.giveCharSuspend(CodePoint(0x1F600)))
                val texts = listOf("", "x".repeat(5000))
                assertEquals(texts, world.giveStringsSuspend(texts))
                val bag = Bag(1u, "it", ByteArray(5000), listOf(byteArrayOf(), byteArrayOf(2)), Person(-1, "Ada"))
                assertTrue(isSame(bag, world.giveBagSuspend(bag)))
                val shapes = listOf(Shape.Circle(0.25), Shape.None, Shape.List(doubleArrayOf(1.0)))
                assertTrue(isSame(shapes, world.giveShapesSuspend(shapes)))
                assertEquals("even", world.giveNamedSuspend(2u))
                world.givePlainSuspend(2u)
            }
            assertEquals(Color.LIGHT_GREEN, (failure { world.giveNamedSuspend(1u) } as ColorException).value)
            assertEquals(listOf("odd", "1"), (failure { world.giveTextsSuspend(1u) } as ResultException).value)
            assertNull((failure { world.givePlainSuspend(1u) } as ResultException).value)
            val misfit = failure { world.giveStringsSuspend(listOf("a", "\uD800")) }
            assertEquals("argument 1: element 1", misfit?.message.orEmpty().substringBeforeLast(": "))
            val other = failure { world.giveCharSuspend(CodePoint(0xD800)) }
            assertTrue(other is WasmtimeException.Range, "$other")
            assertEquals("there", world.giveString("there"))
        }
    }

    @Test
    fun `a host suspends`() {
        asking { assertEquals(107u, it.runSuspend(5u)) }
    }

    @Test
    fun `what is declared becomes the error, and all else comes out`() {
        asking { world ->
            assertEquals(listOf(1000u, 200u), listOf(world.checkedSuspend(1u), world.checkedSuspend(200u)))
        }
        for (error in listOf(ResultException("text"), IllegalStateException(), OutOfMemoryError("x"))) {
            asking(Waiting(error)) { world -> assertSame(error, failure { world.checkedSuspend(1u) }) }
        }
    }

    @Test
    fun `a call that does not suspend fails`() {
        Store(engine).use { store ->
            val world = Asking.instantiate(store, Component(engine, ASKS), Waiting())
            assertThrows<WasmtimeException.Suspend> { world.run(5u) }
        }
    }

    @Test
    fun `a component is cancelled while it waits`() {
        val host = Waiting()
        asking(host) { world ->
            runBlocking {
                val job = launch { world.checkedSuspend(9u) }
                host.asked.await()
                job.cancelAndJoin()
                assertTrue(job.isCancelled)
            }
            // As after a trap.
            assertTrue(failure { world.checkedSuspend(1u) } is WasmtimeException.Poisoned)
        }
    }

    @Test
    fun `bindings of another component are refused`() {
        val component = Component(engine, ASKS.replace("(error u8)", "(error s8)"))
        Store(engine).use { store ->
            val error = failure { Asking.instantiateSuspend(store, component, Waiting()) }
            assertTrue(error is WasmtimeException.Link && "were made for u8" in error.message.orEmpty(), "$error")
        }
    }

    private companion object {
        val ASKS = moduleText("component_asks")
    }

    private class Total(private var total: UInt) : Sink {
        override suspend fun put(number: UInt): UInt {
            yield()
            total += number
            return total
        }
    }

    private class Waiting(private val throws: Throwable? = null) :
        AskingImports,
        Host {
        val asked = CompletableDeferred<Unit>()

        override val host: Host
            get() = this

        override suspend fun newSink(start: UInt): Sink = Total(start).also { yield() }

        override suspend fun sinkLimit(): UInt = 100u

        override suspend fun check(number: UInt) {
            asked.complete(Unit)
            if (number == 9u) awaitCancellation()
            yield()
            throws?.let { throw it }
            if (number > 9u) throw ResultException(number.toUByte())
        }
    }
}
