package dev.trimaran.tests

import dev.trimaran.Caller
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.HostFunction
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.Store
import dev.trimaran.Val
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** The host functions of the shared cases, and the callers that they have kept. */
class Bodies(private val world: World, private val waiting: AsyncSteps) {
    /** The kept callers, by function name. */
    val callers = mutableMapOf<String, Caller>()

    /** The function of a step `host`. */
    fun host(step: Step, store: Store): Func {
        val name = step.optional("as")?.jsonPrimitive?.content.orEmpty()
        if (step.boolean("async")) return Func.suspending(store, type(step), suspending(Step(step.value("body")), name))
        return Func(store, type(step), body(Step(step.value("body")), name))
    }

    /** Defines the function of a step `define_func`. */
    fun define(step: Step, linker: Linker) {
        val (module, name) = step.text("from") to step.text("name")
        if (step.boolean("async")) {
            linker.suspending(module, name, type(step), suspending(Step(step.value("body")), name))
        } else {
            linker.func(module, name, type(step), body(Step(step.value("body")), name))
        }
    }

    private fun suspending(body: Step, name: String): suspend Caller.(List<Val>) -> List<Val> =
        waiting.body(body, name, ::work).also { body.allUsed() }

    private fun type(step: Step): FuncType {
        val type = step.value("type").jsonObject
        val (params, results) = listOf("params", "results").map { types(type.getValue(it)) }
        return FuncType(params, results)
    }

    private fun types(names: JsonElement) = names.jsonArray.map { toValType(it.jsonPrimitive.content) }

    private fun body(body: Step, name: String): HostFunction {
        val work = work(body, name, body.text("op"))
        body.allUsed()
        return HostFunction { arguments -> work(this, arguments) }
    }

    private fun work(body: Step, name: String, op: String): (Caller, List<Val>) -> List<Val> =
        when (op) {
            "add" -> { _, arguments -> listOf(Val.I32(arguments.sumOf { it.asInt() })) }
            "echo" -> { _, arguments -> arguments }
            "give" -> body.values("values").let { values -> { _, _ -> values.map(world::value) } }
            "throw" -> body.text("as").let { thrown -> { _, _ -> throw world.thrown(thrown) } }
            "call" -> call(body.text("func"), body.values("args"))
            "read" -> read(name, body.text("export"), body.long("start"), body.long("length"))
            "close" -> body.text("store").let { store -> { _, _ -> nothing { (world.get(store) as Store).close() } } }
            "grow" -> grow(body.text("memory"), body.long("delta"))
            "escape" -> { caller, _ -> nothing { callers[name] = caller } }
            else -> throw Problem("unknown body")
        }

    private fun Step.values(name: String): JsonArray = value(name).jsonArray

    private fun call(func: String, arguments: JsonArray): (Caller, List<Val>) -> List<Val> =
        { caller, _ -> (world.get(func) as Func).call(caller.store, arguments.map(world::value)) }

    private fun read(name: String, export: String, start: Long, length: Long): (Caller, List<Val>) -> List<Val> =
        { caller, _ ->
            callers[name] = caller
            listOf(Val.I32(caller.memory(export).read(caller.store, start, start + length)[0].toUByte().toInt()))
        }

    private fun grow(memory: String, delta: Long): (Caller, List<Val>) -> List<Val> =
        { caller, _ -> nothing { (world.get(memory) as Memory).grow(caller.store, delta) } }

    private fun nothing(work: () -> Unit): List<Val> {
        work()
        return emptyList()
    }
}
