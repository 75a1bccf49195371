package dev.trimaran.internal

import java.nio.Buffer
import java.nio.ByteBuffer

// Records and enums cross as the bytes that UniFFI has for them: numbers in big-endian order, lengths and places in 32 bits.

/** Reads what the core gives. */
internal class Reader(private val bytes: ByteArray) {
    private val buffer: ByteBuffer = ByteBuffer.wrap(bytes)

    fun readBoolean(): Boolean = buffer.get() != 0.toByte()

    fun readByte(): Byte = buffer.get()

    fun readUByte(): UByte = buffer.get().toUByte()

    fun readShort(): Short = buffer.getShort()

    fun readUShort(): UShort = buffer.getShort().toUShort()

    fun readInt(): Int = buffer.getInt()

    fun readUInt(): UInt = buffer.getInt().toUInt()

    fun readLong(): Long = buffer.getLong()

    fun readULong(): ULong = buffer.getLong().toULong()

    fun readFloat(): Float = buffer.getFloat()

    fun readDouble(): Double = buffer.getDouble()

    fun readString(): String {
        val length = readInt()
        val start = buffer.position()
        buffer.moveTo(start + length)
        return String(bytes, start, length, Charsets.UTF_8)
    }

    fun readByteArray(): ByteArray = ByteArray(readInt()).also(buffer::get)

    inline fun <T : Any> readOption(read: () -> T): T? = if (readBoolean()) read() else null

    inline fun <T> readList(read: () -> T): List<T> {
        val count = readInt()
        val all = ArrayList<T>(count)
        repeat(count) { all.add(read()) }
        return all
    }
}

/** Writes what the core takes. */
internal class Writer {
    private var buffer = ByteBuffer.allocate(USUAL)

    private fun room(size: Int): ByteBuffer {
        if (buffer.remaining() < size) {
            val needed = maxOf(2 * buffer.capacity(), Math.addExact(buffer.position(), size))
            buffer.turn()
            buffer = ByteBuffer.allocate(needed).put(buffer)
        }
        return buffer
    }

    fun write(value: Boolean): Unit = write(if (value) 1.toByte() else 0)

    fun write(value: Byte) {
        room(Byte.SIZE_BYTES).put(value)
    }

    fun write(value: UByte): Unit = write(value.toByte())

    fun write(value: Short) {
        room(Short.SIZE_BYTES).putShort(value)
    }

    fun write(value: UShort): Unit = write(value.toShort())

    fun write(value: Int) {
        room(Int.SIZE_BYTES).putInt(value)
    }

    fun write(value: UInt): Unit = write(value.toInt())

    fun write(value: Long) {
        room(Long.SIZE_BYTES).putLong(value)
    }

    fun write(value: ULong): Unit = write(value.toLong())

    fun write(value: Float) {
        room(Float.SIZE_BYTES).putFloat(value)
    }

    fun write(value: Double) {
        room(Double.SIZE_BYTES).putDouble(value)
    }

    fun write(value: ByteArray) {
        write(value.size)
        room(value.size).put(value)
    }

    /** In UTF-8. Fails where the text has half of a surrogate pair. */
    fun write(value: String): Unit = write(value.encodeToByteArray(throwOnInvalidSequence = true))

    inline fun <T : Any> writeOption(value: T?, each: (T) -> Unit) {
        write(value != null)
        if (value != null) each(value)
    }

    inline fun <T> writeList(all: List<T>, each: (T) -> Unit) {
        write(all.size)
        all.forEach(each)
    }

    fun written(): ByteArray = buffer.array().copyOf(buffer.position())

    companion object {
        private const val USUAL = 128

        /** What [write] writes. */
        inline fun bytes(write: Writer.() -> Unit): ByteArray = Writer().apply(write).written()
    }
}

// By `Buffer`: the methods of the same names that `ByteBuffer` has are missing in Android's older versions.

internal fun Buffer.moveTo(position: Int) {
    position(position)
}

/** Begins anew. */
internal fun Buffer.restart() {
    clear()
}

private fun Buffer.turn() {
    flip()
}
