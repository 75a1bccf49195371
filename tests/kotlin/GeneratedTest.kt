package dev.trimaran.tests

import dev.trimaran.internal.NativeException
import dev.trimaran.internal.NativeObject
import dev.trimaran.internal.ffi.Config
import dev.trimaran.internal.ffi.Extern
import dev.trimaran.internal.ffi.Func
import dev.trimaran.internal.ffi.FuncType
import dev.trimaran.internal.ffi.GlobalType
import dev.trimaran.internal.ffi.HeapType
import dev.trimaran.internal.ffi.Instance
import dev.trimaran.internal.ffi.Limits
import dev.trimaran.internal.ffi.Linker
import dev.trimaran.internal.ffi.MemoryType
import dev.trimaran.internal.ffi.OutputPipe
import dev.trimaran.internal.ffi.RefType
import dev.trimaran.internal.ffi.Reference
import dev.trimaran.internal.ffi.SharedMemory
import dev.trimaran.internal.ffi.Store
import dev.trimaran.internal.ffi.StoreLimits
import dev.trimaran.internal.ffi.TableType
import dev.trimaran.internal.ffi.Tag
import dev.trimaran.internal.ffi.TagType
import dev.trimaran.internal.ffi.Val
import dev.trimaran.internal.ffi.ValType
import dev.trimaran.internal.ffi.WasiConfig
import dev.trimaran.internal.ffi.WasmtimeError
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.lang.reflect.Constructor
import java.lang.reflect.Executable
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.lang.reflect.Modifier

/** Every generated method, with everything that is wrong with its arguments: the library says so, and goes on. */
class GeneratedTest {
    /** What a method has given, or failed with. */
    private class Outcome(val name: String, val executable: Executable, val error: Throwable?) {
        override fun toString() = "$name: ${(error as? NativeException)?.sentence() ?: error}"
    }

    /** One object of each class, in a store of its own. */
    private class World {
        private val guest =
            Guest(
                """(module (memory (export "m") 1) (table (export "t") 2 funcref) (func (export "f"))
                  (global (export "g") (mut i32) (i32.const 1)))""",
            ) {
                epochInterruption = true
                consumeFuel = true
                wasmExceptions = true
                wasmGc = true
                sharedMemory = true
            }
        val store: Store = guest.store.raw
        private val module = dev.trimaran.Module(guest.engine, "(module)")
        private val linker = Linker(guest.engine.raw)
        private val shared = runCatching { SharedMemory(guest.engine.raw, MemoryType(Limits(1u, 1u), false, true)) }
        private val keep = listOf(guest, module)

        val objects: Map<Class<*>, NativeObject> =
            listOfNotNull(
                guest.engine.raw,
                store,
                module.raw,
                linker,
                linker.instantiatePre(module.raw),
                guest.instance.raw,
                guest.exports.func("f").raw,
                guest.exports.memory("m").raw,
                guest.exports.table("t").raw,
                guest.exports.global("g").raw,
                Tag(store, TagType(FuncType(emptyList(), emptyList()))),
                Reference.ofI31(store, 1),
                store.interruptHandle(),
                OutputPipe(null),
                shared.getOrNull(),
            ).associateBy { it.javaClass }
    }

    private val classes: List<Class<*>> =
        File(Instance::class.java.protectionDomain.codeSource.location.toURI())
            .resolve("dev/trimaran/internal/ffi")
            .listFiles()!!
            .map { Class.forName("dev.trimaran.internal.ffi.${it.name.removeSuffix(".class")}") }
            .filter { NativeObject::class.java.isAssignableFrom(it) }

    /** A value of a type that is no object. */
    private fun plain(type: Class<*>, number: Long): Any? =
        when (type) {
            Int::class.java -> number.toInt()
            Long::class.java -> number
            Short::class.java -> number.toShort()
            Byte::class.java -> number.toByte()
            Float::class.java -> number.toFloat()
            Double::class.java -> number.toDouble()
            Boolean::class.java -> number != 0L
            Long::class.javaObjectType -> number
            // Without a sign. None of a timeout would be for ever.
            ULong::class.java -> null.takeIf { number != 0L } ?: ulong(0)
            String::class.java -> "no such thing \u0000 ü"
            ByteArray::class.java -> byteArrayOf(1, 2, 3)
            List::class.java -> emptyList<Any>()
            Config::class.java -> Config(target = System.getenv("TRIMARAN_TEST_TARGET"))
            StoreLimits::class.java -> StoreLimits()
            WasiConfig::class.java -> WasiConfig()
            FuncType::class.java -> FuncType(emptyList(), emptyList())
            GlobalType::class.java -> GlobalType(ValType.I32, true)
            MemoryType::class.java -> MemoryType(Limits(number.toULong()))
            TableType::class.java -> TableType(RefType(true, HeapType.Func), Limits(number.toULong()))
            TagType::class.java -> TagType(FuncType(emptyList(), emptyList()))
            RefType::class.java -> RefType(true, HeapType.Func)
            Val::class.java -> Val.F64(7u)
            else -> error("no value of $type")
        }

    private fun ulong(number: Long): Any =
        ULong::class.java.getDeclaredMethod("box-impl", Long::class.java).invoke(null, number)

    /** A constructor or a method, and what it is called on. */
    private class Call(val type: Class<*>, val executable: Executable, val owner: Any?)

    /** Every constructor and every method, on objects of [owner]. */
    private fun calls(owner: (Class<*>) -> Any?): List<Call> =
        classes
            .flatMap { type ->
                val companion = runCatching { type.getField("Companion").get(null) }.getOrNull()
                val others = companion?.javaClass?.declaredMethods.orEmpty().filter { Modifier.isPublic(it.modifiers) }
                val own =
                    type.declaredMethods
                        .filter { Modifier.isPublic(it.modifiers) }
                        .filterNot { Modifier.isStatic(it.modifiers) }
                // Not the one that takes a handle.
                val makes = type.constructors.filter { it.parameterTypes.toList() != listOf(Long::class.java) }
                makes.filterNot { it.isSynthetic }.map { Call(type, it, null) } +
                    others.map { Call(type, it, companion) } +
                    own.mapNotNull { method -> owner(type)?.let { Call(type, method, it) } }
            }.sortedBy { it.executable.name == "release" }

    /** Does all of them, with objects of [given]. */
    private fun outcomes(owner: (Class<*>) -> Any?, given: (Class<*>) -> Any?, number: Long = 0): List<Outcome> =
        calls(owner).map { outcome(it.type, it.executable, it.owner, given, number) }

    private fun outcome(
        type: Class<*>,
        executable: Executable,
        owner: Any?,
        given: (Class<*>) -> Any?,
        number: Long,
    ): Outcome {
        val arguments = executable.parameterTypes.map { argument(it, given, number) }.toTypedArray()
        val name = "${type.simpleName}.${executable.name.substringBefore('-')}"
        return try {
            when (executable) {
                is Constructor<*> -> executable.newInstance(*arguments)
                is Method -> executable.invoke(owner, *arguments)
            }
            Outcome(name, executable, null)
        } catch (error: InvocationTargetException) {
            Outcome(name, executable, error.targetException)
        }
    }

    private fun argument(type: Class<*>, given: (Class<*>) -> Any?, number: Long): Any? =
        when {
            type == Extern::class.java ->
                Extern.OfFunc((given(Func::class.java) ?: unmade(Func::class.java)) as Func)
            NativeObject::class.java.isAssignableFrom(type) -> given(type) ?: unmade(type)
            else -> plain(type, number)
        }

    /** An object that no constructor made. */
    private fun unmade(type: Class<*>): Any {
        val unsafe = Class.forName("sun.misc.Unsafe")
        val theUnsafe = unsafe.getDeclaredField("theUnsafe").apply { isAccessible = true }.get(null)
        return unsafe.getMethod("allocateInstance", Class::class.java).invoke(theUnsafe, type)
    }

    /** Each has given something, or an error of the library's that says what is wrong. */
    private fun check(outcomes: List<Outcome>, isRight: (Outcome) -> Boolean) {
        assertTrue(outcomes.size > 100, "${outcomes.size} outcomes")
        for (outcome in outcomes) (outcome.error as? NativeException)?.let { assertTrue(it.sentence().isNotEmpty()) }
        assertEquals(emptyList<Outcome>(), outcomes.filterNot(isRight))
        // And it goes on.
        assertEquals(7, Guest("(module (func (export \"f\") (result i32) (i32.const 7)))").call("f"))
    }

    private fun Outcome.isFine() =
        error == null || error is NativeException && error.read() !is WasmtimeError.Unexpected

    private fun Outcome.takesStore() = Store::class.java in executable.parameterTypes

    private fun Outcome.isCalledOnObject() =
        executable is Method && NativeObject::class.java.isAssignableFrom(executable.declaringClass)

    @Test
    fun `numbers at their ends`() {
        for (number in listOf(0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, Int.MAX_VALUE.toLong())) {
            val world = World()
            check(outcomes(world.objects::get, world.objects::get, number)) { it.isFine() }
        }
    }

    @Test
    fun `objects of another store`() {
        val (one, other) = World() to World()
        check(outcomes(one.objects::get, other.objects::get)) { it.isFine() }
    }

    @Test
    fun `a closed store`() {
        val world = World()
        world.store.release()
        // These look for a number first, which is not there.
        val others = setOf("Linker.host", "InstancePre.host")
        check(outcomes(world.objects::get, world.objects::get, number = 1)) { outcome ->
            val isClosed = (outcome.error as? NativeException)?.read() is WasmtimeError.Closed
            outcome.isFine() && (isClosed || !outcome.takesStore() || outcome.name in others)
        }
    }

    @Test
    fun `objects that no constructor made`() {
        val world = World()
        val refused = { outcome: Outcome -> outcome.isFine() || outcome.error is IllegalStateException }
        check(outcomes(::unmade, world.objects::get)) { !it.isCalledOnObject() || it.error is IllegalStateException }
        check(outcomes(world.objects::get, { null }), refused)
        check(outcomes(world.objects::get, { null })) { it.error is IllegalStateException || !it.takesStore() }
    }
}
