// A service that runs a guest for each request, with limits and a deadline: service [MILLISECONDS].
// Where the client hangs up, or the deadline is over, the guest ends.

import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.StoreLimits
import dev.trimaran.WasmtimeException
import dev.trimaran.callSuspend
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.ApplicationCall
import io.ktor.server.application.install
import io.ktor.server.engine.embeddedServer
import io.ktor.server.http.HttpRequestLifecycle
import io.ktor.server.netty.Netty
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.routing
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

private const val GUEST = """
(module
  (import "env" "price" (func ${'$'}price (param i32) (result i32)))
  (memory 1)
  ;; What the articles from 1 to count cost. The guest waits for each price.
  (func (export "total") (param ${'$'}count i32) (result i32) (local ${'$'}sum i32)
    (loop ${'$'}next
      (local.set ${'$'}sum (i32.add (local.get ${'$'}sum) (call ${'$'}price (local.get ${'$'}count))))
      (br_if ${'$'}next (local.tee ${'$'}count (i32.sub (local.get ${'$'}count) (i32.const 1)))))
    (local.get ${'$'}sum))
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
  ;; Takes all the memory that it gets, and says how many pages it has.
  (func (export "fill") (param i32) (result i32)
    (loop ${'$'}more (br_if ${'$'}more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.size))
  ;; Computes for ever.
  (func (export "spin") (param i32) (result i32) (loop ${'$'}again (br ${'$'}again)) (unreachable)))"""

private const val GUESTS_AT_ONCE = 256

private class Service(private val deadline: Duration) {
    private val running = AtomicInteger()
    private val answered = AtomicInteger()
    private val late = AtomicInteger()
    private val hungUp = AtomicInteger()
    private val prices = AtomicInteger()

    // Its guests can be stopped while they compute.
    private val engine = Engine(Config.untrusted())

    // Compiled and linked once, for all requests.
    private val module = Module(engine, GUEST)
    private val functions = module.exports.map { it.name }.toSet()
    private val guest =
        Linker(engine)
            .apply {
                wrapSuspending("env", "price") { article: Int ->
                    // Stands for a database: the guest waits, and others go on.
                    prices.incrementAndGet()
                    delay(10)
                    article % 100
                }
            }.instantiatePre(module)

    /** Runs the guest in a store of its own. */
    private suspend fun run(function: String, number: Int): Int =
        Store(engine).use { store ->
            store.setLimits(StoreLimits.untrusted())
            val instance = guest.instantiateSuspend(store)
            instance.func(store, function).typed<(Int) -> Int>(store).callSuspend(store, number)
        }

    private suspend fun inTime(function: String, number: Int): Pair<String, Int> =
        try {
            val result = withTimeout(deadline) { run(function, number) }
            answered.incrementAndGet()
            "$result" to 200
        } catch (_: TimeoutCancellationException) {
            late.incrementAndGet()
            "the guest took too long" to 504
        } catch (trap: WasmtimeException.Trap) {
            trap.reason to 500
        }

    suspend fun call(call: ApplicationCall) {
        val function = call.parameters["function"]
        val number = call.parameters["number"]?.toIntOrNull()
        if (function !in functions || function == null) return call.answer("there is no such function", 404)
        if (number == null) return call.answer("the number is none of 32 bits", 400)
        if (running.incrementAndGet() > GUESTS_AT_ONCE) {
            running.decrementAndGet()
            return call.answer("too many guests run", 503)
        }
        val (line, status) =
            try {
                inTime(function, number)
            } catch (hangUp: CancellationException) {
                hungUp.incrementAndGet()
                throw hangUp
            } finally {
                running.decrementAndGet()
            }
        call.answer(line, status)
    }

    suspend fun count(call: ApplicationCall) =
        call.answer("running: $running, answered: $answered, late: $late, hung up: $hungUp, prices: $prices", 200)

    private suspend fun ApplicationCall.answer(line: String, status: Int) =
        respondText("$line\n", status = HttpStatusCode.fromValue(status))
}

suspend fun main(arguments: Array<String>) {
    val service = Service((arguments.firstOrNull() ?: "1000").toInt().milliseconds)
    val server =
        embeddedServer(Netty, port = 0, host = "127.0.0.1") {
            // A client that hangs up cancels the coroutine of its request.
            install(HttpRequestLifecycle) { cancelCallOnClose = true }
            routing {
                get("/counts") { service.count(call) }
                get("/{function}/{number}") { service.call(call) }
            }
        }
    server.startSuspend(wait = false)
    println("http://127.0.0.1:${server.engine.resolvedConnectors().first().port}")
    awaitCancellation()
}
