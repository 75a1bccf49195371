package dev.trimaran

import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativePressure
import dev.trimaran.internal.Owned
import dev.trimaran.internal.View
import dev.trimaran.internal.shownOf
import java.nio.ByteBuffer
import java.util.OptionalLong
import dev.trimaran.internal.ffi.Memory as Raw

/**
 * A linear memory. It belongs to one store.
 *
 * Its size is a whole number of pages, of 65,536 bytes unless its type says otherwise. Offsets and lengths are in
 * bytes, 0 or more. An access past the end fails with `Bounds`, and reads or writes nothing. A number below 0 fails
 * with `Range`, and so does a read of more bytes than an array holds.
 *
 * A pointer of a guest is an i32 without a sign. As an [Int] it is negative from 2 GiB on: the functions of this package that
 * take an [Int] for an offset read it without, and a host function may take a [UInt]. In Java, `Integer.toUnsignedLong` does.
 */
public class Memory private constructor(raw: Raw) : Extern {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)
    private val views: View.Opener = View.Opener()
        get() = made(field)

    /**
     * Makes a memory in [store]. Fails with `Range` where the type is impossible, with `Limit` where there is
     * no room, and with `Type` for a shared type, which [SharedMemory] is for.
     */
    public constructor(store: Store, type: MemoryType) :
        this(NativePressure.withRoom { core(store) { Raw(store.raw, type.toRaw()) } })

    /** The memory's type. Its limits are those that it was made with. */
    public fun type(store: Store): MemoryType = core(store) { raw.type(store.raw) }.toPublic()

    /** The size now, in pages. */
    public fun size(store: Store): Long = core(store) { raw.size(store.raw) }.toSize()

    /** The size now, in bytes. */
    public fun dataLen(store: Store): Long = core(store) { raw.dataLen(store.raw) }.toSize()

    /** The size of a page, in bytes. */
    public fun pageSize(store: Store): Long = core(store) { raw.pageSize(store.raw) }.toSize()

    /**
     * The address of the first byte in this process, for foreign functions. Nothing checks its use. It is invalid once
     * the memory grows or its store is closed. [view] is safe.
     */
    public fun dataPtr(store: Store): Long = core(store) { raw.dataPtr(store.raw) }.toLong()

    /**
     * Grows the memory by [delta] pages, 0 or more, and returns its size before, in pages. Fails with `Limit` past the
     * maximum of its type or of its store, and if the memory would have to move while a [view] of it exists. Then
     * nothing has changed.
     */
    public fun grow(store: Store, delta: Long): Long = core(store) { raw.grow(store.raw, delta) }.toSize()

    /** Copies out the bytes from [start] up to [stop], which is not among them; without it, up to the end. */
    @JvmOverloads
    public fun read(store: Store, start: Long = 0, stop: Long = end(store, start)): ByteArray =
        copyOut(store, start, between(start, stop))

    /** Copies out the bytes at the offsets in [range], as in `memory.read(store, 10..<15)`. */
    public fun read(store: Store, range: LongRange): ByteArray = copyOut(store, range.first, range.length())

    /** Copies out the bytes at the offsets in [range], as in `memory.read(store, 10..<15)`. */
    public fun read(store: Store, range: IntRange): ByteArray = read(store, range.first.toLong()..range.last)

    /** Copies [data] in, beginning at [start]. */
    @JvmOverloads
    public fun write(store: Store, data: ByteArray, start: Long = 0): Unit =
        native(store) { memory, inside -> NativeByHand.write(memory, inside, data, 0, data.size, start) }

    /**
     * Copies in what remains in [data], beginning at [start]. The buffer's position stays as it is; a direct
     * buffer is read where it is.
     */
    @JvmOverloads
    public fun write(store: Store, data: ByteBuffer, start: Long = 0): Unit =
        native(store) { memory, inside ->
            val offset = data.position()
            val length = data.remaining()
            when {
                data.isDirect -> NativeByHand.writeBuffer(memory, inside, data, offset, length, start)
                data.hasArray() ->
                    NativeByHand.write(memory, inside, data.array(), data.arrayOffset() + offset, length, start)
                else -> NativeByHand.write(memory, inside, data.copied(), 0, length, start)
            }
        }

    /** Copies [text] in, as UTF-8 and without a terminator, beginning at [start]. */
    @JvmOverloads
    public fun write(store: Store, text: String, start: Long = 0): Unit = write(store, text.utf8(), start)

    /**
     * The bytes where they are, without a copy: [length] bytes from [start], or all up to the end without a length. The
     * buffer is direct and in little-endian order. Bytes that you put into it are in the memory.
     *
     * A view never dangles: its bytes stay until the view and all slices of it are garbage, even if you close the store
     * earlier. While a view exists, the memory does not grow where its bytes would have to move (see
     * [Config.memoryReservation]): [grow] fails with `Limit`, and a guest gets -1. A view keeps its length when the
     * memory grows. Guests and other threads may write to the bytes meanwhile. Fails with `Range` for more bytes than a
     * buffer holds, 2 GiB - 1.
     */
    @JvmOverloads
    public fun view(store: Store, start: Long = 0, length: Long? = null): ByteBuffer =
        openView(store, start, length).buffer

    /** The same, from Java: `memory.view(store, 8, 16)`. */
    public fun view(store: Store, start: Long, length: Long): ByteBuffer = openView(store, start, length).buffer

    @JvmSynthetic
    internal fun openView(store: Store, start: Long, length: Long?): View =
        views.open(start, length, { dataPtr(store) }) { asked, out ->
            native(store) { memory, inside -> NativeByHand.view(memory, inside, start, asked, out) }
        }

    /** Sets [length] bytes, beginning at [start], to [value]. */
    public fun fill(store: Store, value: Byte, start: Long, length: Long): Unit =
        core(store) { raw.fill(store.raw, value.toUByte(), start, length) }

    /** Copies [length] bytes from [source] to [destination]. The two ranges may overlap. */
    public fun copyWithin(store: Store, source: Long, destination: Long, length: Long): Unit =
        core(store) { raw.copyWithin(store.raw, source, destination, length) }

    /**
     * The offset of the first [needle] that lies within [length] bytes from [start], or up to the end where no
     * length is given; null where there is none. An empty needle is found at once.
     */
    @JvmSynthetic
    public fun find(store: Store, needle: ByteArray, start: Long = 0, length: Long? = null): Long? =
        core(store) { raw.find(store.raw, needle, start, length) }

    /** The same up to the end, from Java: `memory.find(store, needle)`, which is empty where there is none. */
    @JvmName("find")
    @JvmOverloads
    public fun findOrEmpty(store: Store, needle: ByteArray, start: Long = 0): OptionalLong =
        optional(find(store, needle, start))

    /** The same within [length] bytes from [start], from Java. */
    @JvmName("find")
    public fun findOrEmpty(store: Store, needle: ByteArray, start: Long, length: Long): OptionalLong =
        optional(find(store, needle, start, length))

    /**
     * The text of [length] bytes of UTF-8, beginning at [start]. Fails with `Encoding` where it is not UTF-8.
     */
    public fun readString(store: Store, start: Long, length: Long): String =
        core(store) { raw.readString(store.raw, start, length) }

    /**
     * The text from [start] up to the first byte [terminator], as in C with 0. Fails with `Encoding` where
     * it is not UTF-8 or no terminator follows.
     */
    @JvmOverloads
    public fun readTerminated(store: Store, start: Long, terminator: Byte = 0): String =
        core(store) { raw.readTerminated(store.raw, start, terminator.toUByte()) }

    /**
     * [length] bytes from [start] as text for people: [width] bytes a line (1 to 4096), by offset, in hex and as
     * ASCII. Fails with `Range` for any other width.
     */
    @JvmOverloads
    public fun hexdump(store: Store, start: Long = 0, length: Long = 256, width: Long = 16): String =
        core(store) { raw.hexdump(store.raw, start, length, width) }

    /** The byte at [offset], as in `memory[store, 0]`. */
    public operator fun get(store: Store, offset: Long): Byte = loadI8(store, offset)

    /** Sets the byte at [offset] to [value], as in `memory[store, 0] = 1`. */
    public operator fun set(store: Store, offset: Long, value: Byte): Unit = storeI8(store, offset, value)

    /** Reads a signed 8-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun loadI8(store: Store, offset: Long): Byte = core(store) { raw.loadI8(store.raw, offset) }

    /** Writes a signed 8-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun storeI8(store: Store, offset: Long, value: Byte): Unit =
        core(store) { raw.storeI8(store.raw, offset, value) }

    /** Reads an unsigned 8-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun loadU8(store: Store, offset: Long): Int = core(store) { raw.loadU8(store.raw, offset) }.toInt()

    /**
     * Writes an unsigned 8-bit integer at [offset], in little-endian order. It need not be aligned.
     * [value] is in `0..255`; another number fails with `Range`.
     */
    public fun storeU8(store: Store, offset: Long, value: Int) {
        val bits = within(value.toLong(), 255, "the value").toUByte()
        core(store) { raw.storeU8(store.raw, offset, bits) }
    }

    /** Reads a signed 16-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun loadI16(store: Store, offset: Long): Short = core(store) { raw.loadI16(store.raw, offset) }

    /** Writes a signed 16-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun storeI16(store: Store, offset: Long, value: Short): Unit =
        core(store) { raw.storeI16(store.raw, offset, value) }

    /** Reads an unsigned 16-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun loadU16(store: Store, offset: Long): Int = core(store) { raw.loadU16(store.raw, offset) }.toInt()

    /**
     * Writes an unsigned 16-bit integer at [offset], in little-endian order. It need not be aligned.
     * [value] is in `0..65535`; another number fails with `Range`.
     */
    public fun storeU16(store: Store, offset: Long, value: Int) {
        val bits = within(value.toLong(), 65535, "the value").toUShort()
        core(store) { raw.storeU16(store.raw, offset, bits) }
    }

    /** Reads a signed 32-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun loadI32(store: Store, offset: Long): Int = core(store) { raw.loadI32(store.raw, offset) }

    /** Writes a signed 32-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun storeI32(store: Store, offset: Long, value: Int): Unit =
        core(store) { raw.storeI32(store.raw, offset, value) }

    /** Reads an unsigned 32-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun loadU32(store: Store, offset: Long): Long = core(store) { raw.loadU32(store.raw, offset) }.toLong()

    /**
     * Writes an unsigned 32-bit integer at [offset], in little-endian order. It need not be aligned.
     * [value] is in `0..4294967295`; another number fails with `Range`.
     */
    public fun storeU32(store: Store, offset: Long, value: Long) {
        val bits = within(value, 4294967295, "the value").toUInt()
        core(store) { raw.storeU32(store.raw, offset, bits) }
    }

    /** Reads a signed 64-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun loadI64(store: Store, offset: Long): Long = core(store) { raw.loadI64(store.raw, offset) }

    /** Writes a signed 64-bit integer at [offset], in little-endian order. It need not be aligned. */
    public fun storeI64(store: Store, offset: Long, value: Long): Unit =
        core(store) { raw.storeI64(store.raw, offset, value) }

    /**
     * Reads an unsigned 64-bit integer at [offset], in little-endian order. It need not be aligned.
     * The result has its bits; [toULong] reads it without a sign.
     */
    public fun loadU64(store: Store, offset: Long): Long = core(store) { raw.loadU64(store.raw, offset) }.toLong()

    /**
     * Writes an unsigned 64-bit integer at [offset], in little-endian order. It need not be aligned.
     * [value] has its bits, as [ULong.toLong] gives them.
     */
    public fun storeU64(store: Store, offset: Long, value: Long): Unit =
        core(store) { raw.storeU64(store.raw, offset, value.toULong()) }

    /** Reads a 32-bit float at [offset], in little-endian order. It need not be aligned. */
    public fun loadF32(store: Store, offset: Long): Float = core(store) { raw.loadF32(store.raw, offset) }

    /** Writes a 32-bit float at [offset], in little-endian order. It need not be aligned. */
    public fun storeF32(store: Store, offset: Long, value: Float): Unit =
        core(store) { raw.storeF32(store.raw, offset, value) }

    /** Reads a 64-bit float at [offset], in little-endian order. It need not be aligned. */
    public fun loadF64(store: Store, offset: Long): Double = core(store) { raw.loadF64(store.raw, offset) }

    /** Writes a 64-bit float at [offset], in little-endian order. It need not be aligned. */
    public fun storeF64(store: Store, offset: Long, value: Double): Unit =
        core(store) { raw.storeF64(store.raw, offset, value) }

    /** Where an omitted stop lies. A start behind it is left to the core to refuse. */
    private fun end(store: Store, start: Long): Long = maxOf(start, dataLen(store))

    private fun copyOut(store: Store, start: Long, length: Long): ByteArray {
        // The JVM makes arrays faster than native code does. One that may be of no use must not be large.
        if (length in 0..READ_INTO) {
            val array = ByteArray(length.toInt())
            native(store) { memory, inside -> NativeByHand.readInto(memory, inside, start, array) }
            return array
        }
        checkArray(start, length) { dataLen(store) }
        return native(store) { memory, inside -> NativeByHand.read(memory, inside, start, length) }
    }

    /** A call of the native library, with the addresses of this memory and of its store. */
    private inline fun <R> native(store: Store, crossinline call: (memory: Long, inside: Long) -> R): R =
        core(this, store) { call(raw.handle, store.raw.handle) }

    /** What it is, and the number of its store. */
    override fun toString(): String = shownOf("Memory", Owned.MEMORY) { raw }

    internal companion object {
        /** Up to how many bytes a read makes its array before it knows that the range is right. */
        private const val READ_INTO = 1L shl 20

        @JvmSynthetic
        internal fun of(raw: Raw): Memory = Memory(raw)
    }
}
