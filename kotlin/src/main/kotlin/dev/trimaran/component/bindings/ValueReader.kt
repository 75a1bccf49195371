package dev.trimaran.component.bindings

import dev.trimaran.component.CodePoint
import dev.trimaran.component.Outcome
import dev.trimaran.component.Resource
import dev.trimaran.internal.component.Exchange

/** Reads values of a component, one behind the other. */
@GeneratedBindings
public class ValueReader internal constructor(private val exchange: Exchange) {
    /** What has the functions that resources of the component's call; null in a function of the host's. */
    public var home: Any? = null
        @JvmSynthetic internal set

    /** Reads a `bool`. */
    public fun bool(): Boolean = s8() != 0.toByte()

    /** Reads an `s8`. */
    public fun s8(): Byte = exchange.output.get()

    /** Reads a `u8`. */
    public fun u8(): UByte = s8().toUByte()

    /** Reads an `s16`. */
    public fun s16(): Short = exchange.output.getShort()

    /** Reads a `u16`. */
    public fun u16(): UShort = s16().toUShort()

    /** Reads an `s32`. */
    public fun s32(): Int = exchange.output.getInt()

    /** Reads a `u32`. */
    public fun u32(): UInt = s32().toUInt()

    /** Reads an `s64`. */
    public fun s64(): Long = exchange.output.getLong()

    /** Reads a `u64`. */
    public fun u64(): ULong = s64().toULong()

    /** Reads an `f32`. */
    public fun f32(): Float = Float.fromBits(s32())

    /** Reads an `f64`. */
    public fun f64(): Double = Double.fromBits(s64())

    /** Reads a `char`. */
    public fun char(): CodePoint = CodePoint(s32())

    /** Reads a `string`. */
    public fun string(): String {
        val bytes = exchange.takeArray() ?: return exchange.part(1) { count, buffer -> exchange.text(count, buffer) }
        return String(bytes as ByteArray, Charsets.UTF_8)
    }

    /** Reads which case follows, or flags as bits. */
    public fun tag(): Int = s32()

    /** Fails for a case that the type does not have, of which the core gives none. */
    public fun noCase(): Nothing = error("the core has given a case that the type does not have")

    /** Reads a list of numbers of 8 bits. */
    public fun bytes(): ByteArray =
        exchange.takeArray() as ByteArray?
            ?: exchange.part(Byte.SIZE_BYTES) { count, buffer -> ByteArray(count).also { buffer.get(it) } }

    /** Reads a list of numbers of 16 bits. */
    public fun shorts(): ShortArray =
        exchange.takeArray() as ShortArray?
            ?: exchange.part(Short.SIZE_BYTES) { count, buffer ->
                ShortArray(count).also { buffer.asShortBuffer().get(it) }
            }

    /** Reads a list of numbers of 32 bits. */
    public fun ints(): IntArray =
        exchange.takeArray() as IntArray?
            ?: exchange.part(Int.SIZE_BYTES) { count, buffer -> IntArray(count).also { buffer.asIntBuffer().get(it) } }

    /** Reads a list of numbers of 64 bits. */
    public fun longs(): LongArray =
        exchange.takeArray() as LongArray?
            ?: exchange.part(Long.SIZE_BYTES) { count, buffer ->
                LongArray(count).also { buffer.asLongBuffer().get(it) }
            }

    /** Reads a list of `f32`. */
    public fun floats(): FloatArray =
        exchange.takeArray() as FloatArray?
            ?: exchange.part(Float.SIZE_BYTES) { count, buffer ->
                FloatArray(count).also { buffer.asFloatBuffer().get(it) }
            }

    /** Reads a list of `f64`. */
    public fun doubles(): DoubleArray =
        exchange.takeArray() as DoubleArray?
            ?: exchange.part(Double.SIZE_BYTES) { count, buffer ->
                DoubleArray(count).also { buffer.asDoubleBuffer().get(it) }
            }

    /** Reads a list, each element by [read]. */
    public inline fun <T> list(read: () -> T): List<T> {
        val items = arrayOfNulls<Any?>(tag())
        for (index in items.indices) items[index] = read()
        @Suppress("UNCHECKED_CAST")
        return items.asList() as List<T>
    }

    /** Reads an option, its value by [read]. */
    public inline fun <T : Any> option(read: () -> T): T? = if (tag() == 0) null else read()

    /** Reads a result. */
    public inline fun <V, E> outcome(ok: () -> V, error: () -> E): Outcome<V, E> =
        if (tag() == 0) Outcome.Ok(ok()) else Outcome.Err(error())

    /** Reads the result of a function, and throws what [error] gives where it failed. */
    public inline fun <V> orThrow(ok: () -> V, error: () -> Throwable): V = if (tag() == 0) ok() else throw error()

    /** Reads a resource of the component's. */
    public fun resource(): Resource = exchange.resource() as Resource

    /** Reads a resource that the host has: an object of the host's, or a handle of WASI's. */
    public fun host(): Any = exchange.resource()
}
