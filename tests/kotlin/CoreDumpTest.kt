package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

/** Core dumps: what a store was when a guest trapped, as a file. */
class CoreDumpTest {
    @TempDir
    private lateinit var folder: Path

    private val text = """(module (memory 1) (data (i32.const 7) "in the memory") (func (export "run") unreachable))"""

    private fun trap(engine: Engine, use: (WasmtimeException.Trap) -> Unit = {}): WasmtimeException.Trap =
        Store(engine).use { store ->
            val run = Instance(store, Module(engine, text)).func(store, "run")
            assertThrows<WasmtimeException.Trap> { run(store) }.also(use)
        }

    @Test
    fun `a trap writes its store`() {
        val file = folder.resolve("guest.core")
        trap(engine { coredumpOnTrap = true }) { it.coredump(file) }
        val bytes = Files.readAllBytes(file)
        assertEquals(1, Module.customSections(bytes, "corestack").size)
        assertTrue(String(bytes, Charsets.ISO_8859_1).contains("in the memory"))
    }

    @Test
    fun `why there is none`() {
        val file = folder.resolve("guest.core")
        trap(engine()) { assertThrows<WasmtimeException.Config> { it.coredump(file) } }
        val kept = trap(engine { coredumpOnTrap = true }) { assertThrows<WasmtimeException.Io> { it.coredump(folder) } }
        assertThrows<WasmtimeException.Closed> { kept.coredump(file) }
        assertFalse(Files.exists(file))
    }
}
