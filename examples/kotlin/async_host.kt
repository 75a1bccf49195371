// Runs guests that wait for a suspending host function: two at once, and one that is cancelled while it waits.

import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.callSuspend
import dev.trimaran.invoke
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.milliseconds

private const val GUEST = """
(module
  (import "env" "fetch" (func ${'$'}fetch (param i32) (result i32)))
  (func (export "sum") (param ${'$'}count i32) (result i32) (local ${'$'}sum i32)
    (loop ${'$'}next
      (local.set ${'$'}sum (i32.add (local.get ${'$'}sum) (call ${'$'}fetch (local.get ${'$'}count))))
      (br_if ${'$'}next (local.tee ${'$'}count (i32.sub (local.get ${'$'}count) (i32.const 1)))))
    (local.get ${'$'}sum))
  (func (export "answer") (result i32) (i32.const 42)))"""

private class Guest(val store: Store, instance: Instance) {
    private val sum = instance.func(store, "sum").typed<(Int) -> Int>(store)
    private val answer = instance.func(store, "answer").typed<() -> Int>(store)

    suspend fun sum(count: Int): Int = sum.callSuspend(store, count)

    fun answer(): Int = answer(store)
}

fun main() =
    runBlocking {
        val engine = Engine()
        val linker = Linker(engine)
        linker.wrapSuspending("env", "fetch") { number: Int ->
            // The guest waits, and the other one goes on.
            delay(10)
            number * number
        }
        val module = Module(engine, GUEST)
        val (a, b) = List(2) { Store(engine).let { store -> Guest(store, linker.instantiate(store, module)) } }
        val (first, second) = listOf(a, b).map { guest -> async { guest.sum(3) } }
        println("guest A: ${first.await()}")
        println("guest B: ${second.await()}")

        val found = withTimeoutOrNull(50.milliseconds) { a.sum(1000) }
        println("cancelled: ${if (found == null) "yes" else "no"}")
        println("store usable: ${a.answer()}")
    }
