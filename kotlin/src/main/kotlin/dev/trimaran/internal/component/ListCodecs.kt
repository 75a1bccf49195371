@file:OptIn(GeneratedBindings::class)

package dev.trimaran.internal.component

import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.internal.ffi.ComponentMistake
import dev.trimaran.internal.ffi.ComponentTypeKind
import dev.trimaran.internal.moveTo
import java.nio.ByteBuffer
import java.nio.DoubleBuffer
import java.nio.FloatBuffer
import java.nio.IntBuffer
import java.nio.LongBuffer
import java.nio.ShortBuffer

// Strings and lists: a count, and then the bytes or the elements.

internal object StringCodec : Codec(ComponentTypeKind.STRING) {
    /** Up to so many characters are looked at one by one. */
    private const val SHORT = 64

    override fun write(to: Exchange, value: Any?) {
        if (value !is String) wrongKind(kind, value)
        if (value.length > SHORT || !writeShort(to, value)) writeLong(to, value)
    }

    /** Whether it was a text of ASCII, which is written then. */
    private fun writeShort(to: Exchange, text: String): Boolean {
        val buffer = to.room(Int.SIZE_BYTES + text.length)
        val start = buffer.position()
        buffer.putInt(text.length)
        for (index in text.indices) {
            val char = text[index].code
            if (char >= 0x80) {
                buffer.moveTo(start)
                return false
            }
            buffer.put(char.toByte())
        }
        return true
    }

    private fun writeLong(to: Exchange, text: String) {
        val bytes = text.toByteArray()
        // Half of a surrogate pair became a question mark.
        if (!isOf(bytes, text)) halfPair()
        if (to.lendArray(bytes, bytes.size, Byte.SIZE_BYTES)) return
        to.room(Int.SIZE_BYTES).putInt(bytes.size)
        to.room(bytes.size).put(bytes)
    }

    /** Whether those bytes are the text's own. As many as it has characters are ASCII, and need no decoding. */
    private fun isOf(bytes: ByteArray, text: String): Boolean =
        String(bytes, if (bytes.size == text.length) Charsets.ISO_8859_1 else Charsets.UTF_8) == text

    override fun read(from: Exchange): Any = from.reader.string()
}

/** A list whose elements are no numbers. */
internal class ListCodec(private val element: Codec) : Codec(ComponentTypeKind.LIST) {
    override fun write(to: Exchange, value: Any?) {
        val items = items(value) ?: wrongKind(kind, value)
        to.room(Int.SIZE_BYTES).putInt(items.size)
        writeItems(to, items, element)
    }

    override fun read(from: Exchange): Any {
        val items = arrayOfNulls<Any?>(from.output.getInt())
        for (index in items.indices) items[index] = element.read(from)
        return items.asList()
    }
}

/** A list of so many elements: it is written as any [list] is, which begins with its count. */
internal class FixedLengthListCodec(private val list: Codec, private val length: UInt) :
    Codec(ComponentTypeKind.FIXED_LENGTH_LIST) {
    override fun write(to: Exchange, value: Any?) {
        val start = to.room(0).position()
        list.write(to, value)
        val found = to.room(0).getInt(start) and Int.MAX_VALUE
        if (found.toUInt() != length) {
            throw Misfit(ComponentMistake.Count("elements", length.toULong(), found.toULong()))
        }
    }

    override fun read(from: Exchange): Any = checkNotNull(list.read(from))
}

/** A map: the count of its entries, and a key and a value of each. */
internal class MapCodec(private val key: Codec, private val value: Codec) : Codec(ComponentTypeKind.MAP) {
    override fun write(to: Exchange, value: Any?) {
        if (value !is Map<*, *>) wrongKind(kind, value)
        // As they are now: whoever changes the map meanwhile changes nothing.
        val entries = value.entries.map { it.key to it.value }
        to.room(Int.SIZE_BYTES).putInt(entries.size)
        entries.forEachIndexed { index, (name, item) ->
            within({ "key $index" }) { key.write(to, name) }
            within({ "value $index" }) { this.value.write(to, item) }
        }
    }

    override fun read(from: Exchange): Any {
        val count = from.output.getInt()
        val map = LinkedHashMap<Any?, Any?>()
        repeat(count) { map[key.read(from)] = value.read(from) }
        return map
    }
}

/** The elements, as they are now: whoever changes the list meanwhile changes nothing. Null for what is no list. */
internal fun items(value: Any?): Array<out Any?>? =
    when (value) {
        is Array<*> -> value
        // A set has no order.
        is Set<*> -> null
        is Collection<*> -> (value as Collection<Any?>).toTypedArray()
        is BooleanArray -> value.toTypedArray()
        is ByteArray -> value.toTypedArray()
        is ShortArray -> value.toTypedArray()
        is IntArray -> value.toTypedArray()
        is LongArray -> value.toTypedArray()
        is FloatArray -> value.toTypedArray()
        is DoubleArray -> value.toTypedArray()
        is CharArray -> value.toTypedArray()
        else -> null
    }

internal fun writeItems(to: Exchange, items: Array<out Any?>, element: Codec) {
    for (index in items.indices) within({ "element $index" }) { element.write(to, items[index]) }
}

/** The codec of a list of such numbers; null for other elements. */
internal fun numbers(element: Codec): Codec? =
    when (element.kind) {
        ComponentTypeKind.S8, ComponentTypeKind.U8 -> BytesCodec(element)
        ComponentTypeKind.S16, ComponentTypeKind.U16 -> ShortsCodec(element)
        ComponentTypeKind.S32, ComponentTypeKind.U32 -> IntsCodec(element)
        ComponentTypeKind.S64, ComponentTypeKind.U64 -> LongsCodec(element)
        ComponentTypeKind.F32 -> FloatsCodec(element)
        ComponentTypeKind.F64 -> DoublesCodec(element)
        else -> null
    }

/** A list of numbers: an array of them, which is copied at once, or any list. */
internal abstract class NumbersCodec(private val element: Codec) : Codec(ComponentTypeKind.LIST) {
    override fun write(to: Exchange, value: Any?) {
        if (writeArray(to, value)) return
        val items = items(value) ?: wrongKind(kind, value)
        to.room(Int.SIZE_BYTES).putInt(items.size)
        writeItems(to, items, element)
    }

    /** Whether it was an array of such numbers, which is written then. */
    protected abstract fun writeArray(to: Exchange, value: Any?): Boolean
}

internal class BytesCodec(element: Codec) : NumbersCodec(element) {
    /** Signed bytes are not those of a list without signs, but all of Java's are signed: their bits are meant. */
    @OptIn(ExperimentalUnsignedTypes::class)
    override fun writeArray(to: Exchange, value: Any?): Boolean {
        when (value) {
            is ByteArray -> to.writer.bytes(value)
            is UByteArray -> to.writer.bytes(value.asByteArray())
            is ByteBuffer ->
                value.duplicate().let { bytes ->
                    to.writer.numbers(null, bytes.remaining(), Byte.SIZE_BYTES) { it.put(bytes) }
                }
            else -> return false
        }
        return true
    }

    override fun read(from: Exchange): Any = from.reader.bytes()
}

internal class ShortsCodec(element: Codec) : NumbersCodec(element) {
    @OptIn(ExperimentalUnsignedTypes::class)
    override fun writeArray(to: Exchange, value: Any?): Boolean {
        when (value) {
            is ShortArray -> to.writer.shorts(value)
            is UShortArray -> to.writer.shorts(value.asShortArray())
            is ShortBuffer ->
                value.duplicate().let { numbers ->
                    to.writer.numbers(null, numbers.remaining(), Short.SIZE_BYTES) { it.asShortBuffer().put(numbers) }
                }
            else -> return false
        }
        return true
    }

    override fun read(from: Exchange): Any = from.reader.shorts()
}

internal class IntsCodec(element: Codec) : NumbersCodec(element) {
    @OptIn(ExperimentalUnsignedTypes::class)
    override fun writeArray(to: Exchange, value: Any?): Boolean {
        when (value) {
            is IntArray -> to.writer.ints(value)
            is UIntArray -> to.writer.ints(value.asIntArray())
            is IntBuffer ->
                value.duplicate().let { numbers ->
                    to.writer.numbers(null, numbers.remaining(), Int.SIZE_BYTES) { it.asIntBuffer().put(numbers) }
                }
            else -> return false
        }
        return true
    }

    override fun read(from: Exchange): Any = from.reader.ints()
}

internal class LongsCodec(element: Codec) : NumbersCodec(element) {
    @OptIn(ExperimentalUnsignedTypes::class)
    override fun writeArray(to: Exchange, value: Any?): Boolean {
        when (value) {
            is LongArray -> to.writer.longs(value)
            is ULongArray -> to.writer.longs(value.asLongArray())
            is LongBuffer ->
                value.duplicate().let { numbers ->
                    to.writer.numbers(null, numbers.remaining(), Long.SIZE_BYTES) { it.asLongBuffer().put(numbers) }
                }
            else -> return false
        }
        return true
    }

    override fun read(from: Exchange): Any = from.reader.longs()
}

internal class FloatsCodec(element: Codec) : NumbersCodec(element) {
    override fun writeArray(to: Exchange, value: Any?): Boolean {
        when (value) {
            is FloatArray -> to.writer.floats(value)
            is FloatBuffer ->
                value.duplicate().let { numbers ->
                    to.writer.numbers(null, numbers.remaining(), Float.SIZE_BYTES) { it.asFloatBuffer().put(numbers) }
                }
            else -> return false
        }
        return true
    }

    override fun read(from: Exchange): Any = from.reader.floats()
}

internal class DoublesCodec(element: Codec) : NumbersCodec(element) {
    override fun writeArray(to: Exchange, value: Any?): Boolean {
        when (value) {
            is DoubleArray -> to.writer.doubles(value)
            is DoubleBuffer ->
                value.duplicate().let { numbers ->
                    to.writer.numbers(null, numbers.remaining(), Double.SIZE_BYTES) { it.asDoubleBuffer().put(numbers) }
                }
            else -> return false
        }
        return true
    }

    override fun read(from: Exchange): Any = from.reader.doubles()
}
