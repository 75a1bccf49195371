// Prints the bytes of a memory for people to read.

import dev.trimaran.Engine
import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Store

fun main() {
    val engine = Engine()
    Store(engine).use { store ->
        val memory = Memory(store, MemoryType(Limits(1)))

        memory.write(store, "Hello, WebAssembly World!")
        memory.write(store, byteArrayOf(0, 1, 2, 3, -1, -2, -3), 25)

        println(memory.hexdump(store, 0, 64))
    }
}
