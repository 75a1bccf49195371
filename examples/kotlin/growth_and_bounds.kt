// Grows a memory up to its maximum, and shows what happens past its end.

import dev.trimaran.Engine
import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Store
import dev.trimaran.WasmtimeException

private const val PAGE_SIZE = 64L * 1024

fun main() {
    val engine = Engine()
    Store(engine).use { store ->
        // One page (64 KB) at first, and at most three (192 KB).
        val memory = Memory(store, MemoryType(Limits(1, 3)))

        memory.fill(store, 'A'.code.toByte(), 0, PAGE_SIZE - 100)
        println("Initial memory: ${memory.size(store)} pages")

        try {
            memory.write(store, "This will fail", PAGE_SIZE + 1000)
        } catch (error: WasmtimeException) {
            println("Expected error: ${error.message}")
        }

        val oldSize = memory.grow(store, 1)
        println("Memory grown from $oldSize to ${memory.size(store)} pages")

        // What failed before is now inside.
        memory.write(store, "Second page data", PAGE_SIZE + 100)
        println("Second page contains: ${memory.readString(store, PAGE_SIZE + 100, 16)}")

        try {
            memory.grow(store, 5)
        } catch (error: WasmtimeException) {
            println("Growth limit reached: ${error.message}")
        }
    }
}
