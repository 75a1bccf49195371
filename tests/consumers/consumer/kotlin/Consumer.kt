package consumer

import dev.trimaran.Engine
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.invoke

/** What the compiler inlines of the package (`wrap`, `typed`) becomes classes of this module. */
fun main() {
    val engine = Engine { consumeFuel = true }
    val linker = Linker(engine)
    linker.wrap("host", "add") { a: Int, b: Int -> a + b }
    val module =
        Module(
            engine,
            """(module
              (import "host" "add" (func (param i32 i32) (result i32)))
              (memory (export "memory") 1)
              (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 call 0)
              (func (export "fail") unreachable))""",
        )
    Store(engine).use { store ->
        store.fuel = 1_000
        val instance = linker.instantiate(store, module)
        println(instance.func(store, "add").typed<(Int, Int) -> Int>(store)(store, 40, 2))
        instance.memory(store, "memory").write(store, "a boat", 8)
        println(instance.memory(store, "memory").readString(store, 8, 6))
        try {
            instance.func(store, "fail")(store)
        } catch (trap: WasmtimeException.Trap) {
            println(trap.code)
        }
    }
}
