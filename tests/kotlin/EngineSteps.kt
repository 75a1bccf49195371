package dev.trimaran.tests

import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Module
import dev.trimaran.Store
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlinx.serialization.json.longOrNull
import java.time.Duration

/** Steps about engines and stores as wholes, and about modules as bytes. */
class EngineSteps(private val world: World) {
    private val Step.engine: Engine get() = world.named(this, "engine")
    private val Step.store: Store get() = world.named(this, "store")
    private val Step.module: Module get() = world.named(this, "module")

    val all: Map<String, (Step) -> Any?> =
        mapOf(
            "increment_epoch" to { step -> step.engine.incrementEpoch() },
            "precompile" to { step -> Kept(step.engine.precompile(source(step))) },
            "accepts" to { step -> step.engine.accepts(world.artifact(step)) },
            "same_compatibility" to { step ->
                val engines = listOf(step.engine, world.named<Engine>(step, "other"))
                engines.distinctBy { it.compatibilityHash }.size == 1
            },
            "pack" to { step -> Kept(step.module.pack()) },
            "unpack" to { step -> Kept(Module.unpack(world.artifact(step))) },
            "engine_of" to { step -> Kept(step.module.engine) },
            "set_limits" to { step -> limit(step, step.store) },
            "set_fuel" to { step -> step.store.fuel = step.text("fuel").toULong().toLong() },
            "set_host_call_fuel" to { step -> step.store.setHostCallFuel(step.text("fuel").toLong()) },
            "get_fuel" to { step -> step.store.fuel.toString() },
            "set_epoch_deadline" to { step -> step.store.setEpochDeadline(step.long("ticks")) },
            "set_timeout" to { step -> step.store.setTimeout(milliseconds(step)) },
            "gc" to { step -> step.store.gc() },
        )

    private fun milliseconds(step: Step): Duration? =
        step.value("milliseconds").jsonPrimitive.longOrNull?.let(Duration::ofMillis)

    private fun limit(step: Step, store: Store) {
        fun number(name: String) = step.optional(name)?.jsonPrimitive?.long
        store.setLimits(
            memorySize = number("memory_size"),
            tableElements = number("table_elements"),
            instances = number("instances"),
            tables = number("tables"),
            memories = number("memories"),
            fileDescriptors = number("file_descriptors"),
            trapOnGrowFailure = step.boolean("trap_on_grow_failure"),
        )
    }
}

/** The configuration of a step, for the target under test. */
fun config(step: Step): Config =
    config().apply {
        if (System.getenv("TRIMARAN_TEST_ASYNC_COMPONENTS") != null) wasmComponentModelAsync = true
        step.optional("config")?.jsonObject?.forEach { (name, value) ->
            if (name == "allocation") return@forEach pooling(this, value.jsonObject.getValue("pooling").jsonObject)
            if (name == "module_limits") return@forEach limits(this, value.jsonObject)
            val setting = value.jsonPrimitive
            when (name) {
                "target" -> target = setting.content
                "wasm_backtrace_details" -> wasmBacktraceDetails = setting.boolean
                "wasm_threads" -> wasmThreads = setting.boolean
                "shared_memory" -> sharedMemory = setting.boolean
                "wasm_memory64" -> wasmMemory64 = setting.boolean
                "wasm_component_model_async" -> wasmComponentModelAsync = setting.boolean
                "wasm_component_model_more_async_builtins" -> wasmComponentModelMoreAsyncBuiltins = setting.boolean
                "wasm_component_model_async_stackful" -> wasmComponentModelAsyncStackful = setting.boolean
                "wasm_component_model_threading" -> wasmComponentModelThreading = setting.boolean
                "wasm_component_model_map" -> wasmComponentModelMap = setting.boolean
                "wasm_component_model_fixed_length_lists" -> wasmComponentModelFixedLengthLists = setting.boolean
                "wasm_simd" -> wasmSimd = setting.boolean
                "wasm_relaxed_simd" -> wasmRelaxedSimd = setting.boolean
                "wasm_gc" -> wasmGc = setting.boolean
                "wasm_function_references" -> wasmFunctionReferences = setting.boolean
                "wasm_exceptions" -> wasmExceptions = setting.boolean
                "wasm_custom_page_sizes" -> wasmCustomPageSizes = setting.boolean
                "wasm_multi_memory" -> wasmMultiMemory = setting.boolean
                "wasm_tail_call" -> wasmTailCall = setting.boolean
                "epoch_interruption" -> epochInterruption = setting.boolean
                "consume_fuel" -> consumeFuel = setting.boolean
                "max_wasm_stack" -> maxWasmStack = setting.long
                "memory_reservation" -> memoryReservation = setting.long
                "memory_guard_size" -> memoryGuardSize = setting.long
                "memory_reservation_for_growth" -> memoryReservationForGrowth = setting.long
                else -> throw Problem("unknown setting `$name`")
            }
        }
    }

private fun pooling(config: Config, settings: JsonObject) =
    config.pooling {
        settings.forEach { (name, value) ->
            val number = value.jsonPrimitive
            when (name) {
                "total_core_instances" -> totalCoreInstances = number.int
                "total_memories" -> totalMemories = number.int
                "total_tables" -> totalTables = number.int
                "total_gc_heaps" -> totalGcHeaps = number.int
                "max_core_instance_size" -> maxCoreInstanceSize = number.long
                "max_memories_per_module" -> maxMemoriesPerModule = number.int
                "max_tables_per_module" -> maxTablesPerModule = number.int
                "max_memory_size" -> maxMemorySize = number.long
                "table_elements" -> tableElements = number.long
                "max_unused_warm_slots" -> maxUnusedWarmSlots = number.int
                "linear_memory_keep_resident" -> linearMemoryKeepResident = number.long
                "table_keep_resident" -> tableKeepResident = number.long
                else -> throw Problem("unknown setting `$name`")
            }
        }
    }

private fun limits(config: Config, limits: JsonObject) =
    config.moduleLimits {
        limits.forEach { (name, value) ->
            val number = value.jsonPrimitive.long
            when (name) {
                "size" -> size = number
                "types" -> types = number
                "functions" -> functions = number
                "imports" -> imports = number
                "exports" -> exports = number
                "globals" -> globals = number
                "locals" -> locals = number
                "function_size" -> functionSize = number
                "nesting" -> nesting = number
                "compile_time" -> compileTime = Duration.ofMillis(number)
                else -> throw Problem("unknown limit `$name`")
            }
        }
    }

fun module(step: Step, engine: Engine): Module {
    val file = step.optional("file") ?: return Module(engine, source(step))
    return Module.fromFile(engine, moduleFile(file))
}

/** The bytes of a module: text, hex, or a file of `tests/modules`. */
fun source(step: Step): ByteArray {
    val given = listOf("wat", "hex", "file").filter { step.optional(it) != null }
    return when (given.singleOrNull()) {
        "wat" -> step.text("wat").encodeToByteArray()
        "hex" -> step.bytes("hex")
        "file" -> moduleFile(step.value("file")).toFile().readBytes()
        else -> throw Problem("a module needs one of `wat`, `hex` and `file`")
    }
}

private fun moduleFile(name: JsonElement) = root.resolve("tests/modules").resolve(name.jsonPrimitive.content)
