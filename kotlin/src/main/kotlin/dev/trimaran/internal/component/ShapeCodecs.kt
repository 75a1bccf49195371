package dev.trimaran.internal.component

import dev.trimaran.component.EnumCase
import dev.trimaran.component.Err
import dev.trimaran.component.Ok
import dev.trimaran.component.Record
import dev.trimaran.component.Resource
import dev.trimaran.component.Result
import dev.trimaran.component.Some
import dev.trimaran.component.Variant
import dev.trimaran.internal.ffi.ComponentMistake
import dev.trimaran.internal.ffi.ComponentTypeKind
import java.util.Collections

// Types that are made of others, and those of names.

internal class RecordCodec(names: List<String>, private val fields: Array<Codec>) : Codec(ComponentTypeKind.RECORD) {
    private val shape = Record.Shape.of(names)

    override fun write(to: Exchange, value: Any?) {
        val values =
            when (value) {
                is Record -> if (value.shape === shape || value.names == shape.names) value.all else ordered(value)
                is Map<*, *> -> ordered(value)
                else -> wrongKind(kind, value)
            }
        for (index in fields.indices) {
            within({ "field \"${shape.names[index]}\"" }) { fields[index].write(to, values[index]) }
        }
    }

    /** The values in the order of the type. */
    private fun ordered(found: Map<*, *>): Array<Any?> {
        val values = arrayOfNulls<Any?>(fields.size)
        val isThere = BooleanArray(fields.size)
        for ((name, value) in found) {
            val place = shape.places[name] ?: unknown(name)
            values[place] = value
            isThere[place] = true
        }
        val missing = isThere.indexOf(false)
        if (missing >= 0) throw Misfit(ComponentMistake.MissingField(shape.names[missing]))
        return values
    }

    private fun unknown(name: Any?): Nothing = throw Misfit(ComponentMistake.UnknownField(whole(name), shape.names))

    override fun read(from: Exchange): Any {
        val values = arrayOfNulls<Any?>(fields.size)
        for (index in fields.indices) values[index] = fields[index].read(from)
        return Record.of(shape, values)
    }
}

internal class TupleCodec(private val fields: Array<Codec>) : Codec(ComponentTypeKind.TUPLE) {
    override fun write(to: Exchange, value: Any?) {
        val found =
            when (value) {
                is Pair<*, *> -> arrayOf(value.first, value.second)
                is Triple<*, *, *> -> arrayOf(value.first, value.second, value.third)
                else -> items(value) ?: wrongKind(kind, value)
            }
        if (found.size != fields.size) wrongCount("items", fields.size, found.size)
        for (index in fields.indices) within({ "item $index" }) { fields[index].write(to, found[index]) }
    }

    override fun read(from: Exchange): Any {
        val values = arrayOfNulls<Any?>(fields.size)
        for (index in fields.indices) values[index] = fields[index].read(from)
        return values.asList()
    }
}

/** Writes the payload of a case, which is that of [part] in a path. */
private inline fun writePayload(to: Exchange, codec: Codec?, name: String, part: () -> String, value: Any?) {
    if (codec == null) {
        if (value != null && value != Unit) wrongPayload(name, false)
    } else {
        // Null is a value of an option alone.
        if (value == null && codec.kind != ComponentTypeKind.OPTION) wrongPayload(name, true)
        within(part) { codec.write(to, value) }
    }
}

internal class VariantCodec(private val names: List<String>, private val payloads: Array<Codec?>) :
    Codec(ComponentTypeKind.VARIANT) {
    private val places = names.withIndex().associate { (index, name) -> name to index }

    /** The cases without a payload, made once. */
    private val plain = Array(names.size) { if (payloads[it] == null) Variant(names[it]) else null }

    override fun write(to: Exchange, value: Any?) {
        if (value !is Variant) wrongKind(kind, value)
        val place = places[value.case] ?: unknownCase(value.case, names)
        to.room(Int.SIZE_BYTES).putInt(place)
        writePayload(to, payloads[place], value.case, { "case \"${value.case}\"" }, value.payload)
    }

    override fun read(from: Exchange): Any {
        val place = from.output.getInt()
        return plain[place] ?: Variant(names[place], payloads[place]?.read(from))
    }
}

private fun unknownCase(name: String, known: List<String>): Nothing =
    throw Misfit(ComponentMistake.UnknownCase(whole(name), known))

internal class ResultCodec(private val ok: Codec?, private val error: Codec?) : Codec(ComponentTypeKind.RESULT) {
    override fun write(to: Exchange, value: Any?) {
        when (value as? Result ?: wrongKind(kind, value)) {
            is Ok -> {
                to.room(Int.SIZE_BYTES).putInt(0)
                writePayload(to, ok, "ok", { "ok" }, (value as Ok).value)
            }
            is Err -> {
                to.room(Int.SIZE_BYTES).putInt(1)
                writePayload(to, error, "error", { "error" }, (value as Err).error)
            }
        }
    }

    override fun read(from: Exchange): Any = if (from.output.getInt() ==
        0
    ) {
        Ok(ok?.read(from))
    } else {
        Err(error?.read(from))
    }
}

internal class OptionCodec(private val some: Codec) : Codec(ComponentTypeKind.OPTION) {
    /** Whether null may be a value that is there. */
    private val isNested = some.kind == ComponentTypeKind.OPTION

    override fun write(to: Exchange, value: Any?) {
        to.room(Int.SIZE_BYTES).putInt(if (value == null) 0 else 1)
        if (value == null) return
        within({ "some" }) { some.write(to, if (value is Some) value.value else value) }
    }

    override fun read(from: Exchange): Any? {
        if (from.output.getInt() == 0) return null
        val value = some.read(from)
        return if (isNested) Some(value) else value
    }
}

internal class EnumCodec(private val names: List<String>) : Codec(ComponentTypeKind.ENUM) {
    private val places = names.withIndex().associate { (index, name) -> name to index }
    private val cases = names.map(::EnumCase)

    override fun write(to: Exchange, value: Any?) {
        val name =
            when (value) {
                is EnumCase -> value.name
                is String -> value
                else -> wrongKind(kind, value)
            }
        to.room(Int.SIZE_BYTES).putInt(places[name] ?: unknownCase(name, names))
    }

    override fun read(from: Exchange): Any = cases[from.output.getInt()]
}

internal class FlagsCodec(private val names: List<String>) : Codec(ComponentTypeKind.FLAGS) {
    private val places = names.withIndex().associate { (index, name) -> name to index }

    override fun write(to: Exchange, value: Any?) {
        // A set is one of them, which has no order, and needs none.
        val found = if (value is Set<*>) value.toTypedArray() else items(value) ?: wrongKind(kind, value)
        var bits = 0
        for (index in found.indices) {
            val name = found[index]
            if (name !is String) within({ "element $index" }) { wrongKind(ComponentTypeKind.STRING, name) }
            bits = bits or (1 shl (places[name] ?: unknownCase(name, names)))
        }
        to.room(Int.SIZE_BYTES).putInt(bits)
    }

    override fun read(from: Exchange): Any {
        val bits = from.output.getInt()
        val found = LinkedHashSet<String>()
        names.forEachIndexed { index, name -> if (bits shr index and 1 != 0) found.add(name) }
        return Collections.unmodifiableSet(found)
    }
}

/** A handle: of a guest's resource, or of any object of the host's. */
internal class ResourceCodec(kind: ComponentTypeKind, private val isGuests: Boolean) : Codec(kind) {
    override fun write(to: Exchange, value: Any?) {
        val isOwn = kind == ComponentTypeKind.OWN
        when (value) {
            null -> wrongKind(kind, value)
            is Resource -> to.lend(value, isOwn)
            else -> if (isGuests) wrongKind(kind, value) else to.lendObject(value, isOwn)
        }
    }

    override fun read(from: Exchange): Any = from.resource()
}

/** A type whose values cannot be passed. */
internal class UnsupportedCodec(private val name: String) : Codec(ComponentTypeKind.UNSUPPORTED) {
    override fun write(to: Exchange, value: Any?): Unit = throw Misfit(ComponentMistake.Unsupported(name))

    /** The core lets none out. */
    override fun read(from: Exchange): Any = error("the core has given a value of the type $name")
}
