// Runs a component: a record, a result, a resource and a function of the host: components COMPONENT.

import dev.trimaran.Engine
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import dev.trimaran.component.Err
import dev.trimaran.component.Linker
import dev.trimaran.component.Ok
import dev.trimaran.component.Record
import dev.trimaran.component.Resource
import java.nio.file.Path

fun main(arguments: Array<String>) {
    val engine = Engine()
    val component = Component.fromFile(engine, Path.of(arguments[0]))
    val linker = Linker(engine)
    // A compatible version serves: the component asks for 1.0.0.
    val log = linker.instance("example:host/log@1.2.0")
    log.func("write") { (text) -> println("the component says: $text") }

    Store(engine).use { store ->
        val instance = linker.instantiate(store, component)

        val stats = instance.func(store, "stats")(store, "a language is a world") as Record
        println("${stats["words"]} words in ${stats["byte-count"]} bytes")

        val half = instance.func(store, "half")
        for (number in listOf(10, 7)) {
            when (val result = half(store, number)) {
                is Ok -> println("half of $number is ${result.value}")
                is Err -> println("half of $number: ${result.error}")
            }
        }

        val following = instance.func(store, "[method]counter.next")
        (instance.func(store, "[constructor]counter")(store, 40) as Resource).use { counter ->
            println("the counter gives ${following(store, counter)}, then ${following(store, counter)}")
        }

        try {
            half(store, -1)
        } catch (error: WasmtimeException.Range) {
            println(error.message)
        }
    }
}
