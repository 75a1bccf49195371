package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Event
import dev.trimaran.EventKind
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.lang.ref.WeakReference
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread
import dev.trimaran.component.Linker as ComponentLinker

/** Events: what a listener is told, and that it changes nothing. */
class EventsTest {
    private val text =
        """(module ${'$'}sums
          (import "env" "tick" (func ${'$'}tick))
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "ticks") (call ${'$'}tick))
          (func (export "trap") unreachable))"""

    private val component =
        """(component
          (core module ${'$'}m (func (export "five") (result i32) (i32.const 5)))
          (core instance ${'$'}i (instantiate ${'$'}m))
          (func (export "five") (result u32) (canon lift (core func ${'$'}i "five"))))"""

    /** An engine, and what its listener was told. */
    private inner class Heard(calls: Boolean = false) {
        val engine: Engine = engine()
        val events = CopyOnWriteArrayList<Event>()
        val kinds get() = events.map { it.kind to it.name }

        init {
            engine.setListener(calls) { events += it }
        }

        fun instance(tick: () -> Unit = {}): Pair<Store, Instance> {
            val (module, store) = Module(engine, text) to Store(engine)
            val import =
                Func(store, FuncType(emptyList(), emptyList())) {
                    tick()
                    emptyList()
                }
            return store to Instance(store, module, listOf(import))
        }
    }

    private fun Pair<Store, Instance>.call(name: String, vararg given: Any) = second.func(first, name)(first, *given)

    @Test
    fun `a listener is told of modules, instances and traps`() {
        val heard = Heard()
        val guest = heard.instance()
        guest.call("add", 1, 2)
        assertThrows<WasmtimeException.Trap> { guest.call("trap") }
        val expected =
            listOf(EventKind.COMPILE to "sums", EventKind.INSTANTIATE to "sums", EventKind.TRAP to null)
        assertEquals(expected, heard.kinds)
        val (compiled, made, trapped) = heard.events
        assertEquals(text.length.toLong(), compiled.size)
        assertTrue(compiled.nanoseconds > 0 && compiled.error == null)
        assertTrue(compiled.toString().startsWith("compiled sums, ${text.length} bytes, in "), compiled.text)
        assertNull(made.size)
        assertEquals("a guest trapped: ${trapped.error}", trapped.toString())
    }

    @Test
    fun `what fails is told with its error`() {
        val heard = Heard()
        val refused = assertThrows<WasmtimeException.Compile> {
            Module(
                heard.engine,
                "\u0000asm".toByteArray() + byteArrayOf(1, 0, 0, 0, 11),
            )
        }
        assertEquals(refused.message, heard.events.single().error)
    }

    @Test
    fun `calls are told where they are wanted, awaited ones as well`() {
        val heard = Heard(calls = true)
        val guest = heard.instance()
        guest.call("add", 1, 2)
        assertThrows<WasmtimeException.Trap> { guest.call("trap") }
        val called = listOf(EventKind.CALL to "add", EventKind.CALL to "trap", EventKind.TRAP to null)
        assertEquals(called, heard.kinds.drop(2))
        val store = Store(heard.engine)
        val tick =
            Func.suspending(store, FuncType(emptyList(), emptyList())) {
                delay(10)
                emptyList()
            }
        val instance = Instance(store, Module(heard.engine, text), listOf(tick))
        runBlocking { instance.func(store, "ticks").callSuspend(store) }
        val event = heard.events.last()
        assertEquals(EventKind.CALL to "ticks", event.kind to event.name)
        assertTrue(event.nanoseconds >= 10_000_000)
    }

    @Test
    fun `a trap that a host function catches is not told`() {
        val heard = Heard(calls = true)
        lateinit var guest: Pair<Store, Instance>
        guest = heard.instance { assertThrows<WasmtimeException.Trap> { guest.call("trap") } }
        guest.call("ticks")
        assertEquals(listOf(EventKind.CALL to "trap", EventKind.CALL to "ticks"), heard.kinds.drop(2))
    }

    @Test
    fun `components are told`() {
        val heard = Heard(calls = true)
        val store = Store(heard.engine)
        val made = ComponentLinker(heard.engine).instantiate(store, Component(heard.engine, component))
        assertEquals(5u, made.func(store, "five")(store))
        val expected = listOf(EventKind.COMPILE to null, EventKind.INSTANTIATE to null, EventKind.CALL to "five")
        assertEquals(expected, heard.kinds)
    }

    @Test
    fun `what a listener throws changes nothing`() {
        val uncaught = CopyOnWriteArrayList<Throwable>()
        val problem = IllegalStateException("no room")
        val work =
            Thread {
                val heard = Heard()
                heard.engine.setListener(calls = true) { throw problem }
                heard.instance().call("add", 1, 2)
            }
        work.setUncaughtExceptionHandler { _, thrown -> uncaught += thrown }
        work.start()
        work.join()
        assertEquals(List(3) { problem }, uncaught)
    }

    @Test
    fun `a listener may use the engine and is not told of that`() {
        val heard = Heard()
        heard.engine.setListener(calls = true) {
            heard.events += it
            val store = Store(heard.engine)
            val module = Module(heard.engine, """(module (func (export "five") (result i32) (i32.const 5)))""")
            assertEquals(5, Instance(store, module, emptyList()).func(store, "five")(store))
        }
        heard.instance().call("add", 1, 2)
        assertEquals(3, heard.events.size)
    }

    @Test
    fun `one listener takes the place of the other`() {
        val (heard, others) = Heard() to CopyOnWriteArrayList<Event>()
        heard.engine.setListener { others += it }
        heard.instance()
        assertEquals(0 to 2, heard.events.size to others.size)
        heard.engine.removeListener()
        heard.engine.removeListener()
        heard.instance()
        assertEquals(2, others.size)
    }

    @Test
    fun `two threads at once`() {
        val heard = Heard(calls = true)
        val threads =
            List(2) {
                thread {
                    val guest = heard.instance()
                    repeat(200) { guest.call("add", 1, 2) }
                }
            }
        threads.forEach { it.join() }
        assertEquals(400, heard.kinds.count { it == EventKind.CALL to "add" })
        assertEquals(404, heard.events.size)
    }

    @Test
    fun `the end of an engine lets go of its listener`() {
        val engine = engine()
        val held = WeakReference(set(engine))
        engine.close()
        repeat(100) {
            if (held.get() == null) return
            System.gc()
            Thread.sleep(10)
        }
        assertNull(held.get())
    }

    /** A listener that nobody but the engine has. */
    private fun set(engine: Engine): MutableList<Event> {
        val events = CopyOnWriteArrayList<Event>()
        engine.setListener { events += it }
        return events
    }

    @Test
    fun `a closed engine takes no listener`() {
        val engine = engine().also { it.close() }
        assertThrows<WasmtimeException.Closed> { engine.setListener { } }
        assertThrows<WasmtimeException.Closed> { engine.removeListener() }
    }
}
