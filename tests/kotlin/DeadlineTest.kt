package dev.trimaran.tests

import dev.trimaran.Interruption
import dev.trimaran.Store
import dev.trimaran.TrapCode
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import java.time.Duration as JavaDuration

/** Deadlines: a time limit for all calls of one thread. */
class DeadlineTest {
    private val engine = engine { epochInterruption = true }

    @Test
    fun `a deadline covers all calls of its thread`() {
        val spinner = Spinner(engine)
        val store = spinner.store
        val first =
            store.withDeadline(200.milliseconds) {
                spinner.goesOn()
                val end = fails<WasmtimeException.TimeLimit> { spinner.spin(store) }
                fails<WasmtimeException.TimeLimit> { spinner.goesOn() }
                task { spinner.goesOn() }.get()
                end
            }
        assertEquals(TrapCode.INTERRUPT to Interruption.TIME_LIMIT, first.code to first.interruption)
        assertTrue(first.message.startsWith("wasm trap: interrupt: its time limit has passed"), first.message)
        spinner.goesOn()
        // The earliest counts, in both orders, beside the time of each run as well.
        store.setTimeout(60.seconds)
        store.withDeadline(JavaDuration.ofMillis(50)) {
            store.withDeadline(60.seconds) { fails<WasmtimeException.TimeLimit> { spinner.spin(store) } }
        }
        store.withDeadline(60.seconds) {
            store.withDeadline(50.milliseconds) { fails<WasmtimeException.TimeLimit> { spinner.spin(store) } }
            spinner.goesOn()
        }
        store.setTimeout(50.milliseconds)
        store.withDeadline(60.seconds) { fails<WasmtimeException.TimeLimit> { spinner.spin(store) } }
        fails<WasmtimeException.Range>("the deadline is -1 ms: expected 0 or more") {
            store.withDeadline((-1).milliseconds) { }
        }
        fails<WasmtimeException.Config> { Store(engine()).withDeadline(1.seconds) { } }
        val thrown = IllegalStateException("mine")
        assertEquals(thrown, runCatching { store.withDeadline(1.seconds) { throw thrown } }.exceptionOrNull())
    }

    @Test
    fun `a deadline and an interrupt end waiting for the store`() {
        val spinner = Spinner(engine)
        val store = spinner.store
        val spinning = task { fails<WasmtimeException.Trap> { spinner.spin(store) } }
        spinner.begun.await()
        store.withDeadline(100.milliseconds) { fails<WasmtimeException.TimeLimit> { spinner.goesOn() } }
        for (way in listOf({ spinner.goesOn() }, { store.gc() })) {
            val waits = CountDownLatch(1)
            val end =
                interrupted(waits) {
                    waits.countDown()
                    way()
                }
            assertTrue(end is InterruptedException, "$end")
        }
        assertFalse(spinning.isDone)
        assertTrue(store.interruptHandle().interrupt())
        assertEquals(Interruption.HANDLE, spinning.get().interruption)
        spinner.goesOn()
    }

    @Test
    fun `a deadline and an interrupt end waiting to close a store`() {
        for (isInterrupt in listOf(true, false)) {
            val spinner = Spinner(engine)
            val store = spinner.store
            val handle = store.interruptHandle()
            val spinning = task { fails<WasmtimeException.Trap> { spinner.spin(store) } }
            spinner.begun.await()
            if (isInterrupt) {
                val waits = CountDownLatch(1)
                val end =
                    interrupted(waits) {
                        waits.countDown()
                        store.close()
                    }
                assertTrue(end is InterruptedException, "$end")
            } else {
                store.withDeadline(100.milliseconds) { fails<WasmtimeException.TimeLimit> { store.close() } }
            }
            assertTrue(store.isClosed)
            assertFalse(spinning.isDone)
            assertTrue(handle.interrupt())
            assertEquals(Interruption.HANDLE, spinning.get().interruption)
            fails<WasmtimeException.Closed> { spinner.goesOn() }
            store.close()
        }
    }

    @Test
    fun `a handle between the calls of a deadline ends the later ones`() {
        val spinner = Spinner(engine)
        val handle = spinner.store.interruptHandle()
        spinner.store.withDeadline(Duration.INFINITE) {
            spinner.goesOn()
            assertTrue(handle.interrupt())
            repeat(2) {
                val end = fails<WasmtimeException.Trap> { spinner.goesOn() }
                assertEquals(Interruption.HANDLE, end.interruption)
            }
        }
        assertFalse(handle.interrupt())
        spinner.goesOn()
    }
}
