package dev.trimaran.internal.component

import dev.trimaran.WasmtimeException
import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.component.bindings.WitType
import dev.trimaran.internal.ffi.ComponentTypes
import dev.trimaran.internal.ffi.ComponentTypeKind as Kind

// What bindings were made from, and the type of a component's function, walked together.

/** How many names a sentence lists. */
private const val LISTED = 32

/** A path as messages have it. */
internal fun words(path: List<String>): String = path.joinToString(" ") { "`$it`" }

/** Types that differ. */
private class Difference(val expected: String, val found: String) : RuntimeException(null, null, false, false) {
    val path = ArrayDeque<String>()
}

/** Fails with `Link` where the function of that [name] has another type than [expected]. */
@OptIn(GeneratedBindings::class)
internal fun expect(expected: WitType, types: ComponentTypes, name: String) {
    try {
        Comparison(types).func(expected)
    } catch (difference: Difference) {
        val place = difference.path.joinToString("") { "$it: " }
        val reason =
            "the function $name: ${place}the bindings were made for ${difference.expected}, and the component has " +
                "${difference.found}: make the bindings again"
        throw WasmtimeException.Link(reason, "", "")
    }
}

@OptIn(GeneratedBindings::class)
private class Comparison(private val types: ComponentTypes) {
    fun func(expected: WitType) {
        val node = types.nodes[types.root.toInt()]
        val (given, there) = expected.names.size to node.names.size
        if (given != there) throw Difference(counted(given, "parameter"), counted(there, "parameter"))
        expected.names.forEachIndexed { index, name ->
            inside("parameter \"$name\"") { part(expected.parts[index], node.parts[index]) }
        }
        inside("result") { part(expected.parts.last(), node.parts.last()) }
    }

    /** A part that may be nothing. */
    private fun part(expected: WitType?, place: UInt?) {
        when {
            expected == null && place == null -> Unit
            place == null -> throw Difference(word(checkNotNull(expected)), "nothing")
            expected == null -> throw Difference("nothing", word(place))
            else -> whole(expected, place)
        }
    }

    private fun whole(expected: WitType, place: UInt) {
        val node = types.nodes[place.toInt()]
        if (expected.kind != node.kind) throw Difference(word(expected), word(place))
        when (node.kind) {
            Kind.RECORD -> same("the fields", expected.names, node.names)
            Kind.VARIANT, Kind.ENUM -> same("the cases", expected.names, node.names)
            Kind.FLAGS -> same("the flags", expected.names, node.names)
            Kind.TUPLE ->
                if (expected.parts.size != node.parts.size) {
                    throw Difference(counted(expected.parts.size, "item"), counted(node.parts.size, "item"))
                }
            else -> Unit
        }
        // The part of a handle is the resource.
        expected.parts.forEachIndexed { index, part ->
            inside(partName(expected, index)) { part(part, node.parts[index]) }
        }
    }

    private fun word(place: UInt): String {
        val node = types.nodes[place.toInt()]
        return if (node.kind == Kind.UNSUPPORTED) node.names.first() else node.kind.name.lowercase()
    }

    private fun word(type: WitType): String = type.kind.name.lowercase()

    private inline fun inside(part: String, compare: () -> Unit) {
        try {
            compare()
        } catch (difference: Difference) {
            difference.path.addFirst(part)
            throw difference
        }
    }

    private fun same(what: String, expected: List<String>, found: List<String>) {
        if (expected == found) return
        fun list(names: List<String>) = "$what ${names.take(LISTED).joinToString { "`$it`" }}"
        throw Difference(list(expected), list(found))
    }

    private fun counted(count: Int, word: String): String = "$count $word${if (count == 1) "" else "s"}"
}

/** What messages call a part of a value. */
@OptIn(GeneratedBindings::class)
internal fun partName(type: WitType, index: Int): String =
    when (type.kind) {
        Kind.LIST -> "element"
        Kind.RECORD -> "field \"${type.names[index]}\""
        Kind.TUPLE -> "item $index"
        Kind.VARIANT -> "case \"${type.names[index]}\""
        Kind.OPTION -> "some"
        Kind.RESULT -> if (index == 0) "ok" else "error"
        else -> ""
    }
