package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Global
import dev.trimaran.GlobalType
import dev.trimaran.HostFunction
import dev.trimaran.Instance
import dev.trimaran.Limits
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.MemoryDirectory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.OutputPipe
import dev.trimaran.Store
import dev.trimaran.Table
import dev.trimaran.TableType
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasiConfig
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import kotlin.io.path.createTempFile
import kotlin.io.path.exists
import kotlin.io.path.moveTo
import kotlin.io.path.readBytes
import kotlin.io.path.writeBytes

/** Where the real programs are, and what was compiled of them. */
val programs: Path = System.getenv("TRIMARAN_PROGRAMS")?.let(Path::of) ?: root.resolve("target/programs")

/** A program, compiled. What comes out is kept beside it, for every language and the next run. */
private fun compiled(engine: Engine, name: String): Module =
    compiled(name, { Module.deserializeFile(engine, it) }, { Module.fromFile(engine, it) }, Module::serialize)

/** A component, compiled and kept in the same way. */
fun compiledComponent(engine: Engine, name: String): Component =
    compiled(name, { Component.deserializeFile(engine, it) }, { Component.fromFile(engine, it) }, Component::serialize)

private fun <T> compiled(name: String, load: (Path) -> T, compile: (Path) -> T, serialize: (T) -> ByteArray): T {
    val kept = programs.resolve("$name.${System.getenv("TRIMARAN_TEST_TARGET") ?: "native"}.cwasm")
    if (kept.exists()) {
        try {
            return load(kept)
        } catch (_: WasmtimeException.Artifact) {
            // Another version made it.
        }
    }
    val made = compile(programs.resolve(name))
    val fresh = createTempFile(programs, name).apply { writeBytes(serialize(made)) }
    fresh.moveTo(kept, ATOMIC_MOVE)
    return made
}

/**
 * A program of `tests/programs/programs.json` in a store of its own, and what its case keeps: variables, which are numbers
 * or texts, and the lines of the log. The README there has the vocabulary.
 */
class Program(told: JsonObject, case: JsonObject, folder: Path) : AutoCloseable {
    val log = mutableListOf<String>()
    val stdout = OutputPipe()
    val stderr = OutputPipe()

    private val texts =
        listOf(told, case)
            .flatMap { it["texts"]?.jsonObject.orEmpty().entries }
            .associate { (name, text) -> name to text(text) }
    private val variables =
        texts.entries.associateTo(mutableMapOf<String, Any>()) { (name, text) ->
            "$name.length" to text.encodeToByteArray().size.toLong()
        }
    private val callbacks = told["callbacks"]?.jsonObject.orEmpty()
    private val engine = engine()
    private val store: Store

    /** The directory in memory that the program was granted. */
    var inMemory: MemoryDirectory? = null
        private set
    private val linker: Linker
    private var instance: Instance
    private var memory: Memory
    private val table: Table?

    init {
        known(told, setOf("file", "imports", "callbacks", "unknown_imports", "texts", "start", "snapshots"))
        known(case, setOf("id", "program", "texts", "wasi", "steps", "expect"))
        store = Store(engine)
        linker = Linker(engine)
        case["wasi"]?.let { wasi ->
            linker.defineWasi()
            store.setWasi { grant(this, wasi.jsonObject, folder) }
        }
        val made = told["imports"]?.jsonArray.orEmpty().map { define(it.jsonObject) }
        val file = text(told.getValue("file"))
        val module =
            if (told["snapshots"]?.jsonPrimitive?.boolean == true) {
                Module.forSnapshots(engine, programs.resolve(file).readBytes())
            } else {
                compiled(engine, file)
            }
        if (told["unknown_imports"]?.let(::text) == "traps") linker.defineUnknownImportsAsTraps(module)
        instance = linker.instantiate(store, module)
        memory = made.firstNotNullOfOrNull { it as? Memory } ?: instance.memory(store, "memory")
        table = made.firstNotNullOfOrNull { it as? Table } ?: instance[store, "__indirect_function_table"] as Table?
        run(told["start"]?.jsonArray.orEmpty())
    }

    override fun close() = store.close()

    private fun grant(config: WasiConfig, told: JsonObject, folder: Path) {
        config.stdout(stdout).stderr(stderr)
        for ((name, value) in told) {
            when (name) {
                "argv" -> config.argv(value.jsonArray.map(::text))
                "env" -> for (pair in value.jsonArray) pair.jsonArray.map(::text).let { config.env(it[0], it[1]) }
                "stdin" -> config.stdin(text(value))
                "clock" -> value.jsonArray.map { text(it).toLong() }.let { (start, step) -> config.clock(start, step) }
                "random_seed" -> config.randomSeed = text(value).toULong().toLong()
                "directory" -> {
                    val directory = value.jsonObject
                    val files = directory.getValue("files").jsonObject.mapValues { text(it.value).toByteArray() }
                    val readOnly = directory["read_only"]?.jsonPrimitive?.boolean ?: false
                    val path = text(directory.getValue("path"))
                    if (directory["in_memory"]?.jsonPrimitive?.boolean == true) {
                        config.preopen(MemoryDirectory(files).also { inMemory = it }, path, readOnly)
                    } else {
                        files.forEach { (file, bytes) -> folder.resolve(file).writeBytes(bytes) }
                        config.preopen(folder, path, readOnly)
                    }
                }
                else -> throw Problem("unknown part of WASI `$name`")
            }
        }
    }

    /** Defines what the host makes, and gives it, but for functions. */
    private fun define(told: JsonObject): Any? {
        val (module, name) = told.getValue("name").jsonArray.map(::text)
        val limits = Limits(told["min"]?.jsonPrimitive?.long ?: 0, told["max"]?.jsonPrimitive?.long)
        val item =
            when (val kind = text(told.getValue("kind"))) {
                "memory" -> Memory(store, MemoryType(limits))
                "table" -> Table(store, TableType((type(told) as ValType.Ref).type, limits))
                "global" ->
                    Global(store, GlobalType(type(told), false), Val.I64(told.getValue("value").jsonPrimitive.long))
                "func" -> {
                    linker.func(module, name, funcType(told), body(told))
                    return null
                }
                else -> throw Problem("unknown kind `$kind`")
            }
        return item.also { linker.define(store, module, name, it) }
    }

    private fun type(told: JsonObject) = toValType(text(told.getValue("type")))

    private fun funcType(told: JsonObject): FuncType {
        val (params, results) =
            listOf("params", "results").map { list -> told.getValue(list).jsonArray.map { toValType(text(it)) } }
        return FuncType(params, results)
    }

    private fun body(told: JsonObject): HostFunction {
        val results = funcType(told).results
        val steps = told.getValue("body").jsonArray
        return HostFunction { arguments ->
            val given = run(steps, arguments.map { it.asLong() })
            results.map {
                val number = given ?: throw Problem("the body gave nothing")
                if (it == ValType.F64) Val.F64(number.toDouble()) else Val.I64(number)
            }
        }
    }

    /** Does what the steps say. A step `give` ends them, with what it gives. */
    fun run(steps: List<JsonElement>, arguments: List<Long> = emptyList()): Long? =
        steps.firstNotNullOfOrNull {
            val step = Step(it)
            val given = step(step, arguments)
            step.allUsed()
            given
        }

    private fun step(step: Step, arguments: List<Long>): Long? {
        fun number(name: String) = number(step.value(name), arguments)
        when {
            "give" in step -> return number("give")
            "let" in step -> variables[step.text("let")] = number("be")
            "text" in step -> variables[step.text("as")] = filled(step.text("text"))
            "log" in step -> log += filled(step.text("log"))
            "call" in step -> call(step, instance.func(store, step.text("call")), arguments)
            "call_table" in step -> call(step, theTable()[store, number("call_table")].unwrap() as Func, arguments)
            "callback" in step -> {
                val told = callbacks.getValue(step.text("callback")).jsonObject
                val host = Func(store, funcType(told), body(told))
                variables[step.text("as")] = theTable().grow(store, 1, Val.FuncRef(host))
            }
            "load" in step -> variables[step.text("as")] = load(step.text("load"), number("at"))
            "store" in step -> store(step.text("store"), number("at"), number("value"))
            "write" in step -> memory.write(store, texts.getValue(step.text("write")), number("at"))
            "read" in step -> {
                val start = number("read")
                val hasLength = "length" in step
                variables[step.text("as")] =
                    if (hasLength) {
                        memory.readString(store, start, number("length"))
                    } else {
                        memory.readTerminated(store, start)
                    }
            }
            "restart" in step -> {
                val snapshot = instance.snapshot(store, step.value("restart").jsonArray.map(::text))
                instance = linker.instantiate(store, Module(engine, snapshot))
                memory = instance.memory(store, "memory")
            }
            "grow" in step -> memory.grow(store, number("grow"))
            "while" in step -> {
                val steps = step.value("steps").jsonArray
                while (number("while") != 0L) run(steps, arguments)?.let { return it }
            }
            "if" in step -> {
                val branches = listOf(step.value("then").jsonArray, step.optional("else")?.jsonArray.orEmpty())
                return run(branches[if (number("if") != 0L) 0 else 1], arguments)
            }
            else -> throw Problem("unknown step")
        }
        return null
    }

    private fun call(step: Step, func: Func, arguments: List<Long>) {
        val params = func.type(store).params
        val given = step.optional("args")?.jsonArray.orEmpty().map { number(it, arguments) }
        val exit = step.optional("exit")?.jsonPrimitive?.int
        // An address past 2^31 is an i32 too.
        val values = given.mapIndexed { at, it -> if (params[at] == ValType.I32) Val.I32(it.toInt()) else Val.I64(it) }
        val results =
            try {
                func.call(store, values)
            } catch (ended: WasmtimeException.Exit) {
                if (ended.status != exit) throw Problem("it ended with ${ended.status}: ${stderr.text()}")
                return
            }
        if (exit != null) throw Problem("it did not end its process")
        step.optional("as")?.let { variables[text(it)] = results.single().asLong() }
    }

    private fun load(type: String, at: Long): Long =
        when (type) {
            "i8" -> memory.loadI8(store, at).toLong()
            "u8" -> memory.loadU8(store, at).toLong()
            "i16" -> memory.loadI16(store, at).toLong()
            "u16" -> memory.loadU16(store, at).toLong()
            "i32" -> memory.loadI32(store, at).toLong()
            "u32" -> memory.loadU32(store, at)
            "i64" -> memory.loadI64(store, at)
            else -> throw Problem("unknown type")
        }

    private fun store(type: String, at: Long, value: Long) =
        when (type) {
            "u8" -> memory.storeU8(store, at, Math.toIntExact(value))
            "u16" -> memory.storeU16(store, at, Math.toIntExact(value))
            "i32" -> memory.storeI32(store, at, Math.toIntExact(value))
            "u32" -> memory.storeU32(store, at, value)
            "i64" -> memory.storeI64(store, at, value)
            else -> throw Problem("unknown type")
        }

    private fun number(told: JsonElement, arguments: List<Long>): Long =
        when (told) {
            is JsonArray -> {
                val operator = text(told[0])
                if (operator == "arg") arguments[told[1].jsonPrimitive.int] else operate(operator, told, arguments)
            }
            is JsonPrimitive -> if (told.isString) variable(told.content) as Long else told.long
            else -> throw Problem("$told is no expression")
        }

    private fun operate(operator: String, told: JsonArray, arguments: List<Long>): Long {
        val (left, right) = told.drop(1).map { number(it, arguments) }
        return when (operator) {
            "+" -> left + right
            "-" -> left - right
            "*" -> left * right
            "==" -> if (left == right) 1 else 0
            "!=" -> if (left != right) 1 else 0
            "<" -> if (left < right) 1 else 0
            else -> throw Problem("unknown operator `$operator`")
        }
    }

    private fun filled(template: String) =
        Regex("""\{([\w.]+)}""").replace(template) { variable(it.groupValues[1]).toString() }

    private fun variable(name: String): Any = variables[name] ?: throw Problem("there is no variable `$name`")

    private fun theTable(): Table = table ?: throw Problem("there is no table")
}

/** Fails where there is a field that this runner does not know. */
private fun known(told: JsonObject, fields: Set<String>) {
    val unknown = told.keys - fields
    if (unknown.isNotEmpty()) throw Problem("unknown fields $unknown")
}

private fun text(element: JsonElement): String = element.jsonPrimitive.content
