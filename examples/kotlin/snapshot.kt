// Prepares a guest once, and starts many from there.

import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store

private const val GUEST = """
(module
  (memory 1)
  (global ${'$'}ready (mut i32) (i32.const 0))
  (func (export "prepare")
    (local ${'$'}i i32)
    (loop ${'$'}next
      (i32.store (i32.mul (local.get ${'$'}i) (i32.const 4)) (i32.mul (local.get ${'$'}i) (local.get ${'$'}i)))
      (br_if ${'$'}next (i32.lt_u (local.tee ${'$'}i (i32.add (local.get ${'$'}i) (i32.const 1))) (i32.const 16384))))
    (global.set ${'$'}ready (i32.const 1)))
  (func (export "square") (param i32) (result i32)
    (if (i32.eqz (global.get ${'$'}ready)) (then (unreachable)))
    (i32.load (i32.mul (local.get 0) (i32.const 4)))))"""

fun main() {
    val engine = Engine()

    // Once, perhaps when the program is built.
    val snapshot =
        Store(engine).use { store ->
            val guest = Instance(store, Module.forSnapshots(engine, GUEST))
            guest.func(store, "prepare")(store)
            guest.snapshot(store, listOf("prepare"))
        }

    // As often as you like: it is a module like any other.
    val module = Module(engine, snapshot)
    println("exports: ${module.exports.joinToString { it.name }}")
    for (number in listOf(12, 100)) {
        Store(engine).use { store ->
            val square = Instance(store, module).func(store, "square")
            println("$number squared: ${square(store, number)}")
        }
    }
}
