package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.TrapCode
import dev.trimaran.WasmtimeException
import dev.trimaran.wat2wasm
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.ObjectOutputStream
import java.nio.file.Files
import java.nio.file.Path

class ErrorsTest {
    private val guest =
        Guest("""(module ${'$'}boat (func ${'$'}sink (unreachable)) (func (export "sail") (call ${'$'}sink)))""")

    @Test
    fun `a trap has a code, its words and the guest's stack`() {
        val trap = fails<WasmtimeException.Trap> { guest.call("sail") }
        assertEquals(TrapCode.UNREACHABLE_CODE_REACHED, trap.code)
        assertEquals(listOf("sink", "sail"), trap.frames.map { it.funcName })
        assertEquals(listOf("boat", "boat"), trap.frames.map { it.moduleName })
        assertEquals(0, trap.frames[0].funcIndex)
        assertTrue(trap.reason.contains("unreachable"))
        assertTrue(trap.message.startsWith("${trap.reason}, in function `sink` at offset 0x"))
    }

    @Test
    fun `the hierarchy is closed`() {
        val error: WasmtimeException = fails<WasmtimeException.NotFound> { guest.exports.getValue("swim") }
        val kind =
            when (error) {
                is WasmtimeException.NotFound -> error.name
                is WasmtimeException.Compile, is WasmtimeException.Syntax, is WasmtimeException.Link,
                is WasmtimeException.Trap, is WasmtimeException.Exit, is WasmtimeException.Host,
                is WasmtimeException.Type, is WasmtimeException.Range, is WasmtimeException.Bounds,
                is WasmtimeException.Encoding, is WasmtimeException.Limit, is WasmtimeException.Closed,
                is WasmtimeException.WrongStore, is WasmtimeException.WrongEngine, is WasmtimeException.Escaped,
                is WasmtimeException.Poisoned, is WasmtimeException.Busy, is WasmtimeException.Config,
                is WasmtimeException.Artifact, is WasmtimeException.Io, is WasmtimeException.Unsupported,
                is WasmtimeException.Unexpected, is WasmtimeException.Suspend,
                -> null
            }
        assertEquals("swim", kind)
        assertEquals("there is no export `swim`: the instance exports `sail`", error.message)
    }

    @Test
    fun `errors of text have a line and a column`() {
        val error = fails<WasmtimeException.Syntax> { wat2wasm("(module\n  (func (nop)") }
        assertEquals(2, error.line)
        assertEquals(" 2 |   (func (nop)\n   |              ^", error.excerpt)
        assertEquals("${error.reason} (line ${error.line}, column ${error.column})\n${error.excerpt}", error.message)
    }

    @Test
    fun `errors name the file, and say why it cannot be read`(@TempDir folder: Path) {
        val file = folder.resolve("plugin.wat")
        val missing = fails<WasmtimeException.Io> { Module.fromFile(guest.engine, file.toString()) }
        assertEquals(listOf(file.toString(), 2), listOf(missing.path, missing.code))
        Files.writeString(file, "(module\n  (fonc))")
        val error = fails<WasmtimeException.Syntax> { Module.fromFile(guest.engine, file.toString()) }
        assertTrue(error.message.startsWith("$file: "), error.message)
        assertTrue(error.message.endsWith(" (line 2, column 4)\n 2 |   (fonc))\n   |    ^"), error.message)
        Files.writeString(file, "(module (func (result i32)))")
        val invalid = fails<WasmtimeException.Compile> { Module.fromFile(guest.engine, file.toString()) }
        assertTrue(invalid.message.startsWith("$file: "), invalid.message)
    }

    @Test
    fun `they can be kept and sent, and nothing private is behind them`() {
        val errors =
            listOf<() -> Unit>(
                { guest.call("sail") },
                { guest.exports.getValue("swim") },
                { Module(guest.engine, "(") },
                { Instance(guest.store, Module(guest.engine, """(module (import "a" "b" (func)))""")) },
            ).map { fails<WasmtimeException> { it() } }
        for (error in errors) {
            assertNull(error.cause)
            assertEquals(error.javaClass.name + ": " + error.message, error.toString())
            assertTrue(error.stackTrace.any { it.className == javaClass.name })
            ObjectOutputStream(ByteArrayOutputStream()).use { it.writeObject(error) }
        }
        val link = assertInstanceOf(WasmtimeException.Link::class.java, errors.last())
        assertEquals("a" to "b", link.module to link.name)
    }

    @Test
    fun `text that is no Unicode is a typed error`() {
        val half = "\ud800"
        val sentence = "the text has half of a surrogate pair"
        fails<WasmtimeException.Encoding>(sentence) { guest.instance.export(guest.store, half) }
        fails<WasmtimeException.Encoding> { Module.fromFile(guest.engine, half) }
        fails<WasmtimeException> { Engine { target = half } }
        fails<WasmtimeException.Encoding> { Module(guest.engine, "(module \"$half\")") }
        fails<WasmtimeException.Encoding> { wat2wasm(half) }
        fails<WasmtimeException.Encoding> { Room().run { memory.write(store, half) } }
    }

    @Test
    fun `everything that is closed twice or used afterwards`() {
        val (engine, store) = guest.engine to guest.store
        val module = Module(engine, "(module)")
        for (thing in listOf(module, store, engine)) {
            thing.use { }
            thing.close()
        }
        fails<WasmtimeException.Closed>("the engine is closed") { engine.isPulley }
        fails<WasmtimeException.Closed> { engine.incrementEpoch() }
        fails<WasmtimeException.Closed> { Store(engine) }
        fails<WasmtimeException.Closed> { Module(engine, "(module)") }
        fails<WasmtimeException.Closed> { Module.validate(engine, "(module)") }
        assertEquals("module", fails<WasmtimeException.Closed> { module.name }.what)
        fails<WasmtimeException.Closed> { module.imports }
        fails<WasmtimeException.Closed> { module.exports }
        fails<WasmtimeException.Closed> { module.serialize() }
        fails<WasmtimeException.Closed> { module.pack() }
        fails<WasmtimeException.Closed> { Instance(store, module) }
        assertTrue(store.isClosed)
        fails<WasmtimeException.Closed>("the store is closed") { guest.instance.exports(store) }
        fails<WasmtimeException.Closed> { guest.call("sail") }
        fails<WasmtimeException.Closed> { guest.exports.func("sail").type(store) }
        fails<WasmtimeException.Closed> { store.gc() }
        fails<WasmtimeException.Closed> { store.fuel }
        fails<WasmtimeException.Closed> { store.fuel = 1 }
        fails<WasmtimeException.Closed> { store.setEpochDeadline(1) }
        fails<WasmtimeException.Closed> { store.setLimits(memories = 1) }
        fails<WasmtimeException.Closed> { store.setWasi { } }
    }
}
