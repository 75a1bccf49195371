// Lets a guest write to its memory, and reads that from the host; then the other way round.

import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.wat2wasm

private val wasm =
    wat2wasm(
        """
        (module
          (memory (export "memory") 1 10)
          (func (export "write_hello") (param i32)
            (i32.store8 offset=0 (local.get 0) (i32.const 72))    ;; 'H'
            (i32.store8 offset=1 (local.get 0) (i32.const 101))   ;; 'e'
            (i32.store8 offset=2 (local.get 0) (i32.const 108))   ;; 'l'
            (i32.store8 offset=3 (local.get 0) (i32.const 108))   ;; 'l'
            (i32.store8 offset=4 (local.get 0) (i32.const 111)))  ;; 'o'
          (func (export "read_byte") (param i32) (result i32)
            (i32.load8_u (local.get 0))))
        """,
    )

fun main() {
    val engine = Engine()
    val module = Module(engine, wasm)
    Store(engine).use { store ->
        val exports = Instance(store, module).exports(store)
        val memory = exports.memory("memory")
        val writeHello = exports.func("write_hello")
        val readByte = exports.func("read_byte")

        writeHello(store, 10)
        val hello = memory.read(store, 10..<15).decodeToString()
        println("WebAssembly wrote: $hello")

        for (i in 10..<15) {
            val byte = readByte(store, i) as Int
            println("Byte at $i: $byte ('${byte.toChar()}')")
        }
    }
}
