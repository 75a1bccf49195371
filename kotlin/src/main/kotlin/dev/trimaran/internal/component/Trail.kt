package dev.trimaran.internal.component

import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.component.bindings.WitType
import dev.trimaran.internal.moveTo
import java.nio.ByteBuffer
import dev.trimaran.internal.ffi.ComponentTypeKind as Kind

// Generated code writes values straight, and does not note where it is. Where a value does not fit, all in front of it is
// written: what was written is read again, by its types, up to the place of that value.

/** The path to the argument, or to the part of it, that stands where [written] ends. */
@OptIn(GeneratedBindings::class)
internal fun trail(func: WitType, written: ByteBuffer): List<String> {
    val trail = Trail(written)
    func.parts.dropLast(1).forEachIndexed { index, type ->
        if (trail.leadsInto("argument ${index + 1}", checkNotNull(type))) return trail.path
    }
    return trail.path
}

/** The path to the result, or to the part of it, that stands where [written] ends. */
@OptIn(GeneratedBindings::class)
internal fun resultTrail(func: WitType, written: ByteBuffer): List<String> {
    val trail = Trail(written)
    func.parts.last()?.let { trail.leadsInto("result", it) }
    return trail.path
}

@OptIn(GeneratedBindings::class)
private class Trail(written: ByteBuffer) {
    val path = ArrayList<String>()
    private val bytes = written.duplicate().order(written.order())
    private val end = written.position()

    init {
        bytes.moveTo(0)
    }

    /** Whether the end is in a part of that name. If not, it stands behind it then. */
    fun leadsInto(part: String, type: WitType): Boolean {
        path.add(part)
        return isEndIn(type).also { if (!it) path.removeAt(path.lastIndex) }
    }

    private fun isEndIn(type: WitType): Boolean =
        when (type.kind) {
            Kind.RECORD, Kind.TUPLE -> type.parts.indices.any { leads(type, it) }
            else -> bytes.position() == end || isEndBehind(type)
        }

    /** Of a type whose first bytes are written. */
    private fun isEndBehind(type: WitType): Boolean {
        when (type.kind) {
            Kind.BOOL, Kind.S8, Kind.U8 -> skip(1)
            Kind.S16, Kind.U16 -> skip(Short.SIZE_BYTES)
            Kind.S64, Kind.U64, Kind.F64 -> skip(Long.SIZE_BYTES)
            Kind.STRING -> bytes.getInt().let { skip(if (it < 0) Int.SIZE_BYTES else it) }
            Kind.LIST -> return isEndInList(checkNotNull(type.parts.first()))
            Kind.VARIANT, Kind.RESULT -> return leads(type, bytes.getInt())
            Kind.OPTION -> return bytes.getInt() == 1 && leads(type, 0)
            else -> skip(Int.SIZE_BYTES)
        }
        return false
    }

    private fun isEndInList(element: WitType): Boolean {
        val count = bytes.getInt()
        if (count < 0) {
            // The numbers stand in an array, of which this has the place.
            skip(Int.SIZE_BYTES)
            return false
        }
        return (0..<count).any { leadsInto("element $it", element) }
    }

    private fun leads(type: WitType, index: Int): Boolean {
        val part = type.parts[index] ?: return false
        return leadsInto(partName(type, index), part)
    }

    private fun skip(count: Int) {
        bytes.moveTo(bytes.position() + count)
    }
}
