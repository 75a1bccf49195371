package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.Trimaran
import dev.trimaran.WasmtimeException
import dev.trimaran.wat2wasm
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.nio.file.Path
import java.util.Collections
import kotlin.experimental.xor
import kotlin.io.path.writeBytes

class ModuleTest {
    private val engine = engine()

    @Test
    fun `modules that nobody closes do not fill the process`() {
        val artifact = Module(engine, "(module (func (export \"f\")))").serialize()
        // Each has mappings of its own, and all of them together more than a process may have.
        repeat(40_000) { Module.deserialize(engine, artifact) }
    }

    private val empty = byteArrayOf(0, 'a'.code.toByte(), 's'.code.toByte(), 'm'.code.toByte(), 1, 0, 0, 0)

    @Test
    fun `from text, bytes and files`(@TempDir folder: Path) {
        assertArrayEquals(empty, wat2wasm("(module)"))
        assertArrayEquals(empty, wat2wasm(empty))
        assertEquals("boat", Module(engine, "(module \$boat)").name)
        assertNull(Module(engine, empty).name)
        val file = folder.resolve("boat ☂.wasm").also { it.writeBytes(wat2wasm("(module \$boat)")) }
        assertEquals("boat", Module.fromFile(engine, file).name)
        assertEquals("boat", Module.fromFile(engine, file.toString()).name)
        val missing = folder.resolve("none").toString()
        val error = fails<WasmtimeException.Io> { Module.fromFile(engine, missing) }
        assertEquals(missing, error.path)
        assertEquals("$missing: ${error.reason}", error.message)
    }

    @Test
    fun `what a module lists, while it is open`() {
        val module = Module(engine(), """(module (import "a" "b" (func)) (memory (export "m") 1))""")
        assertSame(module.imports, module.imports)
        assertSame(module.exports, module.exports)
        assertEquals(listOf("b", "m"), listOf(module.imports[0].name, module.exports[0].name))
        module.close()
        fails<WasmtimeException.Closed> { module.imports }
        fails<WasmtimeException.Closed> { module.exports }
    }

    @Test
    fun `compiled modules are kept`(@TempDir folder: Path) {
        val artifact = Module(engine, "(module \$boat)").serialize()
        assertEquals("boat", Module.deserialize(engine, artifact).name)
        val file = folder.resolve("boat.cwasm").also { it.writeBytes(artifact) }
        assertEquals("boat", Module.deserializeFile(engine, file).name)
        assertEquals("boat", Module.deserializeFile(engine, file.toString()).name)
        artifact[artifact.size / 2]++
        fails<WasmtimeException.Artifact> { Module.deserialize(engine, artifact) }
        fails<WasmtimeException.Artifact> { Module.deserialize(engine, ByteArray(0)) }
        fails<WasmtimeException.Io> { Module.deserializeFile(engine, folder.resolve("none")) }
    }

    private fun written(it: Any): ByteArray {
        val bytes = ByteArrayOutputStream()
        ObjectOutputStream(bytes).use { out -> out.writeObject(it) }
        return bytes.toByteArray()
    }

    private fun read(bytes: ByteArray): Any? = ObjectInputStream(bytes.inputStream()).use { it.readObject() }

    @Test
    fun `modules are serializable`() {
        val engine = engine { wasmSimd = true }
        val text = """(module ${'$'}boat (func (export "sail") (result i32) (i32.const 7)))"""
        val module = Module(engine, text)
        val bytes = written(listOf(module, module))
        val (one, same) = read(bytes) as List<*>
        assertSame(one, same)
        assertEquals("boat", (one as Module).name)
        assertEquals(engine.config, one.engine.config)
        assertEquals(7, Store(one.engine).let { Instance(it, one).func(it, "sail")(it) })
        // A flipped bit is found, wherever it is in what was packed.
        val packed = module.pack()
        assertEquals("boat", Module.unpack(packed).name)
        val start = Collections.indexOfSubList(bytes.asList(), packed.asList())
        for (at in listOf(0, packed.size / 2, packed.size - 1)) {
            val changed = bytes.copyOf().also { it[start + at] = it[start + at] xor 1 }
            fails<WasmtimeException.Artifact> { read(changed) }
        }
        module.close()
        fails<WasmtimeException.Closed> { written(module) }
    }

    @Test
    fun `packed modules of one configuration share an engine`() {
        val packed = List(2) { Module(engine { wasmSimd = true }, "(module ${'$'}m$it)").pack() }
        val (one, two) = packed.map(Module::unpack)
        val store = Store(one.engine)
        for (module in listOf(one, two)) Instance(store, module)
        val shared = Engine.shared(config().apply { wasmSimd = true })
        Instance(Store(shared), one)
        assertEquals(shared.compatibilityHash, one.engine.compatibilityHash)
    }

    @Test
    fun `engines are equal where they are the same one`() {
        val (one, two) = List(2) { Engine.shared(config().apply { wasmSimd = true }) }
        val module = Module(one, empty)
        assertEquals(one, two)
        assertEquals(one, module.engine)
        assertEquals(setOf(one), setOf(one, two, module.engine))
        val (mine, other) = List(2) { engine() }
        assertNotEquals(mine, other)
        assertNotEquals(mine, one)
        assertEquals(mine, Module(mine, empty).engine)
        assertFalse(mine.equals("engine"))
    }

    @Test
    fun `engines compile ahead of time`() {
        val artifact = engine.precompile("(module ${'$'}boat)")
        assertTrue(engine.accepts(artifact))
        assertTrue(engine.accepts(engine.precompile(empty)))
        assertEquals("boat", Module.deserialize(engine, artifact).name)
        assertFalse(engine.accepts(artifact.copyOf().also { it[20]++ }))
        assertFalse(engine.accepts(ByteArray(0)))
        assertFalse(engine { consumeFuel = true }.accepts(artifact))
        fails<WasmtimeException.Compile> { engine.precompile("no module") }
        fails<WasmtimeException.Syntax> { engine.precompile("(module") }
        assertEquals(engine.compatibilityHash, engine().compatibilityHash)
        assertNotEquals(engine.compatibilityHash, engine { consumeFuel = true }.compatibilityHash)
    }

    @Test
    fun `one version for every package`() = assertEquals(System.getProperty("trimaran.version"), Trimaran.version)
}
