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
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.yield
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive

/** Steps about async calls. */
class AsyncSteps(private val world: World, private val tasks: Tasks) {
    private val Step.store: Store get() = world.named(this, "store")
    private val Step.module: Module get() = world.named(this, "module")
    private val Step.values: List<Val> get() = value("args").jsonArray.map(world::value)

    val all: Map<String, (Step) -> Any?> =
        mapOf(
            "call_async" to { step -> tasks.done(call(step)) },
            "start" to { step -> Kept(tasks.started(call(step))) },
            "join" to { step -> step.store.let { tasks.joined(world.named<Deferred<List<Val>>>(step, "task")) } },
            "cancel" to { step -> tasks.cancel(world.named(step, "task")) },
            "release" to { step ->
                val given = step.optional("values")?.jsonArray
                val thrown = if (given == null) step.text("throw") else ""
                tasks.release(step.text("hold")) { given?.map(world::value) ?: throw world.thrown(thrown) }
            },
            "instance_async" to { step ->
                val names = step.optional("imports")?.jsonArray.orEmpty()
                val imports = names.map { world.get(it.jsonPrimitive.content) as Extern }
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

    private fun call(step: Step): suspend () -> List<Val> {
        val (func, store, values) = Triple(world.named<Func>(step, "func"), step.store, step.values)
        return { func.callSuspend(store, values) }
    }

    private fun <T> made(given: T, make: suspend (T) -> Instance): Kept = Kept(tasks.done { make(given) })

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
            world.keep(task, tasks.begun(context) { called(caller, given) })
            // Until it waits.
            repeat(4) { yield() }
            values.map(world::value)
        }
    }

    @Suppress("UNCHECKED_CAST") // What `release` gives here.
    private fun hold(name: String): suspend (Caller, List<Val>) -> List<Val> =
        { _, _ -> tasks.held(name) as List<Val> }
}
