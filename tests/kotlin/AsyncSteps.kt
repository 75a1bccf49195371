package dev.trimaran.tests

import dev.trimaran.Caller
import dev.trimaran.Extern
import dev.trimaran.Func
import dev.trimaran.Instance
import dev.trimaran.InstancePre
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.coroutines.CoroutineContext

/** The one thread of a case, which goes on with its tasks where a step lets it. */
private class Loop : CoroutineDispatcher() {
    private val queue = LinkedBlockingQueue<Runnable>()

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        queue.add(block)
    }

    /** Until nothing goes on by itself. */
    fun settle() {
        while (true) (queue.poll() ?: return).run()
    }

    /** Until [done]. A call in line is woken by another thread, some time later. */
    fun until(what: String, done: () -> Boolean) {
        settle()
        while (!done()) (queue.poll(20, TimeUnit.SECONDS) ?: throw Problem("$what for ever")).run()
    }
}

/** Steps about async calls. */
class AsyncSteps(private val world: World) {
    private val loop = Loop()
    private val scope = CoroutineScope(loop + SupervisorJob())
    private val holds = mutableMapOf<String, ArrayDeque<CompletableDeferred<() -> List<Val>>>>()

    private val Step.store: Store get() = world.named(this, "store")
    private val Step.module: Module get() = world.named(this, "module")
    private val Step.values: List<Val> get() = value("args").jsonArray.map(world::value)

    val all: Map<String, (Step) -> Any?> =
        mapOf(
            "call_async" to { step -> joined(begun(step)) },
            "start" to { step -> Kept(begun(step).also { loop.settle() }) },
            "join" to { step -> step.store.let { joined(world.named<Deferred<List<Val>>>(step, "task")) } },
            "cancel" to { step -> cancel(world.named(step, "task")) },
            "release" to ::release,
            "instance_async" to { step ->
                val imports = step.optional("imports")?.jsonArray.orEmpty().map {
                    world.get(it.jsonPrimitive.content) as Extern
                }
                made(step.store to step.module) { (store, module) -> Instance.createSuspend(store, module, imports) }
            },
            "link_async" to { step ->
                val linker = world.named<Linker>(step, "linker")
                made(step.store to step.module) { (store, module) -> linker.instantiateSuspend(store, module) }
            },
            "instantiate_async" to { step ->
                val pre = world.named<InstancePre>(step, "pre")
                made(step.store) { store -> pre.instantiateSuspend(store) }
            },
        )

    private fun begun(step: Step): Deferred<List<Val>> {
        val (func, store, values) = Triple(world.named<Func>(step, "func"), step.store, step.values)
        return scope.async { func.callSuspend(store, values) }
    }

    private fun <T> made(given: T, make: suspend (T) -> Instance): Kept = Kept(joined(scope.async { make(given) }))

    private fun <T> joined(task: Deferred<T>): T {
        loop.until("it waits") { task.isCompleted }
        return runBlocking { task.await() }
    }

    private fun cancel(task: Deferred<*>) {
        if (task.isCompleted) throw Problem("it is over")
        task.cancel()
        loop.until("it waits") { task.isCompleted }
        check(task.isCancelled)
        loop.settle()
    }

    private fun release(step: Step) {
        val name = step.text("hold")
        val given =
            step.optional("values")?.jsonArray?.let { values -> { values.map(world::value) } }
                ?: step.text("throw").let { thrown -> { throw world.thrown(thrown) } }
        loop.until("nothing is held") { held(name) != null }
        held(name)!!.complete(given)
    }

    /** The eldest one that waits under that name. */
    private fun held(name: String): CompletableDeferred<() -> List<Val>>? {
        val all = holds[name] ?: return null
        while (all.firstOrNull()?.isCompleted == true) all.removeFirst()
        return all.firstOrNull()
    }

    /** What a suspending host function does. [others] gives what is the same in one that is not. */
    fun body(
        body: Step,
        name: String,
        others: (Step, String, String) -> (Caller, List<Val>) -> List<Val>,
    ): suspend Caller.(List<Val>) -> List<Val> {
        val work: suspend (Caller, List<Val>) -> List<Val> =
            when (val op = body.text("op")) {
                "call" -> call(body.text("func"), body.value("args").jsonArray)
                "gather" -> gather(body.text("func"), body.value("args").jsonArray)
                "leave" -> leave(body)
                "hold" -> hold(body.text("as"))
                "call_now" -> others(body, name, "call").let { { caller, given -> it(caller, given) } }
                else -> others(body, name, op).let { { caller, given -> it(caller, given) } }
            }
        return { arguments ->
            yield()
            work(this, arguments)
        }
    }

    private fun call(func: String, arguments: JsonArray): suspend (Caller, List<Val>) -> List<Val> =
        { caller, _ -> (world.get(func) as Func).callSuspend(caller.store, arguments.map(world::value)) }

    private fun gather(func: String, all: JsonArray): suspend (Caller, List<Val>) -> List<Val> =
        { caller, given ->
            coroutineScope { all.map { async { call(func, it.jsonArray)(caller, given) } }.awaitAll().flatten() }
        }

    private fun leave(body: Step): suspend (Caller, List<Val>) -> List<Val> {
        val called = call(body.text("func"), body.value("args").jsonArray)
        val (task, values) = body.text("as") to body.value("values").jsonArray
        return { caller, given ->
            val context = currentCoroutineContext().minusKey(Job)
            world.keep(task, scope.async(context) { called(caller, given) })
            // Until it waits.
            repeat(4) { yield() }
            values.map(world::value)
        }
    }

    private fun hold(name: String): suspend (Caller, List<Val>) -> List<Val> =
        { _, _ ->
            val held = CompletableDeferred<() -> List<Val>>(currentCoroutineContext()[Job])
            holds.getOrPut(name, ::ArrayDeque).add(held)
            held.await()()
        }
}
