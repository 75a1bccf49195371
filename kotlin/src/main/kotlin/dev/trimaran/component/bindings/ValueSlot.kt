package dev.trimaran.component.bindings

import dev.trimaran.component.CodePoint

/**
 * What crosses in a call of a function whose values are numbers, truth values and characters alone: each has a slot
 * with its bits. What is above them means nothing on the way in, and is 0 on the way out.
 */
@GeneratedBindings
public object ValueSlot {
    /** The slot of a `bool`. */
    public fun of(value: Boolean): Long = if (value) 1 else 0

    /** The slot of an `s8`. */
    public fun of(value: Byte): Long = value.toLong()

    /** The slot of a `u8`. */
    public fun of(value: UByte): Long = value.toLong()

    /** The slot of an `s16`. */
    public fun of(value: Short): Long = value.toLong()

    /** The slot of a `u16`. */
    public fun of(value: UShort): Long = value.toLong()

    /** The slot of an `s32`. */
    public fun of(value: Int): Long = value.toLong()

    /** The slot of a `u32`. */
    public fun of(value: UInt): Long = value.toLong()

    /** The slot of an `s64`. */
    public fun of(value: Long): Long = value

    /** The slot of a `u64`. */
    public fun of(value: ULong): Long = value.toLong()

    /** The slot of an `f32`. */
    public fun of(value: Float): Long = value.toRawBits().toLong()

    /** The slot of an `f64`. */
    public fun of(value: Double): Long = value.toRawBits()

    /** The `bool` of a slot. */
    public fun bool(slot: Long): Boolean = slot != 0L

    /** The `s8` of a slot. */
    public fun s8(slot: Long): Byte = slot.toByte()

    /** The `u8` of a slot. */
    public fun u8(slot: Long): UByte = slot.toUByte()

    /** The `s16` of a slot. */
    public fun s16(slot: Long): Short = slot.toShort()

    /** The `u16` of a slot. */
    public fun u16(slot: Long): UShort = slot.toUShort()

    /** The `s32` of a slot. */
    public fun s32(slot: Long): Int = slot.toInt()

    /** The `u32` of a slot. */
    public fun u32(slot: Long): UInt = slot.toUInt()

    /** The `s64` of a slot. */
    public fun s64(slot: Long): Long = slot

    /** The `u64` of a slot. */
    public fun u64(slot: Long): ULong = slot.toULong()

    /** The `f32` of a slot. */
    public fun f32(slot: Long): Float = Float.fromBits(slot.toInt())

    /** The `f64` of a slot. */
    public fun f64(slot: Long): Double = Double.fromBits(slot)

    /** The `char` of a slot. */
    public fun char(slot: Long): CodePoint = CodePoint(slot.toInt())

    /** Nothing, which is what a function without a result gives. */
    @Suppress("UNUSED_PARAMETER")
    public fun unit(slot: Long): Unit = Unit
}
