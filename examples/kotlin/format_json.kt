// Formats a JSON file with a real program: the dprint plugin for JSON, as it comes from npm.
//
// usage: format_json PLUGIN.wasm FILE.json

import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import java.io.File
import kotlin.system.exitProcess

/** A dprint plugin. Bytes go in and out through a buffer in its memory. */
private class Formatter(plugin: String) : AutoCloseable {
    private val engine = Engine()
    private val store = Store(engine)
    private val exports = Instance(store, Module.fromFile(engine, plugin)).exports(store)
    private val memory = exports.memory("memory")

    init {
        send("""{"global":{},"plugin":{}}""")
        call("register_config", 1)
    }

    /** The text, formatted. Fails with a [FormatException] where it is not JSON. */
    fun format(text: String, path: String): String {
        send(path)
        call("set_file_path")
        send(text)
        return when (call("format", 1)) {
            0 -> text
            1 -> receive(call("get_formatted_text") as Int)
            else -> throw FormatException(receive(call("get_error_text") as Int))
        }
    }

    override fun close() = store.close()

    private fun call(name: String, vararg arguments: Any) = exports.func(name)(store, *arguments)

    private fun send(text: String) {
        val bytes = text.encodeToByteArray()
        call("clear_shared_bytes", bytes.size)
        memory.write(store, bytes, buffer())
    }

    private fun receive(length: Int): String = memory.readString(store, buffer(), length.toLong())

    private fun buffer(): Long = (call("get_shared_bytes_ptr") as Int).toLong()
}

/** What the plugin says about a text that it cannot format. */
private class FormatException(message: String) : Exception(message)

fun main(arguments: Array<String>) {
    if (arguments.size != 2) {
        println("usage: format_json PLUGIN.wasm FILE.json")
        exitProcess(2)
    }
    val (plugin, file) = arguments
    try {
        val formatted = Formatter(plugin).use { it.format(File(file).readText(), file) }
        print(if (formatted.endsWith("\n")) formatted else formatted + "\n")
    } catch (error: FormatException) {
        println("error: ${error.message?.trim()}")
        exitProcess(1)
    }
}
