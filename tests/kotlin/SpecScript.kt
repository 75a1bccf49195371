package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Extern
import dev.trimaran.Func
import dev.trimaran.Global
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.WasmtimeException
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.readBytes

/** How a command of the official suite ended, and with which variant of an error, or what was seen. */
class SpecLine(val id: String, val outcome: String, val variant: String = "-", val problem: String = "")

/** An instance with its exports, most of which are called many times. */
private class Made(val instance: Instance, store: Store) {
    val exports by lazy { instance.exports(store) }
}

/** One file of the official suite: its commands, run through the public API. */
class SpecScript(private val folder: Path, private val engine: Engine, private val fuelled: Engine) : AutoCloseable {
    private val store = Store(engine)
    private val linker = Linker(engine).apply { allowShadowing = true }
    private val values = SpecValues(store)
    private var current: Made? = null
    private var lastDefinition: Module? = null
    private val instances = mutableMapOf<String, Made>()
    private val definitions = mutableMapOf<String, Module>()

    /** What the steps about components made. */
    private val world = World()

    init {
        spectest("spectest.wasm")
        if (engine.config.wasmThreads == true) spectest("spectest-threads.wasm")
    }

    /** Defines what the suite imports, where it is there. */
    private fun spectest(file: String) {
        if (folder.resolve(file).exists()) linker.defineModule(store, "spectest", compile(file))
    }

    override fun close() {
        world.close()
        linker.close()
        store.close()
    }

    /** Runs all commands. A line comes out for each assertion, and for whatever else fails. */
    fun run(file: String, commands: List<JsonObject>, skips: List<JsonObject>): List<SpecLine> =
        commands.mapIndexedNotNull { index, command ->
            val line = command.getValue("line").jsonPrimitive.int
            val id = "$file:$line#$index"
            val isAssertion = command.getValue("assert").jsonPrimitive.boolean
            val isSkipped = skips.any { (it["line"]?.jsonPrimitive?.int ?: line) == line }
            val ended = if (isSkipped) SpecLine(id, "skip") else ended(id, command)
            ended.takeIf { isAssertion || it.outcome == "fail" }
        }

    private fun ended(id: String, command: JsonObject): SpecLine {
        val error =
            try {
                when (command.text("op")) {
                    "observe" -> return SpecLine(id, "pass", observe(fuelled, bytes(command.needed("file"))))
                    "steps" -> return SpecLine(id, "pass", steps(command))
                }
                command(command)
                null
            } catch (error: WasmtimeException) {
                error
            } catch (problem: Problem) {
                return SpecLine(id, "fail", problem = problem.message.orEmpty())
            }
        val variant = error?.let(::variant) ?: "-"
        val problem = if (error == null) successProblem(command) else errorProblem(command, error, variant)
        return SpecLine(id, if (problem == null) "pass" else "fail", variant, problem.orEmpty())
    }

    private fun successProblem(command: JsonObject) = command["error"]?.let { "it did not fail with $it" }

    private fun errorProblem(command: JsonObject, error: WasmtimeException, variant: String): String? {
        if (JsonPrimitive(variant) !in command["error"]?.jsonArray.orEmpty()) return "$variant: ${error.message}"
        val expected = command.text("code") ?: return null
        val code = (error as? WasmtimeException.Trap)?.code?.let(::trapName)
        return if (code == expected) null else "expected $expected, found $code: ${error.message}"
    }

    private fun command(command: JsonObject) {
        when (val op = command.text("op")) {
            "compile" -> compile(command.needed("file"))
            "module" -> instantiate(compile(command.needed("file")), command.text("name"))
            "definition" -> {
                val module = compile(command.needed("file"))
                command.text("name")?.let { definitions[it] = module }
                lastDefinition = module
            }
            "instance" -> {
                val of = command.text("of")
                val module = if (of == null) lastDefinition else definitions[of]
                instantiate(module ?: throw Problem("no such definition"), command.text("name"))
            }
            "register" -> linker.defineInstance(store, command.needed("as"), made(command.text("name")).instance)
            "invoke" -> {
                val func = export(command) as? Func ?: throw Problem("no function")
                val arguments = command.getValue("args").jsonArray.map { values.argument(it.jsonArray) }
                compare(command, func.call(store, arguments))
            }
            "get" -> {
                val global = export(command) as? Global ?: throw Problem("no global")
                compare(command, listOf(global.get(store)))
            }
            else -> throw Problem("unknown op $op")
        }
    }

    /** Steps of the shared cases, about components. Gives the variants of the errors that they ended with. */
    private fun steps(command: JsonObject): String {
        val first = world.variants.size
        command.getValue("steps").jsonArray.forEach { world.step(it) }
        return world.variants.drop(first).joinToString(",").ifEmpty { "-" }
    }

    private fun bytes(file: String) = folder.resolve(file).readBytes()

    private fun compile(file: String) = Module(engine, bytes(file))

    private fun instantiate(module: Module, name: String?) {
        val made = Made(linker.instantiate(store, module), store)
        name?.let { instances[it] = made }
        current = made
    }

    private fun made(name: String?): Made =
        (if (name == null) current else instances[name]) ?: throw Problem("no such instance")

    private fun export(command: JsonObject): Extern =
        made(command.text("module")).exports.getValue(command.needed("field"))

    private fun compare(command: JsonObject, results: List<Val>) {
        val expected = command["expected"]?.jsonArray ?: return
        val agree =
            expected.size == results.size &&
                expected.indices.all { values.matches(expected[it].jsonArray, results[it]) }
        if (!agree) throw Problem("expected $expected, found $results")
    }

    private fun JsonObject.text(name: String): String? = get(name)?.jsonPrimitive?.content

    private fun JsonObject.needed(name: String): String = text(name) ?: throw Problem("it has no `$name`")
}
