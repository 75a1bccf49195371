package dev.trimaran.tests

import dev.trimaran.Caller
import dev.trimaran.Engine
import dev.trimaran.HttpHeader
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.component.Component
import dev.trimaran.component.Func
import dev.trimaran.component.FuncType
import dev.trimaran.component.HostFunction
import dev.trimaran.component.IncomingHandler
import dev.trimaran.component.IncomingRequest
import dev.trimaran.component.Instance
import dev.trimaran.component.InstancePre
import dev.trimaran.component.InstanceType
import dev.trimaran.component.ItemType
import dev.trimaran.component.Linker
import dev.trimaran.component.LinkerInstance
import dev.trimaran.component.Ok
import dev.trimaran.component.Resource
import dev.trimaran.component.ResourceType
import dev.trimaran.component.ResponseHead
import dev.trimaran.component.ValueType
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.yield
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import java.io.ByteArrayOutputStream
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** What a host function was given, and where a component imports it. */
private class Collected(private val path: List<String>) {
    val calls = mutableListOf<List<Any?>>()
    var type: FuncType? = null
        private set

    /** Takes the type by which a component imports it. */
    fun linked(component: Component) {
        var items: Map<String, ItemType> = component.imports
        for (name in path.dropLast(1)) items = (items[name] as? InstanceType)?.exports.orEmpty()
        (items[path.last()] as? FuncType)?.let { type = it }
    }
}

/** Steps about components. */
class ComponentSteps(private val world: World, private val tasks: Tasks) {
    private val Step.engine: Engine get() = world.named(this, "engine")
    private val Step.store: Store get() = world.named(this, "store")
    private val Step.component: Component get() = world.named(this, "component")
    private val Step.linker: Linker get() = world.named(this, "linker")
    private val Step.instance: Instance get() = world.named(this, "instance")
    private val Step.func: Func get() = world.named(this, "func")
    private val Step.resource: Resource get() = world.named(this, "resource")

    private val objects = mutableMapOf<String, Any>()
    private val collected = mutableMapOf<String, Collected>()
    private val dropped = mutableMapOf<String, MutableList<Any>>()
    private val values: ComponentValues =
        ComponentValues(::named, ::nameOf) { kind, parts -> streams.value(kind, parts) }
    private val streams = ComponentStreamSteps(world, tasks, values)

    private fun named(kind: String, name: String): Any =
        if (kind == "object") objects.getOrPut(name) { Any() } else world.get(name) as Resource

    private fun nameOf(value: Any?): JsonElement {
        val text = objects.entries.find { it.value === value }?.key
        val parts = if (value is Resource) listOf("resource") else listOf("object", text ?: "another")
        return JsonArray(parts.map(::JsonPrimitive))
    }

    private fun serve(step: Step): String {
        val engine = step.engine
        val (method, path, body) = step.value("request").jsonArray.map { it.jsonPrimitive.content }
        val timeout = if ("timeout" in step) step.long("timeout").milliseconds else Duration.INFINITE
        val handler = IncomingHandler(world.named<InstancePre>(step, "pre"), timeout) { Store(engine) }
        val headers = listOf(HttpHeader("X-Echo", "é"), HttpHeader("Connection", "close"))
        val pieces = ByteArrayOutputStream()
        var head: ResponseHead? = null
        val request = IncomingRequest(method, path, headers, body.byteInputStream(), "example.com:8080")
        val trailers =
            handler.handle(request) {
                head = it
                pieces
            }
        return "${head?.status} ${shown(head?.headers)} $pieces ${shown(trailers)}"
    }

    private fun shown(headers: List<HttpHeader>?): String = headers.orEmpty().joinToString(", ", "{", "}")

    private val Step.path: Array<String>
        get() = value("path").jsonArray.map { it.jsonPrimitive.content }.toTypedArray()

    private val Step.place: LinkerInstance
        get() = path.fold(linker.root()) { place, name -> place.instance(name) }

    val all: Map<String, (Step) -> Any?> =
        mapOf(
            "component" to { step -> Kept(component(step)) },
            "validate_component" to { step -> Component.validate(step.engine, source(step)) },
            "component_precompile" to { step -> Kept(Component.precompile(step.engine, source(step))) },
            "component_serialize" to { step -> Kept(step.component.serialize()) },
            "component_deserialize" to { step -> Kept(Component.deserialize(step.engine, world.artifact(step))) },
            "component_pack" to { step -> Kept(step.component.pack()) },
            "component_unpack" to { step -> Kept(Component.unpack(world.artifact(step))) },
            "component_imports" to { step -> lines(step.component.imports) },
            "component_exports" to { step -> lines(step.component.exports) },
            "component_linker" to { step -> Kept(Linker(step.engine)) },
            "component_shadowing" to { step -> step.linker.allowShadowing = step.boolean("allow") },
            "component_define" to ::define,
            "component_define_instance" to { step -> step.place.let { } },
            "component_define_module" to { step ->
                step.place.defineModule(step.text("name"), world.named<Module>(step, "module"))
            },
            "component_define_resource" to { step ->
                val (name, place) = step.text("name") to step.place
                val type = if ("drops" in step) {
                    val found = mutableListOf<Any>().also { dropped[step.text("drops")] = it }
                    ResourceType { found += it }
                } else {
                    ResourceType()
                }
                Kept(place.defineResource(name, type))
            },
            "component_dropped" to { step -> JsonArray(dropped.getValue(step.text("host")).map(::nameOf)) },
            "component_unknown_imports_as_traps" to { step -> step.linker.defineUnknownImportsAsTraps(step.component) },
            "component_define_wasi" to { step -> step.linker.defineWasi() },
            "component_link" to { step -> Kept(step.linker.instantiate(step.store, linked(step.component))) },
            "component_pre" to { step -> Kept(step.linker.instantiatePre(linked(step.component))) },
            "component_instantiate" to { step -> Kept(world.named<InstancePre>(step, "pre").instantiate(step.store)) },
            "component_serve" to ::serve,
            "component_func" to { step -> Kept(step.instance.func(step.store, *step.path)) },
            "component_func_type" to { step -> step.func.type.toString() },
            "component_module" to { step -> Kept(step.instance.module(step.store, *step.path)) },
            "component_resource" to { step -> Kept(step.instance.resource(step.store, *step.path)) },
            "component_same_resource" to { step ->
                world.named<ResourceType>(step, "resource") == world.named<ResourceType>(step, "other")
            },
            "component_call" to { step -> values.shown(call(step), step.func.type.result) },
            "component_keep" to { step ->
                val result = call(step).let { if (it is Ok) it.value else it }
                streams.kept(step.func, result) ?: Kept(result as? Resource ?: throw Problem("it gave no resource"))
            },
            "component_keep_async" to { step ->
                streams.kept(step.func, tasks.done(suspending(step))) ?: throw Problem("it gave no stream")
            },
            "component_drop" to { step -> step.resource.drop(step.store) },
            "component_is_alive" to { step -> step.resource.isAlive },
            "component_collected" to ::collected,
            "component_call_async" to { step -> values.shown(tasks.done(suspending(step)), step.func.type.result) },
            "component_start" to { step ->
                val type = step.func.type.result
                Kept(tasks.started(suspending(step)).also { started[it] = type })
            },
            "component_join" to { step ->
                val task = step.store.let { world.named<Deferred<Any?>>(step, "task") }
                values.shown(tasks.joined(task), started.getValue(task))
            },
            "component_release" to { step ->
                val thrown = if ("value" in step) null else step.text("throw")
                val given = step.optional("value")
                tasks.release(step.text("hold")) {
                    if (thrown != null) throw world.thrown(thrown)
                    if (given is JsonNull) null else values.value(given!!)
                }
            },
            "component_link_async" to { step ->
                val (linker, store, component) = Triple(step.linker, step.store, linked(step.component))
                Kept(tasks.done { linker.instantiateSuspend(store, component) })
            },
            "component_instantiate_async" to { step ->
                val (pre, store) = world.named<InstancePre>(step, "pre") to step.store
                Kept(tasks.done { pre.instantiateSuspend(store) })
            },
        ) + streams.all

    /** What the tasks give. */
    private val started = mutableMapOf<Deferred<Any?>, ValueType?>()

    private fun suspending(step: Step): suspend () -> Any? {
        val (func, store, given) = Triple(step.func, step.store, arguments(step.value("args")))
        return { func.callSuspend(store, *given.toTypedArray()) }
    }

    private fun component(step: Step): Component =
        when {
            "file" in step -> Component.fromFile(step.engine, root.resolve("tests/modules").resolve(step.text("file")))
            "program" in step -> compiledComponent(step.engine, step.text("program"))
            else -> Component(step.engine, source(step))
        }

    private fun lines(items: Map<String, ItemType>): List<String> = items.map { (name, type) -> "$name: $type" }

    private fun linked(component: Component): Component = component.also {
        collected.values.forEach { it.linked(component) }
    }

    private fun call(step: Step): Any? = step.func.call(step.store, arguments(step.value("args")))

    private fun arguments(given: JsonElement): List<Any?> = given.jsonArray.map(values::value)

    private fun collected(step: Step): JsonElement {
        val found = collected[step.text("host")] ?: throw Problem("it collects nothing")
        val types = checkNotNull(found.type).params.values
        return JsonArray(found.calls.map { JsonArray(it.zip(types, values::shown)) })
    }

    private fun define(step: Step) {
        val (path, name, body) = Triple(step.path, step.text("name"), Step(step.value("body")))
        val place = path.fold(step.linker.root()) { place, inner -> place.instance(inner) }
        if (step.boolean("async")) {
            val work = waiting(body, path.asList() + name)
            place.suspending(name) { arguments ->
                yield()
                work(this, arguments)
            }
        } else {
            val work = work(body, path.asList() + name, body.text("op"))
            place.func(name, HostFunction { arguments -> work(this, arguments) })
        }
        body.allUsed()
    }

    private fun waiting(body: Step, path: List<String>): suspend (Caller, List<Any?>) -> Any? =
        when (val op = body.text("op")) {
            "call" -> (body.text("func") to body.value("args")).let { (func, given) ->
                { caller, _ -> (world.get(func) as Func).callSuspend(caller.store, *arguments(given).toTypedArray()) }
            }
            "hold" -> body.text("as").let { name -> { _, _ -> tasks.held(name) } }
            "reads" -> streams.reads(body).let { work -> { _, arguments -> work(arguments) } }
            else -> work(body, path, if (op == "call_now") "call" else op).let { work ->
                { caller, arguments -> work(caller, arguments) }
            }
        }

    private fun work(body: Step, path: List<String>, op: String): (Caller, List<Any?>) -> Any? =
        when (op) {
            "echo" -> { _, arguments -> arguments.first() }
            "give" -> body.value("value").let { value -> { _, _ -> values.value(value) } }
            "throw" -> body.text("as").let { thrown -> { _, _ -> throw world.thrown(thrown) } }
            "call" -> call(body.text("func"), body.value("args"))
            "forward" -> forward(body.text("func"), body.text("store"))
            "collect" -> collect(body.text("as"), body.value("value"), path)
            "close" -> body.text("store").let { store -> { _, _ -> (world.get(store) as Store).close() } }
            "drop" -> { caller, arguments -> (arguments.first() as Resource).drop(caller.store) }
            "try_drop" -> (body.text("resource") to body.text("variant")).let { (name, variant) ->
                { caller, _ ->
                    val failed = runCatching { (world.get(name) as Resource).drop(caller.store) }.exceptionOrNull()
                    if (failed?.javaClass?.simpleName != variant) throw Problem("dropping `$name` gave $failed")
                    null
                }
            }
            "escape" -> body.text("as").let { name ->
                { _, arguments -> world.keep(name, checkNotNull(arguments.first())) }
            }
            else -> throw Problem("unknown body")
        }

    private fun call(func: String, given: JsonElement): (Caller, List<Any?>) -> Any? =
        { caller, _ -> (world.get(func) as Func).call(caller.store, arguments(given)) }

    private fun forward(func: String, store: String): (Caller, List<Any?>) -> Any? =
        { _, arguments -> (world.get(func) as Func).call(world.get(store) as Store, arguments) }

    private fun collect(name: String, value: JsonElement, path: List<String>): (Caller, List<Any?>) -> Any? {
        val found = Collected(path).also { collected[name] = it }
        return { _, arguments ->
            found.calls += arguments
            if (value is JsonNull) null else values.value(value)
        }
    }
}
