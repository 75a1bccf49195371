// A guest that waits for its host: two of them at once, on one thread.

import dev.trimaran.Engine
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.callSuspend
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.milliseconds

// Asks for the squares of 1, 2 and 3, and adds them.
private const val TEXT =
    """(module
      (import "host" "fetch" (func ${'$'}fetch (param i32) (result i32)))
      (func (export "run") (result i32)
        (i32.add (i32.add (call ${'$'}fetch (i32.const 1)) (call ${'$'}fetch (i32.const 2)))
          (call ${'$'}fetch (i32.const 3))))
      (func (export "answer") (result i32) (i32.const 42)))"""

fun main() =
    runBlocking {
        val engine = Engine()
        val module = Module(engine, TEXT)
        val linker = Linker(engine)
        linker.wrapSuspending("host", "fetch") { number: Int ->
            delay(10)
            number * number
        }
        // A store for each: the guests of one store wait for each other.
        val guests =
            listOf("A", "B").map { name ->
                val store = Store(engine)
                val run = linker.instantiate(store, module).func(store, "run").typed<() -> Int>(store)
                async { println("guest $name: ${run.callSuspend(store)}") }
            }
        guests.forEach { it.await() }

        val slow = Linker(engine)
        slow.wrapSuspending("host", "fetch") { _: Int -> awaitCancellation() }
        val store = Store(engine)
        val instance = slow.instantiate(store, module)
        val found = withTimeoutOrNull(50.milliseconds) { instance.func(store, "run").callSuspend(store) }
        println("cancelled: ${if (found == null) "yes" else "no"}")
        println("store usable: ${instance.func(store, "answer").typed<() -> Int>(store).callSuspend(store)}")
    }
