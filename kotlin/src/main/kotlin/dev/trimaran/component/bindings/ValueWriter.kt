package dev.trimaran.component.bindings

import dev.trimaran.component.CodePoint
import dev.trimaran.component.GuestResource
import dev.trimaran.component.Outcome
import dev.trimaran.component.Resource
import dev.trimaran.internal.component.CharCodec
import dev.trimaran.internal.component.Exchange
import dev.trimaran.internal.component.StringCodec
import dev.trimaran.internal.component.tooLong
import dev.trimaran.internal.moveTo
import java.nio.ByteBuffer

/** Writes values for a component, one behind the other. */
@GeneratedBindings
public class ValueWriter internal constructor(@get:JvmSynthetic internal val exchange: Exchange) {
    /** Writes a `bool`. */
    public fun bool(value: Boolean) {
        exchange.room(1).put(if (value) 1 else 0)
    }

    /** Writes an `s8`. */
    public fun s8(value: Byte) {
        exchange.room(Byte.SIZE_BYTES).put(value)
    }

    /** Writes a `u8`. */
    public fun u8(value: UByte): Unit = s8(value.toByte())

    /** Writes an `s16`. */
    public fun s16(value: Short) {
        exchange.room(Short.SIZE_BYTES).putShort(value)
    }

    /** Writes a `u16`. */
    public fun u16(value: UShort): Unit = s16(value.toShort())

    /** Writes an `s32`. */
    public fun s32(value: Int) {
        exchange.room(Int.SIZE_BYTES).putInt(value)
    }

    /** Writes a `u32`. */
    public fun u32(value: UInt): Unit = s32(value.toInt())

    /** Writes an `s64`. */
    public fun s64(value: Long) {
        exchange.room(Long.SIZE_BYTES).putLong(value)
    }

    /** Writes a `u64`. */
    public fun u64(value: ULong): Unit = s64(value.toLong())

    /** Writes an `f32`. */
    public fun f32(value: Float): Unit = s32(value.toRawBits())

    /** Writes an `f64`. */
    public fun f64(value: Double): Unit = s64(value.toRawBits())

    /** Writes a `char`. */
    public fun char(value: CodePoint): Unit = CharCodec.write(exchange, value)

    /** Writes a `string`. */
    public fun string(value: String): Unit = StringCodec.write(exchange, value)

    /** Writes which case follows, or flags as bits. */
    public fun tag(value: Int): Unit = s32(value)

    /** Writes a list of numbers of 8 bits. */
    public fun bytes(value: ByteArray): Unit = numbers(value, value.size, Byte.SIZE_BYTES) { it.put(value) }

    /** Writes a list of numbers of 16 bits. */
    public fun shorts(value: ShortArray): Unit =
        numbers(value, value.size, Short.SIZE_BYTES) { it.asShortBuffer().put(value) }

    /** Writes a list of numbers of 32 bits. */
    public fun ints(value: IntArray): Unit = numbers(value, value.size, Int.SIZE_BYTES) { it.asIntBuffer().put(value) }

    /** Writes a list of numbers of 64 bits. */
    public fun longs(
        value: LongArray,
    ): Unit = numbers(value, value.size, Long.SIZE_BYTES) { it.asLongBuffer().put(value) }

    /** Writes a list of `f32`. */
    public fun floats(value: FloatArray): Unit =
        numbers(value, value.size, Float.SIZE_BYTES) { it.asFloatBuffer().put(value) }

    /** Writes a list of `f64`. */
    public fun doubles(value: DoubleArray): Unit =
        numbers(value, value.size, Double.SIZE_BYTES) { it.asDoubleBuffer().put(value) }

    /** Lends the [array], or writes the count, has [put] write the numbers of [size] bytes each, and goes behind them. */
    @JvmSynthetic
    internal inline fun numbers(array: Any?, count: Int, size: Int, put: (ByteBuffer) -> Unit) {
        if (array != null && exchange.lendArray(array, count, size)) return
        val length = count.toLong() * size
        if (length > Int.MAX_VALUE - Int.SIZE_BYTES) tooLong(length)
        val buffer = exchange.room(Int.SIZE_BYTES + length.toInt())
        buffer.putInt(count)
        val end = buffer.position() + length.toInt()
        put(buffer)
        buffer.moveTo(end)
    }

    /** Writes a list, each element by [write]. */
    public inline fun <T> list(value: List<T>, write: (T) -> Unit) {
        val items = elements(value)
        for (index in items.indices) {
            @Suppress("UNCHECKED_CAST")
            write(items[index] as T)
        }
    }

    /** Writes a count, and gives the elements as they are now: whoever changes the list meanwhile changes nothing. */
    @PublishedApi
    internal fun elements(value: List<*>): Array<out Any?> {
        val items = (value as Collection<Any?>).toTypedArray()
        tag(items.size)
        return items
    }

    /** Writes an option, its value by [write]. */
    public inline fun <T : Any> option(value: T?, write: (T) -> Unit) {
        if (value == null) return tag(0)
        tag(1)
        write(value)
    }

    /** Writes a result. */
    public inline fun <V, E> outcome(value: Outcome<V, E>, ok: (V) -> Unit, error: (E) -> Unit) {
        when (value) {
            is Outcome.Ok -> {
                tag(0)
                ok(value.value)
            }
            is Outcome.Err -> {
                tag(1)
                error(value.error)
            }
        }
    }

    /** Writes a resource of the component's, which is given away. */
    public fun own(value: GuestResource): Unit = exchange.lend(value.resource, true)

    /** Writes a resource of the component's, which is lent. */
    public fun borrow(value: GuestResource): Unit = exchange.lend(value.resource, false)

    /** Writes a resource that the host has, which is given away. */
    public fun ownHost(value: Any): Unit = host(value, true)

    /** Writes a resource that the host has, which is lent. */
    public fun borrowHost(value: Any): Unit = host(value, false)

    private fun host(value: Any, isOwn: Boolean) {
        // WASI's own have a handle.
        if (value is Resource) exchange.lend(value, isOwn) else exchange.lendObject(value, isOwn)
    }
}
