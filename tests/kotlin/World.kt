package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Extern
import dev.trimaran.Func
import dev.trimaran.Global
import dev.trimaran.GlobalType
import dev.trimaran.Instance
import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.Reference
import dev.trimaran.SharedMemory
import dev.trimaran.Store
import dev.trimaran.Table
import dev.trimaran.TableType
import dev.trimaran.TrapCode
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.internal.View
import dev.trimaran.wat2wasm
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import java.math.BigInteger
import java.nio.ByteBuffer
import java.util.HexFormat
import kotlin.experimental.xor

/** What a host function throws. */
private class Thrown(name: String) : Exception(name)

/** Something that a step made, to be kept under a name. */
class Kept(val it: Any)

/** What the steps of one case made, and what each step does. */
class World : AutoCloseable {
    private val objects = mutableMapOf<String, Any>()

    /** What the step names in a field. */
    inline fun <reified T> named(step: Step, field: String): T =
        get(step.text(field)) as? T ?: throw Problem("`${step.text(field)}` is no $field")

    private val Step.engine: Engine get() = named(this, "engine")
    private val Step.store: Store get() = named(this, "store")
    private val Step.module: Module get() = named(this, "module")
    private val Step.instance: Instance get() = named(this, "instance")
    private val Step.func: Func get() = named(this, "func")
    private val Step.memory: Memory get() = named(this, "memory")
    private val Step.shared: SharedMemory get() = named(this, "shared")
    private val Step.global: Global get() = named(this, "global")
    private val Step.table: Table get() = named(this, "table")
    private val Step.view: View get() = named(this, "view")

    private val tasks = Tasks()
    private val waiting = AsyncSteps(this, tasks)
    private val bodies = Bodies(this, waiting)
    private val wasi = WasiSteps(this)

    /** The steps that other files have, by their op. */
    private val others =
        EngineSteps(this).all + LinkerSteps(this, bodies).all + ReferenceSteps(this).all +
            ComponentSteps(this, tasks).all +
            wasi.all + waiting.all

    private val hosts = mutableMapOf<String, Any>()

    /** The variants of the errors that steps have ended with, in their order; `Thrown` is what a host function threw. */
    val variants = mutableListOf<String>()

    /** What a host function throws under this name. */
    private val thrown = mutableMapOf<String, Throwable>()

    fun thrown(name: String): Throwable = thrown.getOrPut(name) { Thrown(name) }

    /** What was kept under this name. */
    fun get(name: String): Any = objects[name] ?: throw Problem("there is no `$name`")

    /** Keeps one more. */
    fun keep(name: String, it: Any) {
        objects[name] = it
    }

    /** Removes what the steps left outside this process. */
    override fun close() = wasi.close()

    /** Runs one step and compares how it ended. */
    fun step(element: JsonElement) {
        val step = Step(element)
        val (expected, error, name) = listOf("result", "error", "as").map(step::optional)
        val outcome = runCatching { run(step) }
        step.allUsed()
        val failure = outcome.exceptionOrNull()
        if (failure is Thrown) variants += "Thrown"
        if (failure is WasmtimeException) variants += variant(failure)
        val wanted = error?.jsonObject?.get("thrown")
        when {
            wanted != null && error.jsonObject.size == 1 ->
                if (failure !== thrown[wanted.jsonPrimitive.content]) throw Problem("it ended with $failure")
            failure is WasmtimeException && error != null -> check(failure, error)
            failure != null -> throw failure
            error != null -> throw Problem("it did not fail")
            else -> compare(shown(outcome.getOrNull(), expected, step), expected, name)
        }
    }

    private fun compare(found: Any?, expected: JsonElement?, name: JsonElement?) {
        if (found is Kept) {
            if (expected != null) throw Problem("what it made cannot be compared")
            objects[name?.jsonPrimitive?.content ?: throw Problem("what it made needs a name (`as`)")] = found.it
            return
        }
        if (name != null) throw Problem("it made nothing to keep")
        val plain = plain(found)
        if (expected == null && plain != JsonNull) throw Problem("its result is not compared: $plain")
        if (expected != null && plain != expected) throw Problem("it gave $plain")
    }

    private fun run(step: Step): Any? {
        val other = others[step.text("op")] ?: return runHere(step)
        return other(step)
    }

    private fun runHere(step: Step): Any? =
        when (step.text("op")) {
            "engine" -> Kept(Engine(config(step)))
            "store" -> Kept(Store(step.engine))
            "module" -> Kept(module(step, step.engine))
            "validate" -> Module.validate(step.engine, source(step))
            "wat2wasm" -> wat2wasm(source(step))
            "custom_sections" -> Module.customSections(source(step), step.text("name"))
            "contents" -> contents(source(step), step.text("part"))
            "module_for_snapshots" -> Kept(Module.forSnapshots(step.engine, source(step)))
            "module_of_snapshot" -> Kept(Module(step.engine, artifact(step)))
            "snapshot" -> Kept(step.instance.snapshot(step.store, removed(step)))
            "serialize" -> Kept(step.module.serialize())
            "deserialize" -> Kept(Module.deserialize(step.engine, artifact(step)))
            "imports" -> step.module.imports.map { "${it.module} ${it.name} ${it.type}" }
            "exports" -> step.module.exports.map { "${it.name} ${it.type}" }
            "instance" -> Kept(Instance(step.store, step.module, imports(step)))
            "export" -> Kept(step.instance.export(step.store, step.text("name")))
            "close" -> named<AutoCloseable>(step, "object").close()
            "call" -> step.func.call(step.store, step.value("args").jsonArray.map(::value))
            "call_int" -> listOf(Val.of(step.func(step.store, BigInteger(step.text("int")))))
            "func_type" -> step.func.type(step.store).toString()
            "memory" -> Kept(Memory(step.store, memoryType(step)))
            "shared_memory" -> Kept(SharedMemory(step.engine, memoryType(step)))
            "as_memory" -> Kept(step.shared.asMemory(step.store))
            "host" -> Kept(bodies.host(step, step.store))
            "caller_export" -> Kept(bodies.callers.getValue(step.text("host")).export(step.text("name")))
            "global" -> Kept(Global(step.store, globalType(step), step.content("value")))
            "global_get" -> step.global.get(step.store)
            "global_set" -> step.global.set(step.store, step.content("value"))
            "table" -> Kept(Table(step.store, tableType(step), step.content("init")))
            "view" -> Kept(step.memory.openView(step.store, step.long("start"), step.long("length")))
            "view_read" -> step.view.buffer.duplicate().let { bytes -> ByteArray(bytes.remaining()).also(bytes::get) }
            "view_write" -> write(step.view.buffer, step.long("offset").toInt(), step.bytes("hex"))
            "drop_view" -> (objects.remove(step.text("view")) as View).closing.let(::collected)
            else -> if ("table" in step) table(step, step.table, step.store) else memory(step, step.memory, step.store)
        }

    private fun table(step: Step, table: Table, store: Store): Any? =
        when (step.text("op")) {
            "table_get" -> table.get(store, step.long("index"))
            "table_set" -> table.set(store, step.long("index"), step.content("value"))
            "table_size" -> table.size(store)
            "table_grow" -> table.grow(store, step.long("delta"), step.content("init"))
            "table_fill" -> table.fill(store, step.long("index"), step.content("value"), step.long("length"))
            "table_copy" ->
                table.copy(
                    store,
                    step.long("index"),
                    named(step, "source"),
                    step.long("source_index"),
                    step.long("length"),
                )
            else -> throw Problem("unknown op")
        }

    private fun memory(step: Step, memory: Memory, store: Store): Any? =
        when (step.text("op")) {
            "memory_type" -> memory.type(store).toString()
            "size" -> memory.size(store)
            "data_len" -> memory.dataLen(store)
            "grow" -> memory.grow(store, step.long("delta"))
            "read" -> memory.read(store, step.long("start"), step.long("start") + step.long("length"))
            "write" -> memory.write(store, step.bytes("hex"), step.long("start"))
            "fill" -> memory.fill(store, byte(step, "value"), step.long("start"), step.long("length"))
            "copy" -> memory.copyWithin(store, step.long("source"), step.long("destination"), step.long("length"))
            "find" ->
                memory.find(store, step.bytes("hex"), step.long("start"), step.optional("length")?.jsonPrimitive?.long)
            "read_string" -> memory.readString(store, step.long("start"), step.long("length"))
            "read_terminated" -> memory.readTerminated(store, step.long("start"), byte(step, "terminator"))
            "hexdump" -> memory.hexdump(store, step.long("start"), step.long("length"), step.long("width"))
            "load" -> load(step, memory, store)
            "store_number" -> storeNumber(step, memory, store)
            else -> throw Problem("unknown op")
        }

    private fun Step.content(name: String): Val = value(value(name))

    /** A value as a case writes it. */
    fun value(element: JsonElement): Val {
        val parts = element.jsonArray.map { it.jsonPrimitive.contentOrNull }
        val name = parts.getOrNull(1)
        return when (parts[0]) {
            "func" -> Val.FuncRef(name?.let { get(it) as Func })
            "ref" -> name?.let { Val.of(get(it)) } ?: Val.Null
            "host" -> Val.ExternRef(hosts.getOrPut(name ?: throw Problem("$element has no text")) { Any() })
            else -> toVal(element)
        }
    }

    /** What a step gave, with values as the case writes them: which object it is can only be compared. */
    private fun shown(found: Any?, expected: JsonElement?, step: Step): Any? =
        when (found) {
            is Val -> shown(found, expected, step)
            is List<*> ->
                found.mapIndexed { index, item -> shown(item, (expected as? JsonArray)?.getOrNull(index), step) }
            else -> found
        }

    private fun shown(found: Val, expected: JsonElement?, step: Step): JsonElement =
        when (found) {
            is Val.FuncRef -> if (isSame(found.func, expected, step)) expected!! else fromVal(found)
            is Val.I32, is Val.I64, is Val.F32, is Val.F64, is Val.V128 -> fromVal(found)
            else -> {
                val host = (found as? Val.ExternRef)?.value
                val text = hosts.entries.find { it.value === host }?.key
                when {
                    text != null -> JsonArray(listOf("host", text).map(::JsonPrimitive))
                    isSameReference(found.unwrap(), expected, step) -> expected!!
                    else -> fromVal(found)
                }
            }
        }

    /** Whether it is `["ref", name]` of that very reference, or `["ref", null]` of null. */
    private fun isSameReference(found: Any?, expected: JsonElement?, step: Step): Boolean {
        val parts = (expected as? JsonArray)?.map { it.jsonPrimitive.contentOrNull } ?: return false
        if (parts.size != 2 || parts[0] != "ref") return false
        val wanted = parts[1]?.let { get(it) as Reference } ?: return found == null
        return found is Reference && found.same(step.store, wanted)
    }

    /** Whether it is `["func", name]` of that very function. */
    private fun isSame(found: Func?, expected: JsonElement?, step: Step): Boolean {
        val parts = (expected as? JsonArray)?.map { it.jsonPrimitive.contentOrNull } ?: return false
        if (parts.size != 2 || parts[0] != "func") return false
        val func = parts[1]?.let { get(it) as Func } ?: return found == null
        return found != null && found.same(step.store, func)
    }

    private fun imports(step: Step): List<Extern> =
        step.optional("imports")?.jsonArray.orEmpty().map {
            objects[it.jsonPrimitive.content] as? Extern ?: throw Problem("$it cannot be imported")
        }

    private fun removed(step: Step): List<String> =
        step.optional("remove")?.jsonArray.orEmpty().map { it.jsonPrimitive.content }

    /** The artifact of a step, with the bit flipped that it says. */
    fun artifact(step: Step): ByteArray {
        val artifact = named<ByteArray>(step, "artifact").copyOf()
        step.optional("flip")?.jsonPrimitive?.long?.toInt()?.let { flip ->
            val index = if (flip < 0) flip + artifact.size else flip
            artifact[index] = artifact[index] xor 1
        }
        return artifact
    }
}

/** What a step gave, as a case writes it. */
private fun plain(found: Any?): JsonElement =
    when (found) {
        null, Unit -> JsonNull
        is JsonElement -> found
        is Int -> JsonPrimitive(found)
        is Long -> JsonPrimitive(found)
        is Boolean -> JsonPrimitive(found)
        is String -> JsonPrimitive(found)
        is ByteArray -> JsonPrimitive(HexFormat.of().formatHex(found))
        is List<*> -> JsonArray(found.map(::plain))
        else -> throw Problem("$found cannot be compared")
    }

private fun load(step: Step, memory: Memory, store: Store): String {
    val offset = step.long("offset")
    return when (step.text("type")) {
        "i8" -> memory.loadI8(store, offset)
        "u8" -> memory.loadU8(store, offset)
        "i16" -> memory.loadI16(store, offset)
        "u16" -> memory.loadU16(store, offset)
        "i32" -> memory.loadI32(store, offset)
        "u32" -> memory.loadU32(store, offset)
        "i64" -> memory.loadI64(store, offset)
        "u64" -> memory.loadU64(store, offset).toULong()
        "f32" -> memory.loadF32(store, offset).toRawBits().toUInt()
        "f64" -> memory.loadF64(store, offset).toRawBits().toULong()
        else -> throw Problem("unknown type")
    }.toString()
}

private fun storeNumber(step: Step, memory: Memory, store: Store) {
    val offset = step.long("offset")
    val value = step.text("value")
    when (step.text("type")) {
        "i8" -> memory.storeI8(store, offset, value.toByte())
        "u8" -> memory.storeU8(store, offset, value.toInt())
        "i16" -> memory.storeI16(store, offset, value.toShort())
        "u16" -> memory.storeU16(store, offset, value.toInt())
        "i32" -> memory.storeI32(store, offset, value.toInt())
        "u32" -> memory.storeU32(store, offset, value.toLong())
        "i64" -> memory.storeI64(store, offset, value.toLong())
        "u64" -> memory.storeU64(store, offset, value.toULong().toLong())
        "f32" -> memory.storeF32(store, offset, Float.fromBits(value.toUInt().toInt()))
        "f64" -> memory.storeF64(store, offset, Double.fromBits(value.toULong().toLong()))
        else -> throw Problem("unknown type")
    }
}

private fun write(view: ByteBuffer, offset: Int, data: ByteArray) {
    view.duplicate().position(offset).put(data)
}

private fun byte(step: Step, name: String): Byte =
    step.long(name).also { if (it !in 0..255) throw Problem("`$name` is no byte") }.toByte()

private fun globalType(step: Step) = GlobalType(toValType(step.text("type")), step.boolean("mutable"))

private fun tableType(step: Step): TableType {
    val element = toValType(step.text("type")) as? ValType.Ref ?: throw Problem("a table holds references")
    return TableType(element.type, Limits(step.long("min"), step.optional("max")?.jsonPrimitive?.long))
}

private fun memoryType(step: Step): MemoryType {
    val limits = Limits(step.long("min"), step.optional("max")?.jsonPrimitive?.long)
    return MemoryType(limits, shared = step.boolean("shared"))
}

/** Compares an error with what a case expects of it. */
private fun check(found: WasmtimeException, expected: JsonElement) {
    val fields = fields(found)
    val wanted = expected.jsonObject
    if ("variant" !in wanted) throw Problem("`error` has no `variant`")
    for ((name, value) in wanted) {
        val agrees =
            if (name == "contains") {
                value.jsonArray.all { spelled(it.jsonPrimitive.content) in found.message }
            } else {
                fields[name]?.toString() == spelled(value.jsonPrimitive.content)
            }
        if (!agrees) throw Problem("its error is $fields: `$name` differs")
    }
}

/** The same, with names as Kotlin spells them, which stand in braces in the cases. */
private fun spelled(text: String): String =
    Regex("\\{([a-z]+(?:_[a-z]+)+)\\}").replace(text) { name ->
        Regex("_([a-z])").replace(name.groupValues[1]) { it.groupValues[1].uppercase() }
    }

/** The variant, the sentence and the fields of an error. */
private fun fields(error: WasmtimeException): Map<String, Any?> =
    mapOf("variant" to variant(error), "text" to error.message) +
        when (error) {
            is WasmtimeException.Syntax -> mapOf("line" to error.line, "column" to error.column)
            is WasmtimeException.Link -> mapOf("module" to error.module, "name" to error.name)
            is WasmtimeException.Trap ->
                mapOf("code" to error.code?.let(::trapName), "interruption" to error.interruption?.let(::inCases))
            is WasmtimeException.Exit -> mapOf("status" to error.status)
            is WasmtimeException.Bounds ->
                mapOf("offset" to error.offset, "length" to error.length, "size" to error.size)
            is WasmtimeException.Encoding -> mapOf("offset" to error.offset)
            is WasmtimeException.NotFound -> mapOf("name" to error.name)
            else -> emptyMap()
        }

/** The variant of an error, as every language names it: a time limit has a class of its own and is a `Trap`. */
fun variant(error: WasmtimeException): String =
    if (error is WasmtimeException.Trap) "Trap" else error.javaClass.simpleName

/** A trap's code in the form of the cases, such as `OutOfFuel`. */
fun trapName(code: TrapCode): String = inCases(code)

private fun inCases(value: Enum<*>): String =
    value.name.split('_').joinToString("") { it.lowercase().replaceFirstChar(Char::uppercase) }

/** A part of what a module says of itself, in lines. */
private fun contents(module: ByteArray, part: String): List<String> =
    when (part) {
        "producers" -> Module.producers(module).map { "${it.field} ${it.name} ${it.version}" }
        "data" ->
            Module.dataSegments(module).map {
                "${it.memory ?: "-"} ${it.offset ?: "-"} ${HexFormat.of().formatHex(it.bytes)}"
            }
        else -> {
            val names = Module.names(module)
            val items =
                mapOf("function" to names.functions, "type" to names.types, "table" to names.tables) +
                    mapOf("memory" to names.memories, "global" to names.globals, "tag" to names.tags) +
                    mapOf("element" to names.elements, "data" to names.data)
            val inner = mapOf("local" to names.locals, "label" to names.labels, "field" to names.fields)
            listOfNotNull(names.module?.let { "module $it" }) +
                items.flatMap { (kind, found) -> found.map { (index, name) -> "$kind $index $name" } } +
                inner.flatMap { (kind, found) ->
                    found.flatMap { (outer, within) -> within.map { (index, name) -> "$kind $outer $index $name" } }
                }
        }
    }
