// Runs a guest that uses WASI, with nothing of this machine but what it is given.
//
// usage: wasi MODULE

import dev.trimaran.Engine
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.OutputPipe
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import kotlin.system.exitProcess

fun main(arguments: Array<String>) {
    if (arguments.size != 1) {
        println("usage: wasi MODULE")
        exitProcess(2)
    }
    val engine = Engine()
    val linker = Linker(engine).apply { defineWasi() }
    val output = OutputPipe()

    Store(engine).use { store ->
        store.setWasi {
            argv("greet", "world")
            stdin("hello")
            stdout(output)
            // A clock that stands still, so that every run prints the same.
            clock(1_000_000_000)
        }
        val guest = linker.instantiate(store, Module.fromFile(engine, arguments.single()))
        guest.func(store, "args")(store)
        guest.func(store, "cat")(store, 1)
        output.text().lines().forEach { println("guest: $it") }
        println("clock: ${guest.func(store, "clock")(store, 0)}")

        try {
            guest.func(store, "exit")(store, 3)
        } catch (end: WasmtimeException.Exit) {
            println("exit: ${end.status}")
        }
    }
}
