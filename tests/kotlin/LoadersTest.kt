package dev.trimaran.tests

import com.sun.management.HotSpotDiagnosticMXBean
import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Limits
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.OutputSink
import dev.trimaran.Store
import dev.trimaran.Trimaran
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.File
import java.lang.management.ManagementFactory
import java.lang.ref.WeakReference
import java.net.URLClassLoader
import kotlin.system.exitProcess

/** A class loader that has used the package is collected, as when a server unloads a program. */
class LoadersTest {
    @Test
    fun `a program beside which the package stays is collected`() {
        assertEquals("collected", Child(listOf(), "LoadersTestKt", "program").output().lines().last())
    }

    @Test
    fun `the package itself is collected after shutdown, and its threads' end`() {
        // Kotlin's reflection, which other tests need, keeps what is softly reachable. That goes when there is no room.
        val options = listOf("-XX:SoftRefLRUPolicyMSPerMB=0")
        assertEquals("collected", Child(options, "LoadersTestKt", "package").output().lines().last())
    }
}

private class Oops : Exception("thrown by a host function")

/** Uses a bit of everything, and closes nothing but what has to be. */
object LoaderProgram {
    @JvmStatic
    fun run(shutdown: Boolean) {
        use()
        if (shutdown) Trimaran.shutdown()
    }

    private fun use() {
        val engine = Engine(Config().apply { epochInterruption = true })
        val module =
            Module(
                engine,
                """(module (import "host" "f" (func ${'$'}f (param i32) (result i32)))
                  (memory (export "memory") 1) (table (export "table") 1 funcref) (elem (i32.const 0) func ${'$'}f)
                  (func (export "call") (param i32) (result i32) (call ${'$'}f (local.get 0)))
                  (func (export "loop") (loop (br 0))))""",
            )
        val linker = Linker(engine).apply { defineWasi() }
        linker.wrap("host", "f") { number: Int -> if (number == 0) throw Oops() else number }
        val store = Store(engine, LoaderProgram)
        store.setWasi { stdout(OutputSink { }) }
        store.setTimeout(java.time.Duration.ofMillis(100))
        val exports = linker.instantiate(store, module).exports(store)
        check(exports.func("call")(store, 3) == 3)
        check(runCatching { exports.func("call")(store, 0) }.exceptionOrNull() is Oops)
        check(runCatching { exports.func("loop")(store) }.exceptionOrNull() is WasmtimeException.Trap)
        check(exports.memory("memory").view(store).get(0) == 0.toByte())
        check((exports.table("table")[store, 0] as Val.FuncRef).func!!.call(store, Val.I32(5)) == listOf(Val.I32(5)))
        val interrupted = Thread { runCatching { exports.func("loop")(store) } }.apply { start() }
        Thread.sleep(20)
        interrupted.interrupt()
        interrupted.join()
        Store(engine).use { other ->
            val type = FuncType(listOf(), listOf(ValType.externref()))
            Func(other, type) { listOf(Val.ExternRef(LoaderProgram)) }.call(other)
            Memory(other, MemoryType(Limits(1))).grow(other, 1)
            runCatching { Module(engine, "(module") }
        }
        if (javaVersion >= 21) virtual { check(exports.func("call")(store, 7) == 7) }.join()
    }
}

private fun used(shutdown: Boolean): WeakReference<ClassLoader> {
    val here = ClassLoader.getSystemClassLoader()
    val places = Child.classPath.split(File.pathSeparator).map { File(it) }
    val loader =
        if (shutdown) {
            URLClassLoader(places.map { it.toURI().toURL() }.toTypedArray(), ClassLoader.getPlatformClassLoader())
        } else {
            // The program's own classes in front of those that everything else has.
            val own = places.first { File(it, "dev/trimaran/tests").isDirectory }.toURI().toURL()
            object : URLClassLoader(arrayOf(own), here) {
                override fun loadClass(name: String, resolve: Boolean): Class<*> =
                    if (name.startsWith("dev.trimaran.tests.")) {
                        findLoadedClass(name) ?: findClass(name)
                    } else {
                        super.loadClass(name, resolve)
                    }
            }
        }
    val program = loader.loadClass("dev.trimaran.tests.LoaderProgram")
    check(program.classLoader === loader)
    val run = program.getMethod("run", Boolean::class.javaPrimitiveType)
    run.invoke(null, shutdown)
    loader.close()
    return WeakReference(loader)
}

/** Puts programs in and takes them out, and says whether they went. */
fun main(arguments: Array<String>) {
    val loaders = List(3) { used(arguments[0] == "package") }
    val end = System.nanoTime() + 40_000_000_000
    while (loaders.any { it.get() != null } && System.nanoTime() < end) {
        System.gc()
        Thread.sleep(50)
    }
    val left = loaders.count { it.get() != null }
    val diagnostics = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean::class.java)
    arguments.getOrNull(1)?.let { diagnostics.dumpHeap(it, true) }
    Thread.getAllStackTraces().keys.forEach { println("${it.name} ${it.javaClass}") }
    println(if (left == 0) "collected" else "$left are left")
    exitProcess(0)
}
