// Reaches the bytes of a memory by a pointer, as C code would. Nothing checks what is done with it.

import com.sun.jna.Pointer
import com.sun.jna.Structure
import dev.trimaran.Engine
import dev.trimaran.Limits
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Store

/** A structure that lies in memory: what C has as `uint32_t`, `uint16_t`, `uint16_t`, `uint32_t`. */
@Structure.FieldOrder("magic", "version", "flags", "dataSize")
class DataStruct(address: Pointer) : Structure(address) {
    @JvmField var magic: Int = 0

    @JvmField var version: Short = 0

    @JvmField var flags: Short = 0

    @JvmField var dataSize: Int = 0
}

fun main() {
    val engine = Engine()
    Store(engine).use { store ->
        val memory = Memory(store, MemoryType(Limits(1)))

        // The pointer is void once the memory grows or its store is closed.
        val pointer = Pointer(memory.dataPtr(store))

        val text = "Direct memory access".encodeToByteArray()
        pointer.write(0, text, 0, text.size)
        println("Direct write result: ${memory.read(store, 0..<text.size).decodeToString()}")

        val overlay = DataStruct(pointer.share(100))
        overlay.magic = 0x12345678
        overlay.version = 1
        overlay.flags = 0b1010
        overlay.dataSize = 1024
        overlay.write()

        println("Magic value: 0x%08x".format(memory.loadU32(store, 100)))
    }
}
