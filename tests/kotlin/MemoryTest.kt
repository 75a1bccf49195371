package dev.trimaran.tests

import dev.trimaran.Limits
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.MemoryType
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.find
import dev.trimaran.get
import dev.trimaran.invoke
import dev.trimaran.loadI32
import dev.trimaran.read
import dev.trimaran.readString
import dev.trimaran.storeU32
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.ByteBuffer

class MemoryTest {
    private val room = Room()
    private val store = room.store
    private val memory = room.memory
    private val hello = "Hello".encodeToByteArray()

    @Test
    fun `stop is exclusive, and an omitted one is the end`() {
        memory.write(store, hello)
        assertArrayEquals(hello, memory.read(store, 0, 5))
        assertArrayEquals(hello, memory.read(store, 0..4))
        assertArrayEquals(hello, memory.read(store, 0..<hello.size))
        assertArrayEquals(hello, memory.read(store, 0L..<5L))
        assertEquals(65_536, memory.read(store).size)
        assertEquals(6, memory.read(store, 65_530).size)
        assertEquals(0, memory.read(store, 65_536).size)
        assertEquals(0, memory.read(store, 7..<7).size)
    }

    @Test
    fun `ranges that cannot be are typed errors`() {
        fails<WasmtimeException.Bounds> { memory.read(store, 65_537) }
        fails<WasmtimeException.Bounds> { memory.read(store, 0, Long.MAX_VALUE) }
        fails<WasmtimeException.Bounds> { memory.read(store, 0L..<Long.MAX_VALUE) }
        fails<WasmtimeException.Bounds> { memory.read(store, 0L..Long.MAX_VALUE) }
        fails<WasmtimeException.Range>(
            "the offset is -1: expected 0 or more; an i32 that is a pointer wants its unsigned reading, 4294967295",
        ) { memory.read(store, -1, 4) }
        fails<WasmtimeException.Range>("the stop is 1, before the start, 4: it is an offset as well, and no length") {
            memory.read(store, 4, 1)
        }
        fails<WasmtimeException.Range> { memory.read(store, Long.MIN_VALUE, Long.MAX_VALUE) }
        fails<WasmtimeException.Range> { memory.read(store, Long.MIN_VALUE..Long.MAX_VALUE) }
    }

    @Test
    fun `a pointer above 2 GiB is read without its sign`() {
        val engine = engine()
        val store = Store(engine)
        val module =
            Module(
                engine,
                """(module (import "env" "log" (func (param i32 i32))) (memory (export "memory") 49152)
                  (func (export "run") (result i32)
                    (call 0 (i32.const 0x90000000) (i32.const 5)) (i32.const 0x90000000)))""",
            )
        val linker = Linker(engine)
        var seen = 0u
        linker.wrap("env", "log") { pointer: UInt, length: UInt -> seen = pointer + length }
        val instance = linker.instantiate(store, module)
        val large = instance.exports(store).memory("memory")
        large.write(store, hello, 0x9000_0000)
        val pointer = instance.exports(store).func("run").typed<() -> Int>(store)(store)
        assertEquals(0x9000_0005u, seen)
        assertTrue(pointer < 0)
        assertEquals("Hello", large.readString(store, pointer, 5))
        assertArrayEquals(hello, large.read(store, pointer, pointer + 5))
        assertEquals('H'.code.toByte(), large[store, pointer])
        large.storeU32(store, pointer, 0xffff_fff0)
        assertEquals(0xffff_fff0, large.loadU32(store, 0x9000_0000))
        assertEquals(0x9000_0000, large.find(store, byteArrayOf(-16), pointer))
        fails<WasmtimeException.Range>(
            "the offset is -1879048192: expected 0 or more; an i32 that is a pointer wants its unsigned reading, 2415919104",
        ) { large.read(store, pointer.toLong(), 0) }
        val last = -4
        fails<WasmtimeException.Bounds> { large.loadI32(store, last) }
    }

    @Test
    fun `nothing is written past the end`() {
        val error = fails<WasmtimeException.Bounds> { memory.write(store, hello, 65_533) }
        assertEquals(listOf(65_533L, 5L, 65_536L), listOf(error.offset, error.length, error.size))
        assertArrayEquals(ByteArray(3), memory.read(store, 65_533))
        memory.write(store, ByteArray(0), 65_536)
        fails<WasmtimeException.Bounds> { memory.write(store, ByteArray(0), 65_537) }
    }

    @Test
    fun `buffers are written from their position to their limit, and stay as they are`() {
        for (buffer in listOf(ByteBuffer.allocate(16), ByteBuffer.allocateDirect(16))) {
            buffer.put("xx".encodeToByteArray()).put(hello).position(2).limit(7)
            memory.fill(store, 0, 0, 100)
            memory.write(store, buffer, 10)
            assertEquals(2 to 7, buffer.position() to buffer.limit())
            assertEquals("Hello", memory.readTerminated(store, 10))
            memory.write(store, buffer.asReadOnlyBuffer(), 20)
            assertEquals("Hello", memory.readString(store, 20, 5))
        }
    }

    @Test
    fun `texts are written as UTF-8`() {
        memory.write(store, "☂")
        memory.write(store, "é", 3)
        assertEquals(listOf(0xe2, 0x98, 0x82, 0xc3, 0xa9, 0), List(6) { memory.loadU8(store, it.toLong()) })
    }

    @Test
    fun `large copies come back whole`() {
        val large = Room(min = 321, max = 321)
        val data = ByteArray(20 * 1024 * 1024) { (it * 31).toByte() }
        repeat(5) { large.memory.write(large.store, data, 17) }
        assertArrayEquals(data, large.memory.read(large.store, 17, 17L + data.size))
    }

    @Test
    fun `an array has an end`() {
        val huge = Room(min = 32_768, max = 65_536)
        fails<WasmtimeException.Range>(
            "the length is 2147483648: an array holds up to 2147483631 bytes; read in parts",
        ) { huge.memory.read(huge.store) }
        assertEquals(1, huge.memory.read(huge.store, 2_147_483_647).size)
        fails<WasmtimeException.Bounds> { huge.memory.read(huge.store, 1, 2_147_483_649) }
    }

    @Test
    fun `sizes are pages, lengths are bytes`() {
        assertEquals(1, memory.size(store))
        assertEquals(65_536, memory.dataLen(store))
        assertEquals(65_536, memory.pageSize(store))
        assertEquals(1, memory.grow(store, 2))
        assertEquals(3, memory.size(store))
        assertEquals(MemoryType(Limits(1, 10)), memory.type(store))
        fails<WasmtimeException.Range> { memory.grow(store, -1) }
        fails<WasmtimeException.Limit> { memory.grow(store, 8) }
        fails<WasmtimeException.Limit> { memory.grow(store, Long.MAX_VALUE) }
        assertEquals(3, memory.size(store))
        assertTrue(memory.dataPtr(store) != 0L)
    }

    @Test
    fun `numbers without a sign have a wider type, and are checked`() {
        memory.write(store, ByteArray(8) { -1 })
        assertEquals(255, memory.loadU8(store, 0))
        assertEquals(65_535, memory.loadU16(store, 0))
        assertEquals(4_294_967_295, memory.loadU32(store, 0))
        assertEquals(ULong.MAX_VALUE, memory.loadU64(store, 0).toULong())
        assertEquals((-1).toByte(), memory.loadI8(store, 0))
        assertEquals((-1).toShort(), memory.loadI16(store, 0))
        memory.storeU64(store, 8, ULong.MAX_VALUE.toLong())
        memory.storeU32(store, 16, 4_294_967_295)
        assertEquals(-1, memory.loadI64(store, 8))
        assertEquals(-1, memory.loadI32(store, 16))
        fails<WasmtimeException.Range>("the value is 256: expected 0 to 255") { memory.storeU8(store, 0, 256) }
        fails<WasmtimeException.Range>("the value is -1: expected 0 to 65535") { memory.storeU16(store, 0, -1) }
        fails<WasmtimeException.Range> { memory.storeU32(store, 0, 4_294_967_296) }
        memory.storeF64(store, 0, 0.1)
        memory.storeF32(store, 8, 0.1f)
        assertEquals(0.1, memory.loadF64(store, 0))
        assertEquals(0.1f, memory.loadF32(store, 8))
        memory.storeI8(store, 0, -128)
        memory.storeI16(store, 1, -2)
        assertEquals(-128, memory.loadI8(store, 0))
        assertEquals(-2, memory.loadI16(store, 1))
    }

    @Test
    fun `what people look for`() {
        memory.write(store, "one two one\u0000", 100)
        assertEquals(100, memory.find(store, "one".encodeToByteArray()))
        assertEquals(108, memory.find(store, "one".encodeToByteArray(), 101))
        assertNull(memory.find(store, "one".encodeToByteArray(), 101, 9))
        assertEquals(0, memory.find(store, ByteArray(0)))
        assertEquals("one two one", memory.readTerminated(store, 100))
        assertEquals("one", memory.readTerminated(store, 100, ' '.code.toByte()))
        memory.copyWithin(store, 100, 102, 11)
        assertEquals("onone two one", memory.readString(store, 100, 13))
        assertEquals(
            "Memory dump from 0x0064 to 0x006c:\n0064: 6f 6e 6f 6e  |onon|\n0068: 65 20 74 77  |e tw|",
            memory.hexdump(store, 100, 8, 4),
        )
        assertEquals(17, memory.hexdump(store).lines().size)
        memory.storeU8(store, 0, 0xff)
        assertEquals(0, fails<WasmtimeException.Encoding> { memory.readString(store, 0, 1) }.offset)
        memory.fill(store, 1, 0, 65_536)
        fails<WasmtimeException.Encoding> { memory.readTerminated(store, 0) }
    }

    @Test
    fun `types that cannot be`() {
        fails<WasmtimeException.Range>("the minimum is -1: expected 0 or more") { Limits(-1) }
        fails<WasmtimeException.Range>("the maximum is -2: expected 0 or more") { Limits(1, -2) }
        fails<WasmtimeException.Range> { MemoryType(Limits(1), pageSizeLog2 = 256) }
        fails<WasmtimeException.Range> { Memory(store, MemoryType(Limits(2, 1))) }
        fails<WasmtimeException.Range> { Memory(store, MemoryType(Limits(Long.MAX_VALUE))) }
        fails<WasmtimeException.Type> { Memory(store, MemoryType(Limits(1, 2), shared = true)) }
    }
}
