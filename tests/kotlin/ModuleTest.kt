package dev.trimaran.tests

import dev.trimaran.Module
import dev.trimaran.Trimaran
import dev.trimaran.WasmtimeException
import dev.trimaran.wat2wasm
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import kotlin.io.path.writeBytes

class ModuleTest {
    private val engine = engine()
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

    @Test
    fun `what is no module`() {
        val nothing = "not a WebAssembly module: there are no bytes"
        fails<WasmtimeException.Compile>(nothing) { Module(engine, ByteArray(0)) }
        fails<WasmtimeException.Compile> { Module(engine, "#!/bin/sh") }
        fails<WasmtimeException.Compile> { Module(engine, empty.copyOf(6)) }
        fails<WasmtimeException.Compile> { Module.validate(engine, "(module (func (result i32)))") }
        fails<WasmtimeException.Compile> { Module.validate(engine, empty + 99) }
        Module.validate(engine, empty)
    }

    @Test
    fun `one version for every package`() = assertEquals(System.getProperty("trimaran.version"), Trimaran.version)
}
