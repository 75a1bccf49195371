// Links modules by name: with a host function, and with each other.

import dev.trimaran.Engine
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.WasmtimeException

private const val MATH = """
(module
  (func (export "double") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 2))))"""

private const val PROGRAM = """
(module
  (import "env" "log" (func (param i32)))
  (import "math" "double" (func (param i32) (result i32)))
  (func (export "run") (param i32) (result i32)
    (local.set 0 (call 1 (local.get 0)))
    (call 0 (local.get 0))
    (i32.add (local.get 0) (i32.const 1))))"""

private const val INCOMPLETE = """
(module
  (import "env" "missing" (func (param i64)))
  (import "env" "memory" (memory 1)))"""

fun main() {
    val engine = Engine()
    val linker = Linker(engine)
    // Any store can use it.
    linker.wrap("env", "log") { number: Int -> println("log: $number") }

    Store(engine).use { store ->
        // The module is instantiated now; what it exports has names from now on.
        linker.defineModule(store, "math", Module(engine, MATH))
        val program = linker.instantiate(store, Module(engine, PROGRAM))
        println("run: ${program.func(store, "run")(store, 20)}")

        try {
            linker.instantiate(store, Module(engine, INCOMPLETE))
        } catch (error: WasmtimeException.Link) {
            println("error: ${error.message}")
        }
    }
}
