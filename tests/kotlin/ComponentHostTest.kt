package dev.trimaran.tests

import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import dev.trimaran.component.Linker
import dev.trimaran.component.Resource
import dev.trimaran.component.ResourceType
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.ref.WeakReference
import java.util.concurrent.CountDownLatch

/** Host functions and resources of components. */
class ComponentHostTest {
    private val engine = engine()

    private fun Linker.host(g: (Store, UInt) -> Any?) {
        root().func("f") { (text) -> (text as String).length }
        root().func("g") { (number) -> g(store, number as UInt) }
    }

    @Test
    fun `a host function takes values and gives one`() {
        val guest = ComponentGuest(CALLS_HOST, engine) { host { _, number -> number + 1u } }
        assertEquals(8u, guest.call("number", 7))
        for (length in listOf(0, 3, 1023, 1024, 100_000)) {
            assertEquals(length.toUInt(), guest.call("text", "x".repeat(length)))
        }
    }

    @Test
    fun `what it throws is what the call throws`() {
        val thrown = IllegalStateException("no")
        val guest = ComponentGuest(CALLS_HOST, engine) { host { _, _ -> throw thrown } }
        assertSame(thrown, fails<IllegalStateException> { guest.call("number", 7) })
        fails<WasmtimeException.Poisoned> { guest.call("number", 7) }
    }

    @Test
    fun `a result that does not fit is refused by its name`() {
        val guest = ComponentGuest(CALLS_HOST, engine) { host { _, _ -> "x" } }
        fails<WasmtimeException.Type>("`g`: result: expected a u32, found a String") { guest.call("number", 7) }
        val other = ComponentGuest(CALLS_HOST, engine) { host { _, _ -> -1 } }
        fails<WasmtimeException.Range>("`g`: result: -1 does not fit a u32: expected 0 to 4294967295") {
            other.call("number", 7)
        }
    }

    @Test
    fun `what a lambda ends with is dropped where the type has no result`() {
        val seen = ArrayList<Any?>()
        val plain = ComponentGuest(TELLS_HOST, engine) { root().func("h") { (number) -> seen.add(number) } }
        assertNull(plain.call("run", 7))
        val thing = Any()
        val guest =
            ComponentGuest(KEEPS_HOSTS, engine) {
                root().defineResource("thing")
                root().func("see") { (thing) -> seen.add(thing) }
            }
        guest.call("keep", thing)
        guest.call("use")
        assertEquals(listOf(7u, thing), seen)
        // It may be called again.
        plain.call("run", 8)
        guest.call("use")
    }

    @Test
    fun `a host function calls other components, to any depth`() {
        val inner = ComponentGuest(CALLS_HOST, engine) { host { _, number -> number } }
        val text = ComponentGuest(echo("string"), engine)
        val guest =
            ComponentGuest(CALLS_HOST, engine) {
                host { _, number ->
                    assertEquals("é$number", text.call("run", "é$number"))
                    (inner.call("number", number) as UInt) + (inner.call("text", "xyz") as UInt)
                }
            }
        assertEquals(10u, guest.call("number", 7))
        var again: (() -> Any?)? = null
        val busy = ComponentGuest(CALLS_HOST, engine) { host { _, _ -> again!!() } }
        again = { busy.call("number", 1) }
        fails<WasmtimeException.Busy> { busy.call("number", 7) }
    }

    @Test
    fun `one that has its store or its linker is no leak`() {
        fun make(): List<WeakReference<Any>> {
            val store = Store(engine)
            val linker = Linker(engine)
            val captured = Any()
            linker.host { _, number -> if (store.isClosed || linker.allowShadowing) captured.hashCode() else number }
            val instance = linker.instantiate(store, Component(engine, CALLS_HOST))
            assertEquals(7u, instance.func(store, "number")(store, 7))
            return listOf(store, linker, captured, instance).map { WeakReference(it) }
        }
        val made = List(3) { make() }.flatten()
        eventually("the store, or what its functions have, is not collected") { made.all { it.get() == null } }
    }

    @Test
    fun `it lives as long as the guests that call it`() {
        fun make(): Pair<ComponentGuest, WeakReference<Any>> {
            val captured = Any()
            val guest = ComponentGuest(CALLS_HOST, engine) { host { _, number -> number.also { captured.hashCode() } } }
            return guest to WeakReference(captured)
        }

        fun run(): Pair<WeakReference<Any>, Store> {
            val (guest, captured) = make()
            val (store, func) = guest.store to guest.func("number")
            guest.linker.close()
            System.gc()
            assertEquals(7u, func(store, 7))
            return captured to store
        }
        val (captured, store) = run()
        store.close()
        eventually("what it has is not collected") { captured.get() == null }
    }

    @Test
    fun `garbage is collected while components run`() {
        List(2) {
            task {
                repeat(20) {
                    val guest =
                        ComponentGuest(CALLS_HOST, engine) { host { _, number -> number.also { System.gc() } } }
                    assertEquals(3u, guest.call("number", 3))
                }
            }
        }.forEach { it.get() }
    }

    @Test
    fun `a resource is closed once and its destructor runs`() {
        val guest = ComponentGuest(RESOURCES, engine)
        val (make, get, dropped) = listOf("make", "get", "dropped").map(guest::func)
        val store = guest.store
        val resource = make(store, 7) as Resource
        resource.use {
            assertTrue(it.isOwned && it.isAlive)
            assertEquals(7u, get(store, it))
            assertEquals(guest.instance.resource(store, "r"), it.type)
            assertNotEquals(ResourceType(), it.type)
            fails<WasmtimeException.WrongStore> { it.drop(Store(engine)) }
        }
        resource.close()
        assertFalse(resource.isAlive)
        assertEquals(1u, dropped(store))
        fails<WasmtimeException.Closed> { get(store, resource) }
        fails<WasmtimeException.Type>("argument 1: expected a resource, found a String") { get(store, "none") }
        fails<WasmtimeException.Type>("argument 1: expected a resource, found null") { get(store, null) }
        val last = make(store, 1) as Resource
        store.close()
        last.close()
    }

    @Test
    fun `a resource closes quietly once no guest of its store runs`() {
        val trapping = RESOURCES.replace("(param i32) (global.set", "(param i32) unreachable (global.set")
        val guest = ComponentGuest(trapping, engine)
        val (first, second, third) = List(3) { guest.call("make", it) as Resource }
        fails<WasmtimeException.Trap> { first.close() }
        second.close()
        fails<WasmtimeException.Poisoned> { third.drop(guest.store) }
        val other = ComponentGuest(trapping, engine)
        val last = other.call("make", 1) as Resource
        other.store.close()
        assertFalse(last.isAlive)
        last.close()
    }

    @Test
    fun `a resource that nobody has is dropped at a later use`() {
        val guest = ComponentGuest(RESOURCES, engine)
        repeat(3) { guest.call("make", it) }
        eventually("the destructors do not run") { guest.call("dropped") == 3u }
    }

    @Test
    fun `an object of the host is a resource`() {
        var seen: Any? = null
        val guest =
            ComponentGuest(KEEPS_HOSTS, engine) {
                root().defineResource("thing")
                root().func("see") { (thing) -> seen = thing }
            }

        fun keep(): WeakReference<Any> {
            val thing = Any()
            guest.call("keep", thing)
            return WeakReference(thing)
        }
        val thing = keep()
        System.gc()
        guest.call("use")
        assertSame(thing.get(), seen)
        seen = null
        assertSame(thing.get(), guest.call("give"))
        eventually("the guest keeps what it gave away") { thing.get() == null }
    }

    @Test
    fun `two threads take turns, and a close waits for the call`() {
        val (entered, go) = CountDownLatch(1) to CountDownLatch(1)
        val guest =
            ComponentGuest(CALLS_HOST, engine) {
                host { _, number ->
                    if (number == 1u) {
                        entered.countDown()
                        go.await()
                    }
                    number
                }
            }
        val func = guest.func("number")
        val first = task { assertEquals(1u, func(guest.store, 1)) }
        entered.await()
        val others = List(2) { task { repeat(50) { assertEquals(2u, func(guest.store, 2)) } } }
        go.countDown()
        (others + first).forEach { it.get() }
        val closing = ComponentGuest(CALLS_HOST, engine) { host { store, number -> number.also { store.close() } } }
        val last = closing.func("number")
        assertEquals(7u, last(closing.store, 7))
        fails<WasmtimeException.Closed> { last(closing.store, 7) }
    }
}
