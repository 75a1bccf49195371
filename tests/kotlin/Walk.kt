package dev.trimaran.tests

import dev.trimaran.internal.Answering
import dev.trimaran.internal.LinkedHost
import dev.trimaran.internal.Listening
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativeException
import dev.trimaran.internal.NativeObject
import dev.trimaran.internal.Sink
import dev.trimaran.internal.Writer
import dev.trimaran.internal.ffi.Component
import dev.trimaran.internal.ffi.ComponentInstance
import dev.trimaran.internal.ffi.ComponentInstancePre
import dev.trimaran.internal.ffi.ComponentLinker
import dev.trimaran.internal.ffi.ComponentMistake
import dev.trimaran.internal.ffi.ComponentResourceType
import dev.trimaran.internal.ffi.ComponentServing
import dev.trimaran.internal.ffi.ComponentTypeKind
import dev.trimaran.internal.ffi.ComponentTypeNode
import dev.trimaran.internal.ffi.ComponentTypes
import dev.trimaran.internal.ffi.Config
import dev.trimaran.internal.ffi.Engine
import dev.trimaran.internal.ffi.EventListening
import dev.trimaran.internal.ffi.Extern
import dev.trimaran.internal.ffi.Func
import dev.trimaran.internal.ffi.FuncType
import dev.trimaran.internal.ffi.GlobalType
import dev.trimaran.internal.ffi.HeapType
import dev.trimaran.internal.ffi.HttpBody
import dev.trimaran.internal.ffi.HttpResponse
import dev.trimaran.internal.ffi.Instance
import dev.trimaran.internal.ffi.Limits
import dev.trimaran.internal.ffi.Linker
import dev.trimaran.internal.ffi.Memory
import dev.trimaran.internal.ffi.MemoryDirectory
import dev.trimaran.internal.ffi.MemoryFile
import dev.trimaran.internal.ffi.MemoryType
import dev.trimaran.internal.ffi.Module
import dev.trimaran.internal.ffi.OutputPipe
import dev.trimaran.internal.ffi.Profiler
import dev.trimaran.internal.ffi.RefType
import dev.trimaran.internal.ffi.Reference
import dev.trimaran.internal.ffi.ServedRequest
import dev.trimaran.internal.ffi.SharedMemory
import dev.trimaran.internal.ffi.Store
import dev.trimaran.internal.ffi.StoreLimits
import dev.trimaran.internal.ffi.StreamPort
import dev.trimaran.internal.ffi.TableType
import dev.trimaran.internal.ffi.Tag
import dev.trimaran.internal.ffi.TagType
import dev.trimaran.internal.ffi.Val
import dev.trimaran.internal.ffi.ValType
import dev.trimaran.internal.ffi.WasiConfig
import dev.trimaran.internal.ffi.WasiHttp
import dev.trimaran.internal.ffi.WasmtimeError
import dev.trimaran.internal.ffi.write
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.lang.reflect.Constructor
import java.lang.reflect.Executable
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import kotlin.io.path.readText

/** What a trap keeps of its store, which is closed: nothing is written. */
private fun coreDump(): NativeObject {
    val engine = Engine(Config(coredumpOnTrap = true))
    val store = Store(engine)
    val module = Module(engine, "(module (func \$f unreachable) (start \$f))".toByteArray())
    try {
        Instance(store, module, emptyList())
        error("it did not trap")
    } catch (error: NativeException) {
        return (error.read() as WasmtimeError.Trap).frames[0].coreDump!!
    } finally {
        store.release()
    }
}

private fun debugInfo(engine: Engine): NativeObject {
    val path = root.resolve("tests/modules/divide.wasm").toString()
    return Module.fromFile(engine, path).debugInfo()!!
}

private const val PLACE = "dev.trimaran.internal.ffi"

/** A parameter, with its type as the generator's model writes it. */
internal class Param(fields: JsonObject) {
    val name = fields.getValue("name").jsonPrimitive.content
    val type = fields.getValue("type").jsonObject
}

internal val JsonObject.kind: String get() = getValue("kind").jsonPrimitive.content
internal val JsonObject.name: String get() = getValue("name").jsonPrimitive.content
internal val JsonObject.of: JsonObject get() = getValue("of").jsonObject

/** An operation that the core exports: a constructor or a method of a generated class, or a function. */
internal class Operation(fields: JsonObject) {
    val owner = fields.getValue("class").jsonPrimitive.contentOrNull
    private val name = fields.getValue("name").jsonPrimitive.content
    val isConstructor = fields.getValue("constructor").jsonPrimitive.boolean
    val params = fields.getValue("params").jsonArray.map { Param(it.jsonObject) }
    val isMethod = owner != null && !isConstructor

    /** Whether it closes what it is called on. */
    val closes = name == "release"

    override fun toString() = if (owner == null) name else "$owner.$name"

    /** What is called, or nothing where Kotlin has no such thing. */
    private val executable: Executable? by lazy {
        val type = Class.forName("$PLACE.${owner ?: "FunctionsKt"}")
        val own = name.split('_').reduce { sum, word -> sum + word.replaceFirstChar(Char::uppercase) }
        val among = if (isConstructor && name != "new") companion(type)!!.javaClass else type
        val found: List<Executable> =
            if (isConstructor && name == "new") {
                // Not the one that takes a handle.
                type.declaredConstructors.filter { it.parameterTypes.toList() != listOf(Long::class.java) }
            } else {
                // A number without a sign adds a hash to the name.
                among.declaredMethods.filter { it.name.substringBefore('-') == own }
            }
        val fitting = found.filterNot { it.isSynthetic }.singleOrNull { it.parameterCount == params.size }
        fitting?.apply { isAccessible = true }
    }

    val isReached: Boolean get() = toString() in BY_HAND || executable != null

    /** Does it. What it throws is thrown here. */
    fun call(receiver: Any?, arguments: List<Any?>) {
        BY_HAND[toString()]?.let { return it(receiver, arguments) }
        val executable = executable ?: error("Kotlin has no $this")
        val fitting = arguments.zip(executable.parameterTypes, ::fit).toTypedArray()
        val self = if (isConstructor) null else receiver
        try {
            when (executable) {
                is Constructor<*> -> executable.newInstance(*fitting)
                is Method -> executable.invoke(self ?: companion(executable.declaringClass), *fitting)
            }
        } catch (error: InvocationTargetException) {
            throw error.targetException
        }
    }

    /** Arguments with which nothing is wrong. */
    fun arguments(world: Objects): List<Any?> =
        // To wait for the very value that is there would be for ever.
        params.map { if (it.name == "expected") 1L else good(it.type, world) }

    companion object {
        /** All that the core exports. */
        val all: List<Operation> =
            Json.parseToJsonElement(root.resolve("target/generated/model/model.json").readText())
                .jsonObject
                .getValue("operations")
                .jsonArray
                .map { Operation(it.jsonObject) }

        /** The companion of a class, which has its other constructors; none for the functions. */
        private fun companion(type: Class<*>): Any? =
            runCatching { (type.declaringClass ?: type).getField("Companion").get(null) }.getOrNull()

        /** The bodies that are written by hand, which take handles. */
        private val BY_HAND: Map<String, (Any?, List<Any?>) -> Unit> =
            mapOf(
                "Linker.define_func" to { self, (module, name, type) ->
                    val bytes = Writer.bytes { write(type as FuncType) }
                    val host = LinkedHost { _, _ -> }
                    NativeByHand.defineFunc(
                        (self as Linker).handle,
                        module as String,
                        name as String,
                        bytes,
                        host,
                        false,
                    )
                },
                "Memory.read" to { self, (store, start, length) ->
                    NativeByHand.read((self as Memory).handle, (store as Store).handle, start as Long, length as Long)
                },
                "Memory.write" to { self, (store, data, start) ->
                    val bytes = data as ByteArray
                    val inside = (store as Store).handle
                    NativeByHand.write((self as Memory).handle, inside, bytes, 0, bytes.size, start as Long)
                },
                "SharedMemory.read" to { self, (start, length) ->
                    NativeByHand.sharedRead((self as SharedMemory).handle, start as Long, length as Long)
                },
                "SharedMemory.write" to { self, (data, start) ->
                    val bytes = data as ByteArray
                    NativeByHand.sharedWrite((self as SharedMemory).handle, bytes, 0, bytes.size, start as Long)
                },
            )
    }
}

private val nobody = dev.trimaran.OutputSink { }

private fun servedRequest(): ServedRequest =
    ServedRequest("GET", "http", "a", "/", emptyList(), HttpBody.Bytes(ByteArray(0)), Sink(nobody))

/** A number as a parameter of a generated method has it. */
private fun fit(value: Any?, type: Class<*>): Any? =
    when {
        value !is Number -> value
        type == Int::class.java -> value.toInt()
        type == Short::class.java -> value.toShort()
        type == Byte::class.java -> value.toByte()
        type == Float::class.java -> value.toFloat()
        type == Double::class.java -> value.toDouble()
        type == ULong::class.java -> value.toLong().toULong()
        else -> value
    }

/** An object of each generated class, in a store of their own; each is made when it is asked for. */
internal class Objects(val engine: dev.trimaran.Engine = shared) {
    private val publicStore = dev.trimaran.Store(engine)
    private val publicInstance by lazy {
        dev.trimaran.Instance(publicStore, modules.getOrPut(engine) { guest(engine) })
    }
    private val exports by lazy { publicInstance.exports(publicStore) }
    val store: Store = publicStore.raw

    private val made = mutableMapOf<String, NativeObject>("Engine" to engine.raw, "Store" to store)

    operator fun get(kind: String): NativeObject = made[kind] ?: make(kind).also { made[kind] = it }

    private fun make(kind: String): NativeObject =
        when (kind) {
            "Module" -> Module(engine.raw, "(module)".toByteArray())
            "Linker" -> Linker(engine.raw)
            "InstancePre" -> (get("Linker") as Linker).instantiatePre(get("Module") as Module)
            "Instance" -> publicInstance.raw
            "Func" -> exports.func("f").raw
            "Memory" -> exports.memory("m").raw
            "Table" -> exports.table("t").raw
            "Global" -> exports.global("g").raw
            "Tag" -> Tag(store, TagType(FuncType(emptyList(), emptyList())))
            "Reference" -> Reference.ofI31(store, 1)
            "InterruptHandle" -> store.interruptHandle()
            "OutputPipe" -> OutputPipe(null)
            "StreamPort" -> streamPort()
            "HttpRequest" -> request()
            "CoreDump" -> coreDump()
            "Profiler" -> Profiler(Store(engine.raw), null, null)
            "DebugInfo" -> debugInfo(engine.raw)
            "MemoryDirectory" -> MemoryDirectory(listOf(MemoryFile("m", byteArrayOf(1))), null, null)
            "Component" -> Component(engine.raw, RESOURCES.toByteArray())
            "ComponentLinker" -> ComponentLinker(engine.raw)
            "ComponentInstancePre" -> {
                val linker = get("ComponentLinker") as ComponentLinker
                linker.instantiatePre(get("Component") as Component)
            }
            "ComponentInstance" -> (get("ComponentInstancePre") as ComponentInstancePre).instantiate(store)
            "ComponentFunc" -> (get("ComponentInstance") as ComponentInstance).func(store, listOf("make"))
            "ComponentResource" -> {
                publicStore.fuel = 1_000
                (componentFunc("make")(publicStore, 1) as dev.trimaran.component.Resource).raw
            }
            "ComponentResourceType" -> ComponentResourceType.host()
            "ComponentServing" -> ComponentServing(servedRequest())
            "ComponentStream" -> stream()
            "SharedMemory" -> SharedMemory(threaded, MemoryType(Limits(1u, 2u), false, true))
            else -> error("the model has a class that this test does not know: $kind")
        }

    /** A stream of a guest's, whose engine is one of its own. */
    private fun stream(): NativeObject {
        val config = dev.trimaran.Config().apply { target = System.getenv("TRIMARAN_TEST_TARGET") }
        val engine = dev.trimaran.Engine(config.apply { wasmComponentModelAsync = true })
        val store = dev.trimaran.Store(engine)
        val guest = dev.trimaran.component.Component(engine, STREAM)
        val instance = dev.trimaran.component.Linker(engine).instantiate(store, guest)
        return (instance.func(store, "s")(store) as dev.trimaran.component.Stream).raw
    }

    private fun streamPort(): NativeObject {
        val type = dev.trimaran.FuncType(listOf(dev.trimaran.ValType.I32), emptyList())
        return StreamPort(store, dev.trimaran.Func.suspending(publicStore, type) { emptyList() }.raw)
    }

    /** A request that was answered. */
    private fun request(): NativeObject {
        val kept = mutableListOf<dev.trimaran.HttpRequest>()
        val engine = dev.trimaran.Engine(dev.trimaran.Config().apply { target = System.getenv("TRIMARAN_TEST_TARGET") })
        dev.trimaran.Store(engine).use { store ->
            store.setWasi {
                http { request ->
                    kept += request
                    dev.trimaran.HttpResponse(200)
                }
            }
            val linker = dev.trimaran.component.Linker(engine).apply { defineWasi() }
            val file = root.resolve("tests/modules/component_http.wat")
            val guest = linker.instantiate(store, dev.trimaran.component.Component.fromFile(engine, file))
            guest.func(store, "header")(store, "example.com", "x")
        }
        return kept.single().raw
    }

    private fun componentFunc(name: String): dev.trimaran.component.Func {
        val instance = get("ComponentInstance") as ComponentInstance
        return dev.trimaran.component.Func.of(instance.func(store, listOf(name)))
    }

    /** The object of that class, closed; or, where it cannot be, with its store closed. */
    fun closed(kind: String): NativeObject {
        val found = get(kind)
        val release = found.javaClass.declaredMethods.find { it.name == "release" }
        if (release == null) store.release() else release.invoke(found)
        return found
    }

    companion object {
        private val modules = mutableMapOf<dev.trimaran.Engine, dev.trimaran.Module>()

        private const val STREAM =
            """(component
              (type ${'$'}s (stream u8))
              (core func ${'$'}s (canon stream.new ${'$'}s))
              (core module ${'$'}m
                (import "" "s" (func ${'$'}s (result i64)))
                (func (export "s") (result i32) (i32.wrap_i64 (call ${'$'}s))))
              (core instance ${'$'}m (instantiate ${'$'}m (with "" (instance (export "s" (func ${'$'}s))))))
              (func (export "s") (result ${'$'}s) (canon lift (core func ${'$'}m "s"))))"""

        /** An engine with all that the operations ask for. */
        fun engine() =
            engine {
                epochInterruption = true
                consumeFuel = true
                wasmExceptions = true
                wasmGc = true
                sharedMemory = true
            }

        /** The engine of all that need none of their own, and one more. */
        val shared = engine()
        val other = engine()

        /** The interpreter has no shared memories. */
        private val threaded: Engine =
            if (shared.isPulley) {
                dev.trimaran.Engine(dev.trimaran.Config().apply { wasmThreads = true }).raw
            } else {
                shared.raw
            }

        private fun guest(engine: dev.trimaran.Engine) =
            dev.trimaran.Module(
                engine,
                """(module (memory (export "m") 1 4) (table (export "t") 2 4 funcref) (func (export "f"))
                  (global (export "g") (mut i32) (i32.const 1)))""",
            )

        /** Some of which the object of that class may be closed. */
        fun toClose(kind: String) = Objects(if (kind == "Engine") engine() else shared)
    }
}

private val generated = { kind: String -> Class.forName("$PLACE.$kind") }

/** An object that no constructor made. */
internal fun unmade(kind: String): Any {
    val unsafe = Class.forName("sun.misc.Unsafe")
    val theUnsafe = unsafe.getDeclaredField("theUnsafe").apply { isAccessible = true }.get(null)
    return unsafe.getMethod("allocateInstance", Class::class.java).invoke(theUnsafe, generated(kind))
}

internal fun typeNode(kind: ComponentTypeKind, vararg parts: UInt?) =
    ComponentTypeNode(kind, emptyList(), parts.asList(), 0u, emptyList(), emptyList())

internal fun unknownKind(type: JsonObject): Nothing = error("the model has a kind that this test does not know: $type")

/** A value of a type. */
internal fun good(type: JsonObject, world: Objects): Any? =
    when (type.kind) {
        "bool" -> true
        "int", "float" -> 0L
        "text" -> "m"
        "bytes" -> "(module)".toByteArray()
        "object" -> world[type.name]
        "option" -> good(type.of, world)
        "list" -> emptyList<Any>()
        "record", "enum" ->
            when (type.name) {
                "Config" -> Config(target = System.getenv("TRIMARAN_TEST_TARGET"))
                "StoreLimits" -> StoreLimits()
                "WasiConfig" -> WasiConfig()
                "FuncType" -> FuncType(emptyList(), emptyList())
                "GlobalType" -> GlobalType(ValType.I32, true)
                "MemoryType" -> MemoryType(Limits(1u, 2u))
                "TableType" -> TableType(RefType(true, HeapType.Func), Limits(1u, 2u))
                "TagType" -> TagType(FuncType(emptyList(), emptyList()))
                "RefType" -> RefType(true, HeapType.Func)
                "Val" -> Val.I32(7)
                "WasiHttp" -> WasiHttp.Handler(Answering { dev.trimaran.HttpResponse(200) })
                "EventListening" -> EventListening(Listening { }, true)
                "ServedRequest" -> servedRequest()
                "HttpResponse" -> HttpResponse(200u, emptyList(), HttpBody.Bytes(ByteArray(0)), emptyList())
                "Extern" -> Extern.OfFunc(world["Func"] as Func)
                "ComponentMistake" -> ComponentMistake.MissingField("m")
                "ComponentTypes" -> ComponentTypes(listOf(typeNode(ComponentTypeKind.BOOL)), 0u)
                else -> unknownKind(type)
            }
        else -> unknownKind(type)
    }
