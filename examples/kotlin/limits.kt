// Keeps a guest within limits: how much memory it may have, and how much it may do.

import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.TrapCode
import dev.trimaran.WasmtimeException

private const val GREEDY = """
(module
  (memory 1)
  (func (export "grow") (param i32) (result i32)
    (memory.grow (local.get 0)))
  (func (export "spin")
    (loop (br 0))))"""

fun main() {
    val engine = Engine { consumeFuel = true }

    Store(engine).use { store ->
        store.setLimits(memorySize = 131_072)
        store.fuel = 10_000
        val guest = Instance(store, Module(engine, GREEDY))
        val grow = guest.func(store, "grow")
        // The first page more is within the limit, the second one is not: the guest is told, and goes on.
        println("grow: ${grow(store, 1)}")
        println("grow: ${grow(store, 1)}")

        try {
            guest.func(store, "spin")(store)
        } catch (trap: WasmtimeException.Trap) {
            if (trap.code == TrapCode.OUT_OF_FUEL) println("trap: out of fuel")
        }
    }
}
