package dev.trimaran.tests

import dev.trimaran.Caller
import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Exports
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Global
import dev.trimaran.GlobalType
import dev.trimaran.HttpRequest
import dev.trimaran.Instance
import dev.trimaran.InstancePre
import dev.trimaran.InterruptHandle
import dev.trimaran.Limits
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.MemoryDirectory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.OutputPipe
import dev.trimaran.Profiler
import dev.trimaran.Reference
import dev.trimaran.SharedMemory
import dev.trimaran.Store
import dev.trimaran.StoreLimits
import dev.trimaran.Table
import dev.trimaran.Tag
import dev.trimaran.TagType
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasiConfig
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.NotSerializableException
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.io.Serializable
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.lang.reflect.Modifier
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.Path

/** Whatever a program does with an object, its native object gets no second owner. */
class HandlesTest {
    /** Makes an object without a constructor, as libraries do that read objects from text. */
    private val allocate: (Class<*>) -> Any =
        Class.forName("sun.misc.Unsafe").let { type ->
            val unsafe = type.getDeclaredField("theUnsafe").apply { isAccessible = true }.get(null)
            val allocateInstance = type.getMethod("allocateInstance", Class::class.java)
            val allocate = { kind: Class<*> -> allocateInstance.invoke(unsafe, kind) }
            allocate
        }

    /** Every class of the package, generated ones as well. */
    private val classes: List<Class<*>> =
        Path.of(Engine::class.java.protectionDomain.codeSource.location.toURI()).let { place ->
            val names =
                if (Files.isDirectory(place)) {
                    names(place)
                } else {
                    FileSystems.newFileSystem(place).use { names(it.getPath("/")) }
                }
            names.map { Class.forName(it.removeSuffix(".class").replace('/', '.'), false, javaClass.classLoader) }
        }

    private fun names(root: Path): List<String> =
        Files.walk(root.resolve("dev/trimaran")).use { found ->
            found.map { root.relativize(it).toString() }.filter { it.endsWith(".class") }.toList()
        }

    private fun unmade(kind: Class<*>): Any? {
        val hasObjects = !(kind.isInterface || kind.isEnum || kind.isAnnotation || Modifier.isAbstract(kind.modifiers))
        return if (hasObjects) allocate(kind) else null
    }

    @Test
    fun `no address can be chosen by what builds objects from text`() {
        val names = Regex("handle|pointer|address|base")
        val fields =
            classes
                .flatMap { kind -> kind.declaredFields.asList() }
                .filter { it.type == Long::class.java && names.matches(it.name) }
                .filterNot { Modifier.isStatic(it.modifiers) }
        assertTrue(fields.any { it.declaringClass.simpleName == "NativeObject" }, "$fields")
        val open = fields.filterNot { Modifier.isTransient(it.modifiers) }
        val chosen = open.map { "${it.declaringClass.name}.${it.name}" }
        // What is made and gone within one call.
        assertEquals(emptyList<String>(), chosen.filterNot { it.endsWith("Lent.handle") || "CleanAction" in it })
    }

    @Test
    fun `objects that no constructor made fail and do no harm`() {
        val public = classes.filter { Modifier.isPublic(it.modifiers) && it.packageName == "dev.trimaran" }
        assertTrue(public.size > 40, "$public")
        for (kind in public) {
            val unmade = unmade(kind) ?: continue
            kind.methods.filter(::isCalled).forEach { call(unmade, it) }
        }
        for (kind in handles) {
            val unmade = allocate(kind)
            // Where nothing but the object itself can be at fault.
            val isAlone = { type: Class<*> -> type == Store::class.java || type.isPrimitive }
            kind.methods
                .filter(::isCalled)
                .filterNot { Modifier.isStatic(it.modifiers) || it.isSynthetic }
                .filter { method -> method.parameterTypes.all(isAlone) }
                .forEach { callUnmade(unmade, it) }
        }
        assertEquals(7, Guest("(module (func (export \"f\") (result i32) (i32.const 7)))").call("f"))
    }

    private fun isCalled(method: Method): Boolean {
        // Programs cannot call internal methods that take bare handles.
        val takesHandle = method.isSynthetic && Long::class.java in method.parameterTypes
        // A shutdown is for good, for all other tests as well.
        return method.declaringClass.packageName == "dev.trimaran" && !takesHandle && method.name != "shutdown"
    }

    /** The classes of objects that the library stands behind. */
    private val handles =
        listOf(Engine::class, Module::class, Store::class, Instance::class, InstancePre::class, Linker::class)
            .plus(listOf(Func::class, Global::class, Table::class, Memory::class, SharedMemory::class, Tag::class))
            .plus(listOf(Reference::class, InterruptHandle::class, OutputPipe::class, MemoryDirectory::class))
            .plus(listOf(Profiler::class, Caller::class, Exports::class, HttpRequest::class))
            .map { it.java }

    /** What it throws says what is wrong. */
    private fun callUnmade(unmade: Any, method: Method) =
        call(unmade, method) { error -> assertTrue(error is WasmtimeException.Type, "$method: $error") }

    /** Calls with nothing, or with as little as there is. What it throws is no error of the JVM's. */
    private fun call(unmade: Any, method: Method, failed: (Throwable) -> Unit = {}) {
        val arguments =
            method.parameterTypes.map { type ->
                when (type) {
                    Int::class.java -> 0
                    Long::class.java -> 0L
                    Boolean::class.java -> false
                    Byte::class.java -> 0.toByte()
                    Short::class.java -> 0.toShort()
                    Float::class.java -> 0f
                    Double::class.java -> 0.0
                    Char::class.java -> 'a'
                    Store::class.java -> store()
                    else -> null
                }
            }
        try {
            method.invoke(if (Modifier.isStatic(method.modifiers)) null else unmade, *arguments.toTypedArray())
        } catch (error: InvocationTargetException) {
            assertTrue(error.targetException is Exception, "$method: ${error.targetException}")
            failed(error.targetException)
        }
    }

    private fun written(thing: Any): ByteArray =
        ByteArrayOutputStream().also { bytes -> ObjectOutputStream(bytes).use { it.writeObject(thing) } }.toByteArray()

    private inline fun <reified T : Any> again(thing: T): T =
        ObjectInputStream(ByteArrayInputStream(written(thing))).use { it.readObject() as T }

    @Test
    fun `what stays here cannot be written`() {
        val guest = Guest("""(module (memory (export "m") 1) (table (export "t") 1 funcref) (func (export "f")))""")
        val store = guest.store
        val interruptible = store { epochInterruption = true }
        val exceptions = store { wasmExceptions = true }
        val garbage = store { wasmGc = true }
        val things =
            listOf<Any>(
                store,
                guest.instance,
                guest.exports,
                guest.exports.func("f"),
                guest.exports.memory("m"),
                guest.exports.table("t"),
                Global(store, GlobalType(ValType.I32, true), Val.I32(1)),
                Linker(guest.engine),
                Linker(guest.engine).instantiatePre(Module(guest.engine, "(module)")),
                OutputPipe(),
                MemoryDirectory(),
                WasiConfig().stdout(OutputPipe()),
                interruptible.interruptHandle(),
                Profiler(interruptible),
                Tag(exceptions, TagType(FuncType(emptyList(), emptyList()))),
                Reference.ofI31(garbage, 7),
            )
        for (thing in things) {
            assertTrue(thing !is Serializable, "$thing")
            assertTrue(fails<NotSerializableException> { written(thing) }.message!!.startsWith("dev.trimaran."))
            // Nor as a part of something else.
            fails<NotSerializableException> { written(arrayListOf(thing)) }
        }
    }

    @Test
    fun `a shared memory cannot be written`() {
        needsThreads()
        val memory = SharedMemory(engine { wasmThreads = true }, MemoryType(Limits(1, 2)))
        fails<NotSerializableException> { written(memory) }
    }

    @Test
    fun `an engine is written as its configuration`() {
        val engine = Engine(Config.untrusted().apply { target = System.getenv("TRIMARAN_TEST_TARGET") })
        val (one, other) = List(2) { again(engine) }
        assertEquals(engine.config, one.config)
        val store = Store(one)
        // The same engine: what one made works in a store of the other.
        for (each in listOf(one, other, Engine.shared(engine.config))) Instance(store, Module(each, "(module)"))
        assertEquals(engine.config, again(engine.config))
        assertEquals(StoreLimits.untrusted(), again(StoreLimits.untrusted()))
        engine.close()
        fails<WasmtimeException.Closed>("the engine is closed") { written(engine) }
    }

    @Test
    fun `errors are written with all they say`() {
        val guest = Guest("(module (func \$f (export \"f\") unreachable))")
        val trap = fails<WasmtimeException.Trap> { guest.call("f") }
        val twin = again(trap)
        assertEquals(listOf(trap.message, trap.code, trap.frames), listOf(twin.message, twin.code, twin.frames))
    }

    /** A copy, whose original is garbage. */
    private fun copied(guest: Guest): Val.FuncRef {
        val first = Val.FuncRef(guest.exports.func("f"))
        return first.copy().also { assertSame(first.func, it.func) }
    }

    @Test
    fun `a copy of what holds an object holds the same one`() {
        val guest = Guest("(module (func (export \"f\") (result i32) (i32.const 7)))")
        val copy = copied(guest)
        repeat(3) { System.gc() }
        val func: Func = copy.func!!
        assertEquals(7, func(guest.store))
    }
}
