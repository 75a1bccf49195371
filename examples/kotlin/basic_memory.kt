// Makes a memory, writes to it, reads from it, and grows it.

import dev.trimaran.Engine
import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Store

fun main() {
    val engine = Engine()
    Store(engine).use { store ->
        // One page (64 KB) at first, and at most ten (640 KB).
        val memory = Memory(store, MemoryType(Limits(1, 10)))
        println("Initial memory: ${memory.size(store)} pages (${memory.dataLen(store)} bytes)")

        val message = "Hello from Python!".encodeToByteArray()
        memory.write(store, message, 0)

        val data = memory.read(store, 0..<message.size)
        println("Read from memory: ${data.decodeToString()}")

        val oldSize = memory.grow(store, 2)
        println("Memory grown from $oldSize to ${memory.size(store)} pages")
    }
}
