package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.FrameSymbol
import dev.trimaran.Func
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.io.PrintWriter
import java.io.StringWriter

/** Traps and exceptions have the lines of the guest's source. */
class DebugInfoTest {
    private val file = "/guest/divide.c"

    private fun module(engine: Engine): Module = Module.fromFile(engine, root.resolve("tests/modules/divide.wasm"))

    private fun func(store: Store, engine: Engine, name: String, ask: (Int) -> Int = { it }): Func =
        Instance(store, module(engine), listOf(Func.wrap(store, ask))).func(store, name)

    private fun trap(engine: Engine = engine()): WasmtimeException.Trap =
        Store(engine).use { store -> assertThrows { func(store, engine, "mean_of_first")(store, 0) } }

    @Test
    fun `a trap has files, lines and columns`() {
        val trap = trap()
        val (inner, outer) = trap.frames
        assertEquals(listOf(FrameSymbol("divide", file, 7, 17), FrameSymbol("mean", file, 15, 10)), inner.symbols)
        assertEquals(listOf(FrameSymbol("mean_of_first", file, 20, 10)), outer.symbols)
        assertTrue(trap.message.contains(" - divide\n                    at $file:7:17\n"), trap.message)
        assertEquals("divide at $file:7:17", inner.symbols[0].toString())
        assertTrue(inner.toString().endsWith("of the module ($file:7:17)"), "$inner")
    }

    @Test
    fun `the stack trace begins with the guest's calls`() {
        val trap = trap()
        val calls = trap.stackTrace.take(3).map { Triple(it.methodName, it.fileName, it.lineNumber) }
        assertEquals(
            listOf(Triple("divide", file, 7), Triple("mean", file, 15), Triple("mean_of_first", file, 20)),
            calls,
        )
        assertTrue(trap.stackTrace.any { it.className.endsWith("DebugInfoTest") })
        val printed = StringWriter().also { trap().printStackTrace(PrintWriter(it)) }.toString()
        assertTrue(printed.contains("divide($file:7)"), printed)
    }

    @Test
    fun `a trap that travels keeps its lines`() {
        val trap = trap()
        val bytes = ByteArrayOutputStream().also { ObjectOutputStream(it).writeObject(trap) }.toByteArray()
        val twin = ObjectInputStream(ByteArrayInputStream(bytes)).readObject() as WasmtimeException.Trap
        assertEquals(trap.frames, twin.frames)
        assertEquals(trap.message, twin.message)
    }

    @Test
    fun `an exception of the host has the guest's calls in its stack trace`() {
        val thrown = IllegalStateException("nobody knows")
        val engine = engine()
        Store(engine).use { store ->
            val run = func(store, engine, "call_host") { throw thrown.also { it.fillInStackTrace() } }
            repeat(2) {
                assertSame(thrown, assertThrows<IllegalStateException> { run(store, 1) })
                val place = thrown.stackTrace.indexOfFirst { it.fileName == file }
                assertEquals(30, thrown.stackTrace[place].lineNumber)
                assertEquals(1, thrown.stackTrace.count { it.fileName == file })
                // Between the host function and those that called the guest.
                assertTrue(thrown.stackTrace.take(place).any { it.className.contains("DebugInfoTest") })
                assertTrue(thrown.stackTrace.drop(place).any { it.className.contains("DebugInfoTest") })
            }
        }
    }

    @Test
    fun `an exception without a stack trace stays as it is`() {
        val bare = object : RuntimeException("bare", null, false, false) {}
        val engine = engine()
        Store(engine).use { store ->
            val run = func(store, engine, "call_host") { throw bare }
            assertSame(bare, assertThrows<RuntimeException> { run(store, 1) })
            assertEquals(0, bare.stackTrace.size)
        }
    }

    @Test
    fun `an engine may keep no lines, and a module tells of an offset`() {
        val plain = engine { wasmBacktraceDetails = false }
        assertEquals(listOf(emptyList<FrameSymbol>(), emptyList()), trap(plain).frames.map { it.symbols })
        assertNull(module(plain).debugInfo)
        val module = module(engine())
        val info = module.debugInfo!!
        module.close()
        assertEquals(setOf(file, null), (0L..2000).flatMap { info.symbols(it) }.map { it.file }.toSet())
        assertEquals(emptyList<FrameSymbol>(), info.symbols(-1))
    }
}
