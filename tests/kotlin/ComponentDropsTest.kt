package dev.trimaran.tests

import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import dev.trimaran.component.Instance
import dev.trimaran.component.Linker
import dev.trimaran.component.ResourceDrop
import dev.trimaran.component.ResourceType
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger

private const val OWNER = """(component (import "h" (type ${'$'}h (sub resource)))
  (core func ${'$'}drop (canon resource.drop ${'$'}h))
  (core module ${'$'}m (import "" "drop" (func ${'$'}drop (param i32)))
    (func (export "lose") (param i32) (call ${'$'}drop (local.get 0)))
    (func (export "take") (param i32) (result i32) (local.get 0))
    (func (export "one") (result i32) (i32.const 1)))
  (core instance ${'$'}m (instantiate ${'$'}m (with "" (instance (export "drop" (func ${'$'}drop))))))
  (func (export "lose") (param "h" u32) (canon lift (core func ${'$'}m "lose")))
  (func (export "take") (param "h" (own ${'$'}h)) (result u32) (canon lift (core func ${'$'}m "take")))
  (func (export "one") (result u32) (canon lift (core func ${'$'}m "one"))))"""

/** What is done with objects that guests have dropped. */
class ComponentDropsTest {
    private val engine = engine()

    private class Item {
        val dropped = AtomicInteger()
    }

    private inner class Owner(drop: ResourceDrop) {
        val store = Store(engine)
        val instance: Instance

        init {
            val linker = Linker(engine)
            linker.root().defineResource("h", ResourceType(drop))
            instance = linker.instantiate(store, Component(engine, OWNER))
        }

        fun call(name: String, vararg arguments: Any?): Any? = instance.func(store, name)(store, *arguments)
    }

    private fun drops() = ResourceDrop { (it as Item).dropped.incrementAndGet() }

    @Test
    fun `what it throws comes out of the call`() {
        val broken = IllegalStateException("broken")
        val guest = Owner { throw broken }
        val handle = guest.call("take", Item())
        assertSame(broken, runCatching { guest.call("lose", handle) }.exceptionOrNull())
        fails<WasmtimeException.Poisoned> { guest.call("one") }
    }

    @Test
    fun `what it throws at a close goes to the thread's handler`() {
        val seen = mutableListOf<Throwable>()
        val items = List(2) { Item() }
        val broken = IllegalStateException("broken")
        val thread =
            Thread {
                val guest =
                    Owner {
                        (it as Item).dropped.incrementAndGet()
                        throw broken
                    }
                items.forEach { guest.call("take", it) }
                guest.store.close()
                guest.store.close()
            }
        thread.setUncaughtExceptionHandler { _, error -> seen += error }
        thread.start()
        thread.join()
        assertEquals(listOf(broken, broken), seen)
        assertEquals(listOf(1, 1), items.map { it.dropped.get() })
    }

    @Test
    fun `it is called for a store that nobody closes`() {
        val item = Item()
        Owner(drops()).call("take", item)
        eventually("it is not called") { item.dropped.get() == 1 }
    }

    @Test
    fun `it calls no component and may close the store`() {
        val items = List(2) { Item() }
        var guest: Owner? = null
        var busy: Throwable? = null
        guest =
            Owner {
                (it as Item).dropped.incrementAndGet()
                if (it === items[0]) {
                    busy = runCatching { guest!!.call("one") }.exceptionOrNull()
                    guest!!.store.close()
                }
            }
        val handle = guest.call("take", items[0])
        guest.call("take", items[1])
        runCatching { guest.call("lose", handle) }
        assertEquals(listOf(1, 1), items.map { it.dropped.get() })
        fails<WasmtimeException.Closed> { guest.call("one") }
        assertTrue(busy is WasmtimeException.Busy && "a guest has dropped a resource of the host" in busy.toString())
    }

    @Test
    fun `each is dropped once while threads use and close the store`() {
        repeat(20) {
            val items = List(50) { Item() }
            val guest = Owner(drops())
            val started = CountDownLatch(1)
            val used =
                task {
                    items.takeWhile { item ->
                        val handle = runCatching { guest.call("take", item) }.getOrNull()
                        if (handle != null && items.indexOf(item) % 2 == 0) runCatching { guest.call("lose", handle) }
                        started.countDown()
                        handle != null
                    }.size
                }
            started.await()
            guest.store.close()
            val done = used.get()
            assertEquals(List(done) { 1 }, items.take(done).map { it.dropped.get() })
            assertEquals(true, items.all { it.dropped.get() <= 1 })
        }
    }

    @Test
    fun `a guest drops in a call that suspends`() {
        val item = Item()
        val guest = Owner(drops())
        runBlocking {
            val handle = guest.instance.func(guest.store, "take").callSuspend(guest.store, item)
            assertEquals(0, item.dropped.get())
            guest.instance.func(guest.store, "lose").callSuspend(guest.store, handle)
        }
        assertEquals(1, item.dropped.get())
    }
}
