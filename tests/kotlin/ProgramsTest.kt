package dev.trimaran.tests

import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.readText

/** A formatter of JSON: a real program, behind a protocol of bytes in linear memory. */
private class Formatter(file: Path) {
    private val engine = engine()
    private val store = Store(engine)
    private val exports = Instance(store, Module.fromFile(engine, file)).exports(store)
    private val memory = exports.memory("memory")

    init {
        send("""{"global":{},"plugin":{}}""")
        call("register_config", 1)
    }

    /** The code of the formatter, and the text that it gives with it. */
    fun format(name: String, text: String): Pair<Int, String> {
        send(name)
        call("set_file_path")
        send(text)
        return when (val code = call("format", 1) as Int) {
            0 -> code to text
            1 -> code to receive(call("get_formatted_text") as Int)
            else -> code to receive(call("get_error_text") as Int)
        }
    }

    private fun call(name: String, vararg arguments: Int) = exports.func(name)(store, *arguments.toTypedArray())

    private fun address() = (call("get_shared_bytes_ptr") as Int).toLong()

    private fun send(text: String) {
        val bytes = text.encodeToByteArray()
        call("clear_shared_bytes", bytes.size)
        memory.write(store, bytes, address())
    }

    private fun receive(length: Int): String = memory.readString(store, address(), length.toLong())
}

class ProgramsTest {
    private val data = root.resolve("examples/data")

    private fun check(program: Path) {
        val formatter = Formatter(program)
        val (code, text) = formatter.format("boat.json", data.resolve("boat.json").readText())
        assertEquals(1, code)
        assertTrue("\"hulls\": 3" in text)
        assertTrue("☂" in text)
        assertEquals(0 to text, formatter.format("boat.json", text))
        val (failed, error) = formatter.format("broken.json", data.resolve("broken.json").readText())
        assertEquals(2, failed)
        assertTrue(error.isNotBlank())
        // It goes on after an error.
        assertEquals(0 to text, formatter.format("boat.json", text))
    }

    @Test
    fun `dprint formats JSON`() {
        val given = System.getenv("TRIMARAN_DPRINT")
        val program = if (given.isNullOrEmpty()) root.resolve("target/programs/dprint-json.wasm") else Path.of(given)
        assumeTrue(program.exists(), "the program is not there: $program")
        check(program)
    }

    @Test
    fun `the formatter of the repository formats JSON`() = check(root.resolve("tests/modules/json_formatter.wat"))
}
