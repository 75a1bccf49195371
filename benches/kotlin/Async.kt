package benches

import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.callSuspend
import dev.trimaran.invoke
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.io.File

// What a guest that waits costs. Beside the rows of a call: the bars of docs/bars.md, by `run async`.

/** A guest that asks its host as often as it is told, adds, and computes for ever. */
private const val WAITS =
    """(module
      (import "host" "wait" (func ${'$'}wait (param i32) (result i32)))
      (memory 1)
      (func (export "run") (param i32) (result i32)
        (loop ${'$'}again
          (drop (call ${'$'}wait (local.get 0)))
          (br_if ${'$'}again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 0))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "spin") (loop (br 0))))"""

private class Waits(
    engine: Engine,
    module: Module = Module(engine, WAITS),
    wait: suspend (Int) -> Int,
) {
    val store = Store(engine)
    private val host = Func.wrapSuspending(store) { number: Int -> wait(number) }
    private val exports = Instance(store, module, listOf(host)).exports(store)
    val run = exports.func("run").typed<(Int) -> Int>(store)
    val add = exports.func("add").typed<(Int, Int) -> Int>(store)
    val spin = exports.func("spin").typed<() -> Unit>(store)
}

/** The least time of one of many of [work], in nanoseconds, of several rounds. */
private suspend fun least(
    times: Int,
    work: suspend () -> Unit,
): Double {
    var least = Double.MAX_VALUE
    repeat(20) {
        val start = System.nanoTime()
        work()
        least = minOf(least, (System.nanoTime() - start).toDouble() / times)
    }
    return least
}

private fun row(
    row: String,
    who: String,
    nanoseconds: Double,
) = println("%s\t%s\t%.1f".format(row, who, nanoseconds))

private fun quantile(
    numbers: List<Double>,
    part: Double,
) = numbers.sorted()[(part * (numbers.size - 1)).toInt()]

/** The rows of calls. */
fun async(who: String) =
    runBlocking {
        val engine = Engine()
        val times = 20_000
        val direct = Waits(engine) { it }
        row(
            "(i32, i32) -> i32, in a store that waits",
            who,
            least(times) { repeat(times) { direct.add(direct.store, 1, 2) } },
        )
        row(
            "(i32, i32) -> i32, async",
            who,
            least(times) { repeat(times) { direct.add.callSuspend(direct.store, 1, 2) } },
        )
        row("async host callback", who, least(times) { direct.run.callSuspend(direct.store, times) })
        val yields: suspend (Int) -> Int = { number ->
            yield()
            number
        }
        val waits = Waits(engine, wait = yields)
        row("async host callback that yields", who, least(times) { waits.run.callSuspend(waits.store, times) })
        row("async host callback that yields", "without a guest", least(times) { repeat(times) { yields(it) } })
    }

/** The bars that are no rows of calls. */
fun asyncBars() =
    runBlocking {
        many(10_000)
        cancelling()
        for (computing in listOf(0, 2)) heartbeat(computing)
    }

private fun resident() = File("/proc/self/statm").readText().split(" ")[1].toLong() * 4

private suspend fun many(count: Int): Unit =
    coroutineScope {
        val engine = Engine()
        val module = Module(engine, WAITS)
        for (round in 1..2) {
            val go = CompletableDeferred<Unit>()
            var waiting = 0
            val all =
                List(count) {
                    Waits(engine, module) { number ->
                        waiting++
                        go.await()
                        number
                    }
                }
            System.gc()
            val before = resident()
            val start = System.nanoTime()
            val calls = all.map { async { it.run.callSuspend(it.store, 1) } }
            while (waiting < count) yield()
            val suspended = System.nanoTime()
            val (kib, threads) = resident() - before to File("/proc/self/task").list()?.size
            go.complete(Unit)
            calls.awaitAll()
            val ended = System.nanoTime()
            all.forEach { it.store.close() }
            println(
                "%,d guests suspended: +%.1f KiB each, %.0f ms to suspend, %.0f ms to end, %d threads"
                    .format(
                        count,
                        kib.toDouble() / count,
                        (suspended - start) / 1e6,
                        (ended - suspended) / 1e6,
                        threads,
                    ),
            )
        }
    }

private suspend fun cancelling(): Unit =
    coroutineScope {
        val engine = Engine(Config().apply { epochInterruption = true })
        val times = mutableMapOf<String, List<Double>>()

        suspend fun measure(
            name: String,
            count: Int,
            rest: Long,
            work: suspend () -> Unit,
        ) {
            times[name] =
                List(count) {
                    val job = launch(Dispatchers.Default) { work() }
                    delay(rest)
                    val start = System.nanoTime()
                    job.cancelAndJoin()
                    (System.nanoTime() - start) / 1e3
                }
        }
        repeat(2) {
            measure("a coroutine without a guest", 300, 2) { awaitCancellation() }
            measure(
                "a guest that waits",
                300,
                2,
            ) { Waits(engine) { awaitCancellation() }.run { run.callSuspend(store, 1) } }
            measure("a guest that computes", 60, 15) { Waits(engine) { it }.run { spin.callSuspend(store) } }
        }
        for ((name, found) in times) {
            println("cancel %s: median %.0f us, p99 %.0f us".format(name, quantile(found, 0.5), quantile(found, 0.99)))
        }
    }

private suspend fun heartbeat(computing: Int): Unit =
    coroutineScope {
        val engine = Engine(Config().apply { epochInterruption = true })
        val guests = List(computing) { Waits(engine) { it } }
        val jobs = guests.map { launch(Dispatchers.Default) { it.spin.callSuspend(it.store) } }
        val late =
            withContext(Dispatchers.Default) {
                List(300) {
                    val start = System.nanoTime()
                    delay(10)
                    (System.nanoTime() - start) / 1e6 - 10
                }
            }
        jobs.forEach { it.cancelAndJoin() }
        println(
            "a heartbeat of 10 ms beside %d guests that compute: p50 %.2f ms, p99 %.2f ms late"
                .format(computing, quantile(late, 0.5), quantile(late, 0.99)),
        )
    }
