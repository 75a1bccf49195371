// Gives a guest host functions: lambdas, which read its memory, and may stop it.
//
// usage: host_functions PLUGIN

import dev.trimaran.Engine
import dev.trimaran.Exports
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.ValType
import kotlin.system.exitProcess

/** What this program stops a guest with. */
private class Enough : Exception("no more of this")

/** Plugins, which count the words of a text. */
private class Plugins(path: String) : AutoCloseable {
    private val engine = Engine()
    val store = Store(engine)
    private val module = Module.fromFile(engine, path)

    // The receiver is the caller, the instance that calls. Its exports are at hand.
    private val word =
        Func(store, FuncType(listOf(ValType.I32, ValType.I32), listOf())) { (start, length) ->
            val text = memory("memory").readString(store, start.asLong(), length.asLong())
            println("the guest says: $text")
            listOf()
        }

    /** What a plugin exports, where [limit] says how many words it may count. */
    fun plugin(limit: (Int) -> Int): Exports =
        Instance(store, module, listOf(word, Func.wrap(store) { count: Int -> limit(count) })).exports(store)

    /** Has a plugin count the words of a text. */
    fun count(text: String, plugin: Exports): Int {
        plugin.memory("memory").write(store, text)
        return plugin.func("words")(store, 0, text.length) as Int
    }

    override fun close() = store.close()
}

fun main(arguments: Array<String>) {
    if (arguments.size != 1) {
        println("usage: host_functions PLUGIN")
        exitProcess(2)
    }
    Plugins(arguments.single()).use { plugins ->
        val patient = plugins.plugin { 1000 }
        println("${plugins.count("a language is a world", patient)} words")

        // The bytes themselves, without a copy.
        val view = patient.memory("memory").view(plugins.store, 0, 2)
        val digits = List(view.remaining()) { "%02x".format(view.get(it)) }
        println("first ${digits.size} bytes by a view: ${digits.joinToString(" ")}")

        val enough = Enough()
        val stopped = plugins.plugin { count -> if (count == 2) throw enough else 1000 }
        try {
            plugins.count("stop here now", stopped)
        } catch (error: Enough) {
            check(error === enough)
            println("stopped by the host: ${error.message}")
        }
        val counted = stopped.global("count").get(plugins.store).asInt()
        println("the count that the guest had come to: $counted")
    }
}
