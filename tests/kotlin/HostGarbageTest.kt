package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Global
import dev.trimaran.GlobalType
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Test
import java.lang.ref.WeakReference

private val I32 = ValType.I32

/** Host functions and Java's garbage collector. */
class HostGarbageTest {
    private val engine = engine()
    private val store = Store(engine)

    /** What a guest exports that imports these functions. */
    private fun guest(text: String, vararg imports: Func, store: Store = this.store) =
        Instance(store, Module(engine, text), imports.asList()).exports(store)

    @Test
    fun `a function that has its store is no leak`() {
        fun make(): List<WeakReference<Any>> {
            val store = Store(engine)
            val captured = Any()
            val wrapped = Func.wrap<Int>(store) { if (store.isClosed) 0 else captured.hashCode() }
            val checked = Func(store, FuncType()) { listOf<Val>().also { check(!store.isClosed && captured != store) } }
            wrapped(store)
            checked(store)
            Global(store, GlobalType(I32, true), Val.I32(1))
            return listOf(store, captured, wrapped, checked).map { WeakReference(it) }
        }
        val made = List(3) { make() }.flatten()
        eventually("the store or what its functions have is not collected") { made.all { it.get() == null } }
    }

    @Test
    fun `close lets go of what functions have`() {
        fun make(): Pair<Func, WeakReference<Any>> {
            val captured = Any()
            return Func.wrap<Int>(store) { captured.hashCode() } to WeakReference(captured)
        }
        val (func, captured) = make()
        func(store)
        System.gc()
        assertNotNull(captured.get())
        func(store)
        store.close()
        eventually("what it has is not collected") { captured.get() == null }
        fails<WasmtimeException.Closed> { func(store) }
    }

    @Test
    fun `garbage is collected while callbacks run`() {
        val text =
            """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
              (import "host" "g" (func ${'$'}g (param i32) (result i32)))
              (func (export "f") (param i32) (result i32) (call ${'$'}g (call ${'$'}f (local.get 0)))))"""

        fun work(round: Int) {
            val store = Store(engine)
            val wrapped = Func.wrap(store) { a: Int -> a.also { System.gc() } + 1 }
            val checked =
                Func(store, FuncType(listOf(I32), listOf(I32))) { (a) ->
                    System.gc()
                    listOf(Val.I32(a.asInt() * 2))
                }
            assertEquals(2 * (round + 1), guest(text, wrapped, checked, store = store).func("f")(store, round))
        }
        List(2) { task { repeat(25) { work(it) } } }.forEach { it.get() }
    }

    @Test
    fun `nothing that a call needs is collected before it is over`() {
        val text =
            """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
              (func (export "f") (param i32) (result i32) (call ${'$'}f (local.get 0))))"""
        var watched = listOf<WeakReference<Any>>()
        var lost = 0

        // The caller has nothing but what is given to the call, and compiled code forgets that at once.
        fun call(collects: Int) {
            val store = Store(engine)
            val collect =
                Func.wrap(store) { a: Int ->
                    repeat(a) {
                        System.gc()
                        lost += watched.count { it.get() == null }
                    }
                    a
                }
            val func = guest(text, collect, store = store).func("f")
            watched = listOf(store, func, func.raw, store.raw).map { WeakReference(it) }
            val typed = func.typed<(Int) -> Int>(store)
            assertEquals(collects, typed(store, collects))
        }
        repeat(2_000) { call(0) }
        repeat(10) { call(2) }
        assertEquals(0, lost)
    }

    @Test
    fun `a call of a host function allocates nothing`() {
        val many =
            guest(
                """(module (import "host" "f" (func ${'$'}f (param i32 f64) (result i32)))
                  (func (export "many") (param i32) (result i32) (local i32)
                    (loop ${'$'}again
                      (local.set 1 (call ${'$'}f (local.get 1) (f64.const 1)))
                      (br_if ${'$'}again (i32.lt_s (local.get 1) (local.get 0))))
                    (local.get 1)))""",
                Func.wrap(store) { a: Int, b: Double -> a + b.toInt() },
            ).func("many").typed<(Int) -> Int>(store)
        allocatesNothing("callbacks", rounds = 10, times = 100_000) { many(store, 100_000) }
    }
}
