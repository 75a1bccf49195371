package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.callSuspend
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The examples of guests that wait in the comments of the sources, word for word, as [DocsTest] has the others. */
class AsyncDocsTest {
    private val engine = engine()
    private val store = Store(engine)
    private val module =
        Module(
            engine,
            """(module (import "host" "fetch" (func ${'$'}fetch (param i32) (result i32)))
              (func (export "run") (param i32) (result i32) (call ${'$'}fetch (local.get 0))))""",
        )

    @Suppress("ktlint:standard:class-naming")
    private object http {
        suspend fun fetch(id: Int): Int {
            delay(1.milliseconds)
            return 41 + id
        }
    }

    private fun answer(run: Func): Int =
        runBlocking {
            val total = withTimeout(5.seconds) { run.callSuspend(store, 1) as Int }
            total
        }

    @Test
    fun `a host function that suspends`() {
        val fetch = Func.suspending(store, FuncType(listOf(ValType.I32), listOf(ValType.I32))) { (id) ->
            listOf(Val.I32(http.fetch(id.asInt())))
        }
        assertEquals(42, answer(Instance(store, module, listOf(fetch)).func(store, "run")))
    }

    @Test
    fun `a host function with types that suspends`() {
        val fetch = Func.wrapSuspending(store) { id: Int -> http.fetch(id) }
        assertEquals(42, answer(Instance(store, module, listOf(fetch)).func(store, "run")))
    }

    @Test
    fun `one of a linker`() {
        val linker = Linker(engine)
        linker.wrapSuspending("host", "fetch") { id: Int -> http.fetch(id) }
        assertEquals(42, answer(linker.instantiate(store, module).func(store, "run")))
    }
}
