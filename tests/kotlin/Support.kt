package dev.trimaran.tests

import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.internal.View
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeFalse
import org.junit.jupiter.api.assertThrows
import java.lang.management.ManagementFactory
import java.nio.file.Path

/** The folder of the whole project. */
val root: Path = Path.of(System.getProperty("trimaran.root")).normalize()

/** A configuration for the target under test. */
fun config(): Config = Config().apply { target = System.getenv("TRIMARAN_TEST_TARGET") }

/** An engine for the target under test. */
fun engine(configure: Config.() -> Unit = {}): Engine = Engine(config().apply(configure))

/** Skips the test where the target under test has no threads. */
fun needsThreads() = assumeFalse(engine().use { it.isPulley }, "wasmtime has no threads in the interpreter")

/** A store in an engine of its own. */
fun store(configure: Config.() -> Unit = {}): Store = Store(engine(configure))

/** A memory in a store of its own. */
class Room(min: Long = 1, max: Long? = 10) {
    val store = store()
    val memory = Memory(store, MemoryType(Limits(min, max)))
}

/** An instance, from text, in a store of its own. */
class Guest(text: String, configure: Config.() -> Unit = {}) {
    val engine = engine(configure)
    val store = Store(engine)
    val instance = Instance(store, Module(engine, text))
    val exports = instance.exports(store)

    fun call(name: String, vararg arguments: Any?): Any? = exports.func(name)(store, *arguments)
}

/** Fails unless [work] fails with [T] and, where it is given, this sentence. */
inline fun <reified T : Throwable> fails(text: String? = null, crossinline work: () -> Unit): T {
    val error = assertThrows<T> { work() }
    text?.let { assertEquals(it, error.message) }
    return error
}

/** Collects garbage until a view is closed, which nobody has any more. */
internal fun collected(closing: View.Closing) = eventually("the view is not closed") { closing.isDone }

/** Collects garbage until [done]. */
fun eventually(problem: String, done: () -> Boolean) {
    repeat(500) {
        if (done()) return
        System.gc()
        Thread.sleep(2)
    }
    throw AssertionError(problem)
}

/** Fails where [work], which does something [times] times, allocates for each: it is done in [rounds]. */
inline fun allocatesNothing(what: String, rounds: Int, times: Int = 1, work: (Int) -> Int) {
    val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
    val thread = Thread.currentThread().id
    var sum = 0
    // It is compiled code that allocates nothing, and when it is ready depends on the machine.
    val isFree =
        (1..20).any {
            val before = threads.getThreadAllocatedBytes(thread)
            repeat(rounds) { sum += work(it) }
            threads.getThreadAllocatedBytes(thread) - before < rounds.toLong() * times / 10
        }
    assertTrue(isFree) { "$what ($sum)" }
}
