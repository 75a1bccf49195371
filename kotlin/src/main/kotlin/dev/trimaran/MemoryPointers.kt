@file:JvmSynthetic

package dev.trimaran

import java.nio.ByteBuffer

// A guest's pointer or length is an i32 without a sign. As an `Int` it is negative from 2 GiB on: these read it without.

private val Int.unsigned: Long
    get() = toUInt().toLong()

/** Copies out the bytes from [start], a guest's pointer, up to the end. */
public fun Memory.read(store: Store, start: Int): ByteArray = read(store, start.unsigned)

/** Copies out the bytes from [start] up to [stop], which is not among them: two pointers of a guest. */
public fun Memory.read(store: Store, start: Int, stop: Int): ByteArray = read(store, start.unsigned, stop.unsigned)

/** Copies [data] in, beginning at [start], a guest's pointer. */
public fun Memory.write(store: Store, data: ByteArray, start: Int): Unit = write(store, data, start.unsigned)

/** Copies in what remains in [data], beginning at [start], a guest's pointer. */
public fun Memory.write(store: Store, data: ByteBuffer, start: Int): Unit = write(store, data, start.unsigned)

/** Copies [text] in, as UTF-8 and without a terminator, beginning at [start], a guest's pointer. */
public fun Memory.write(store: Store, text: String, start: Int): Unit = write(store, text, start.unsigned)

/** [length] bytes from [start] where they are, without a copy: a guest's pointer and length. */
public fun Memory.view(store: Store, start: Int, length: Int): ByteBuffer = view(store, start.unsigned, length.unsigned)

/** Sets [length] bytes, beginning at [start], to [value]: a guest's pointer and length. */
public fun Memory.fill(store: Store, value: Byte, start: Int, length: Int): Unit =
    fill(store, value, start.unsigned, length.unsigned)

/** Copies [length] bytes from [source] to [destination]: two pointers of a guest, and a length. */
public fun Memory.copyWithin(store: Store, source: Int, destination: Int, length: Int): Unit =
    copyWithin(store, source.unsigned, destination.unsigned, length.unsigned)

/** The offset of the first [needle] from [start], a guest's pointer, to the end; null where there is none. */
public fun Memory.find(store: Store, needle: ByteArray, start: Int): Long? = find(store, needle, start.unsigned)

/** The text of [length] bytes of UTF-8, beginning at [start]: a guest's pointer and length. */
public fun Memory.readString(store: Store, start: Int, length: Int): String =
    readString(store, start.unsigned, length.unsigned)

/** The text from [start], a guest's pointer, up to the first byte [terminator]. */
public fun Memory.readTerminated(store: Store, start: Int, terminator: Byte = 0): String =
    readTerminated(store, start.unsigned, terminator)

/** [length] bytes from [start] as text for people: a guest's pointer and length. */
public fun Memory.hexdump(store: Store, start: Int, length: Int): String =
    hexdump(store, start.unsigned, length.unsigned)

/** The byte at [offset], a guest's pointer. */
public operator fun Memory.get(store: Store, offset: Int): Byte = get(store, offset.unsigned)

/** Sets the byte at [offset], a guest's pointer, to [value]. */
public operator fun Memory.set(store: Store, offset: Int, value: Byte): Unit = set(store, offset.unsigned, value)

/** Reads a signed 8-bit integer at [offset], a guest's pointer. */
public fun Memory.loadI8(store: Store, offset: Int): Byte = loadI8(store, offset.unsigned)

/** Writes a signed 8-bit integer at [offset], a guest's pointer. */
public fun Memory.storeI8(store: Store, offset: Int, value: Byte): Unit = storeI8(store, offset.unsigned, value)

/** Reads an unsigned 8-bit integer at [offset], a guest's pointer. */
public fun Memory.loadU8(store: Store, offset: Int): Int = loadU8(store, offset.unsigned)

/** Writes an unsigned 8-bit integer at [offset], a guest's pointer. */
public fun Memory.storeU8(store: Store, offset: Int, value: Int): Unit = storeU8(store, offset.unsigned, value)

/** Reads a signed 16-bit integer at [offset], a guest's pointer. */
public fun Memory.loadI16(store: Store, offset: Int): Short = loadI16(store, offset.unsigned)

/** Writes a signed 16-bit integer at [offset], a guest's pointer. */
public fun Memory.storeI16(store: Store, offset: Int, value: Short): Unit = storeI16(store, offset.unsigned, value)

/** Reads an unsigned 16-bit integer at [offset], a guest's pointer. */
public fun Memory.loadU16(store: Store, offset: Int): Int = loadU16(store, offset.unsigned)

/** Writes an unsigned 16-bit integer at [offset], a guest's pointer. */
public fun Memory.storeU16(store: Store, offset: Int, value: Int): Unit = storeU16(store, offset.unsigned, value)

/** Reads a signed 32-bit integer at [offset], a guest's pointer. */
public fun Memory.loadI32(store: Store, offset: Int): Int = loadI32(store, offset.unsigned)

/** Writes a signed 32-bit integer at [offset], a guest's pointer. */
public fun Memory.storeI32(store: Store, offset: Int, value: Int): Unit = storeI32(store, offset.unsigned, value)

/** Reads an unsigned 32-bit integer at [offset], a guest's pointer. */
public fun Memory.loadU32(store: Store, offset: Int): Long = loadU32(store, offset.unsigned)

/** Writes an unsigned 32-bit integer at [offset], a guest's pointer. */
public fun Memory.storeU32(store: Store, offset: Int, value: Long): Unit = storeU32(store, offset.unsigned, value)

/** Reads a signed 64-bit integer at [offset], a guest's pointer. */
public fun Memory.loadI64(store: Store, offset: Int): Long = loadI64(store, offset.unsigned)

/** Writes a signed 64-bit integer at [offset], a guest's pointer. */
public fun Memory.storeI64(store: Store, offset: Int, value: Long): Unit = storeI64(store, offset.unsigned, value)

/** Reads an unsigned 64-bit integer at [offset], a guest's pointer. */
public fun Memory.loadU64(store: Store, offset: Int): Long = loadU64(store, offset.unsigned)

/** Writes an unsigned 64-bit integer at [offset], a guest's pointer. */
public fun Memory.storeU64(store: Store, offset: Int, value: Long): Unit = storeU64(store, offset.unsigned, value)

/** Reads a 32-bit float at [offset], a guest's pointer. */
public fun Memory.loadF32(store: Store, offset: Int): Float = loadF32(store, offset.unsigned)

/** Writes a 32-bit float at [offset], a guest's pointer. */
public fun Memory.storeF32(store: Store, offset: Int, value: Float): Unit = storeF32(store, offset.unsigned, value)

/** Reads a 64-bit float at [offset], a guest's pointer. */
public fun Memory.loadF64(store: Store, offset: Int): Double = loadF64(store, offset.unsigned)

/** Writes a 64-bit float at [offset], a guest's pointer. */
public fun Memory.storeF64(store: Store, offset: Int, value: Double): Unit = storeF64(store, offset.unsigned, value)

/** Copies out the bytes from [start], a guest's pointer, up to the end. */
public fun SharedMemory.read(start: Int): ByteArray = read(start.unsigned)

/** Copies out the bytes from [start] up to [stop], which is not among them: two pointers of a guest. */
public fun SharedMemory.read(start: Int, stop: Int): ByteArray = read(start.unsigned, stop.unsigned)

/** Copies [data] in, beginning at [start], a guest's pointer. */
public fun SharedMemory.write(data: ByteArray, start: Int): Unit = write(data, start.unsigned)

/** Copies in what remains in [data], beginning at [start], a guest's pointer. */
public fun SharedMemory.write(data: ByteBuffer, start: Int): Unit = write(data, start.unsigned)

/** Copies [text] in, as UTF-8 and without a terminator, beginning at [start], a guest's pointer. */
public fun SharedMemory.write(text: String, start: Int): Unit = write(text, start.unsigned)

/** [length] bytes from [start] where they are, without a copy: a guest's pointer and length. */
public fun SharedMemory.view(start: Int, length: Int): ByteBuffer = view(start.unsigned, length.unsigned)
