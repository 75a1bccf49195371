package dev.trimaran.internal.component

import dev.trimaran.component.CodePoint
import dev.trimaran.internal.ffi.ComponentTypeKind
import java.math.BigInteger

// Numbers, truth values and characters. An integer of any type is taken where its value fits.

/** Values that each have a slot in a plain function: see `core/src/component/abi/plain.rs`. */
internal abstract class PlainCodec(kind: ComponentTypeKind) : Codec(kind) {
    /** The slot of a value. Fails with [Misfit] where it is none of the type. */
    abstract fun slot(value: Any?): Long

    /** The value of a slot. */
    abstract fun value(slot: Long): Any
}

/** The integer, which has to lie in the range. */
private fun integer(value: Any?, kind: ComponentTypeKind, range: LongRange): Long {
    val number =
        when (value) {
            is Int -> value.toLong()
            is Long -> value
            is UInt -> value.toLong()
            is Short -> value.toLong()
            is Byte -> value.toLong()
            is UShort -> value.toLong()
            is UByte -> value.toLong()
            is ULong -> if (value <= Long.MAX_VALUE.toULong()) value.toLong() else outOfRange(kind, value)
            is BigInteger -> if (value.bitLength() < Long.SIZE_BITS) value.toLong() else outOfRange(kind, value)
            else -> wrongKind(kind, value)
        }
    if (number !in range) outOfRange(kind, number)
    return number
}

internal object S8Codec : PlainCodec(ComponentTypeKind.S8) {
    private val RANGE = Byte.MIN_VALUE.toLong()..Byte.MAX_VALUE

    override fun slot(value: Any?): Long = integer(value, kind, RANGE)

    override fun value(slot: Long): Any = slot.toByte()

    override fun write(to: Exchange, value: Any?) {
        to.room(Byte.SIZE_BYTES).put(slot(value).toByte())
    }

    override fun read(from: Exchange): Any = from.output.get()
}

internal object U8Codec : PlainCodec(ComponentTypeKind.U8) {
    private val RANGE = 0L..UByte.MAX_VALUE.toLong()

    override fun slot(value: Any?): Long = integer(value, kind, RANGE)

    override fun value(slot: Long): Any = slot.toUByte()

    override fun write(to: Exchange, value: Any?) {
        to.room(Byte.SIZE_BYTES).put(slot(value).toByte())
    }

    override fun read(from: Exchange): Any = from.output.get().toUByte()
}

internal object S16Codec : PlainCodec(ComponentTypeKind.S16) {
    private val RANGE = Short.MIN_VALUE.toLong()..Short.MAX_VALUE

    override fun slot(value: Any?): Long = integer(value, kind, RANGE)

    override fun value(slot: Long): Any = slot.toShort()

    override fun write(to: Exchange, value: Any?) {
        to.room(Short.SIZE_BYTES).putShort(slot(value).toShort())
    }

    override fun read(from: Exchange): Any = from.output.getShort()
}

internal object U16Codec : PlainCodec(ComponentTypeKind.U16) {
    private val RANGE = 0L..UShort.MAX_VALUE.toLong()

    override fun slot(value: Any?): Long = integer(value, kind, RANGE)

    override fun value(slot: Long): Any = slot.toUShort()

    override fun write(to: Exchange, value: Any?) {
        to.room(Short.SIZE_BYTES).putShort(slot(value).toShort())
    }

    override fun read(from: Exchange): Any = from.output.getShort().toUShort()
}

internal object S32Codec : PlainCodec(ComponentTypeKind.S32) {
    private val RANGE = Int.MIN_VALUE.toLong()..Int.MAX_VALUE

    override fun slot(value: Any?): Long = if (value is Int) value.toLong() else integer(value, kind, RANGE)

    override fun value(slot: Long): Any = slot.toInt()

    override fun write(to: Exchange, value: Any?) {
        to.room(Int.SIZE_BYTES).putInt(slot(value).toInt())
    }

    override fun read(from: Exchange): Any = from.output.getInt()
}

internal object U32Codec : PlainCodec(ComponentTypeKind.U32) {
    private val RANGE = 0L..UInt.MAX_VALUE.toLong()

    override fun slot(value: Any?): Long = if (value is UInt) value.toLong() else integer(value, kind, RANGE)

    override fun value(slot: Long): Any = slot.toUInt()

    override fun write(to: Exchange, value: Any?) {
        to.room(Int.SIZE_BYTES).putInt(slot(value).toInt())
    }

    override fun read(from: Exchange): Any = from.output.getInt().toUInt()
}

internal object S64Codec : PlainCodec(ComponentTypeKind.S64) {
    private val RANGE = Long.MIN_VALUE..Long.MAX_VALUE

    override fun slot(value: Any?): Long = if (value is Long) value else integer(value, kind, RANGE)

    override fun value(slot: Long): Any = slot

    override fun write(to: Exchange, value: Any?) {
        to.room(Long.SIZE_BYTES).putLong(slot(value))
    }

    override fun read(from: Exchange): Any = from.output.getLong()
}

internal object U64Codec : PlainCodec(ComponentTypeKind.U64) {
    private val RANGE = 0L..Long.MAX_VALUE

    override fun slot(value: Any?): Long =
        when (value) {
            is ULong -> value.toLong()
            is BigInteger ->
                if (value.signum() >= 0 &&
                    value.bitLength() <= ULong.SIZE_BITS
                ) {
                    value.toLong()
                } else {
                    outOfRange(kind, value)
                }
            else -> integer(value, kind, RANGE)
        }

    override fun value(slot: Long): Any = slot.toULong()

    override fun write(to: Exchange, value: Any?) {
        to.room(Long.SIZE_BYTES).putLong(slot(value))
    }

    override fun read(from: Exchange): Any = from.output.getLong().toULong()
}

/** The number, where it is one. An integer has to be at most 2 to the power of [bits], up to where a float holds all. */
private fun double(value: Any?, kind: ComponentTypeKind, bits: Int): Double =
    when (value) {
        is Double -> value

        is Float -> value.toDouble()

        is ULong -> if (value <= (1uL shl bits)) value.toDouble() else outOfRange(kind, value)

        else -> {
            val last = 1L shl bits
            integer(value, kind, -last..last).toDouble()
        }
    }

private const val F32_BITS = 24
private const val F64_BITS = 53

internal object F32Codec : PlainCodec(ComponentTypeKind.F32) {
    override fun slot(value: Any?): Long =
        (if (value is Float) value else double(value, kind, F32_BITS).toFloat()).toRawBits().toLong()

    override fun value(slot: Long): Any = Float.fromBits(slot.toInt())

    override fun write(to: Exchange, value: Any?) {
        to.room(Float.SIZE_BYTES).putInt(slot(value).toInt())
    }

    override fun read(from: Exchange): Any = Float.fromBits(from.output.getInt())
}

internal object F64Codec : PlainCodec(ComponentTypeKind.F64) {
    override fun slot(value: Any?): Long = double(value, kind, F64_BITS).toRawBits()

    override fun value(slot: Long): Any = Double.fromBits(slot)

    override fun write(to: Exchange, value: Any?) {
        to.room(Double.SIZE_BYTES).putLong(slot(value))
    }

    override fun read(from: Exchange): Any = Double.fromBits(from.output.getLong())
}

internal object BoolCodec : PlainCodec(ComponentTypeKind.BOOL) {
    override fun slot(value: Any?): Long {
        if (value !is Boolean) wrongKind(kind, value)
        return if (value) 1 else 0
    }

    override fun value(slot: Long): Any = slot != 0L

    override fun write(to: Exchange, value: Any?) {
        to.room(1).put(slot(value).toByte())
    }

    override fun read(from: Exchange): Any = from.output.get() != 0.toByte()
}

internal object CharCodec : PlainCodec(ComponentTypeKind.CHAR) {
    override fun slot(value: Any?): Long = scalar(value).toLong()

    override fun value(slot: Long): Any = CodePoint(slot.toInt())

    override fun write(to: Exchange, value: Any?) {
        to.room(Int.SIZE_BYTES).putInt(scalar(value))
    }

    private fun scalar(value: Any?): Int {
        val found =
            when (value) {
                is CodePoint -> value.value
                is Char -> value.code
                is String -> if (value.length in 1..2 &&
                    value.codePointCount(0, value.length) == 1
                ) {
                    value.codePointAt(0)
                } else {
                    -1
                }
                else -> wrongKind(kind, value)
            }
        val isScalar = Character.isValidCodePoint(found) && found !in Char.MIN_SURROGATE.code..Char.MAX_SURROGATE.code
        return if (isScalar) found else outOfRange(kind, if (value is CodePoint) value.value else value)
    }

    override fun read(from: Exchange): Any = CodePoint(from.output.getInt())
}
