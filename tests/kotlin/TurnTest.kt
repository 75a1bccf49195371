package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.util.Collections
import java.util.concurrent.TimeUnit

/** Turns: many calls into a store, with no other thread between them. */
class TurnTest {
    private val guest =
        Guest("""(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))""")
    private val store = guest.store
    private val add = guest.exports.func("add").typed<(Int, Int) -> Int>(store)

    private fun anotherThreadEnters() = assertEquals(3, task { add(store, 1, 2) }.get(20, TimeUnit.SECONDS))

    @Test
    fun `no other thread comes between the calls of a turn`() {
        val order = Collections.synchronizedList(mutableListOf<String>())
        val others =
            store.inTurn {
                val others = List(3) { task { add(store, 1, 2).also { order += "other" } } }
                repeat(200) { number ->
                    assertEquals(number + 1, add(store, number, 1))
                    Thread.sleep(0, 100_000)
                }
                order += "mine"
                others
            }
        others.forEach { it.get(20, TimeUnit.SECONDS) }
        assertEquals(listOf("mine", "other", "other", "other"), order)
    }

    @Test
    fun `turns lie in each other, in a host function and beside`() {
        val host = Func.wrap(store) { number: Int -> store.inTurn { add(store, number, number) } }
        val double = host.typed<(Int) -> Int>(store)
        assertEquals(18, store.inTurn { store.inTurn { double(store, 4) } + double(store, 5) })
        anotherThreadEnters()
    }

    @Test
    fun `what is thrown ends the turn`() {
        val thrown = IllegalStateException("mine")
        assertEquals(thrown, fails<IllegalStateException> { store.inTurn { throw thrown } })
        anotherThreadEnters()
    }

    @Test
    fun `a store is closed in a turn`() {
        store.inTurn {
            store.close()
            fails<WasmtimeException.Closed> { add(store, 1, 2) }
        }
        fails<WasmtimeException.Closed> { store.inTurn { } }
    }
}
