package dev.trimaran.tests

import dev.trimaran.wat2wasm
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import kotlin.io.path.readBytes
import kotlin.io.path.writeText

/** The command line as `java -jar` starts it. Core's tests cover the commands. */
class MainTest {
    private class Ended(val status: Int, val output: String)

    private fun run(vararg arguments: String): Ended {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val options = listOf("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"))
        val command = listOf(java) + options + "dev.trimaran.Main" + arguments
        val process = ProcessBuilder(command).redirectErrorStream(true).start()
        val output = process.inputStream.readAllBytes().decodeToString()
        return Ended(process.waitFor(), output)
    }

    @Test
    fun `it runs, inspects and translates`(@TempDir folder: Path) {
        val text = """(module (func (export "add") (param i32 i32) (result i32)
            (i32.add (local.get 0) (local.get 1))))"""
        val file = folder.resolve("add.wat").apply { writeText(text) }.toString()
        val run = run("run", "--invoke", "add", file, "40", "2")
        assertEquals(0, run.status) { run.output }
        assertEquals("42", run.output.trim())
        val inspected = run("inspect", file)
        assertEquals(0, inspected.status) { inspected.output }
        assertTrue("add" in inspected.output)
        val binary = folder.resolve("add.wasm")
        val translated = run("wat2wasm", file, "-o", binary.toString())
        assertEquals(0, translated.status) { translated.output }
        assertArrayEquals(wat2wasm(text), binary.readBytes())
    }

    @Test
    fun `the guest's status is that of the process`(@TempDir folder: Path) {
        val text = """(module (import "wasi_snapshot_preview1" "proc_exit" (func ${'$'}exit (param i32)))
            (memory (export "memory") 0) (func (export "_start") (call ${'$'}exit (i32.const 7))))"""
        val file = folder.resolve("exit.wat").apply { writeText(text) }.toString()
        assertEquals(7, run("run", file).status)
    }

    @Test
    fun `what it does not know it explains`() {
        val help = run("--help")
        assertEquals(0, help.status)
        assertTrue("java -jar trimaran.jar" in help.output) { help.output }
        assertTrue(run("sail").status != 0)
    }
}
