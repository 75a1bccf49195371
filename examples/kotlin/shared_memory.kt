// Lets several threads use one memory, each from a store of its own.

import dev.trimaran.Engine
import dev.trimaran.Limits
import dev.trimaran.MemoryType
import dev.trimaran.SharedMemory
import dev.trimaran.Store
import kotlin.concurrent.thread

fun main() {
    val engine = Engine { wasmThreads = true }

    // Everybody who uses a shared memory has to know how far it can grow, so it needs a maximum.
    val sharedMemory = SharedMemory(engine, MemoryType(Limits(1, 5)))
    val offsets = LongArray(3) { it * 32L }

    val threads =
        List(3) { id ->
            thread {
                Store(engine).use { store ->
                    val memory = sharedMemory.asMemory(store)
                    memory.write(store, "Thread $id was here!", offsets[id])
                }
            }
        }
    for ((id, thread) in threads.withIndex()) {
        thread.join()
        println("Thread $id wrote to offset ${offsets[id]}")
    }

    Store(engine).use { store ->
        val memory = sharedMemory.asMemory(store)
        println("Reading results from shared memory:")
        for ((id, offset) in offsets.withIndex()) {
            println("Thread $id data: ${memory.readTerminated(store, offset)}")
        }
    }
}
