package dev.trimaran.internal.component

import dev.trimaran.component.BorrowType
import dev.trimaran.component.ComponentType
import dev.trimaran.component.DefinedType
import dev.trimaran.component.EnumType
import dev.trimaran.component.FixedLengthListType
import dev.trimaran.component.FlagsType
import dev.trimaran.component.FuncType
import dev.trimaran.component.FutureType
import dev.trimaran.component.InstanceType
import dev.trimaran.component.ItemType
import dev.trimaran.component.ListType
import dev.trimaran.component.MapType
import dev.trimaran.component.ModuleType
import dev.trimaran.component.OptionType
import dev.trimaran.component.OwnType
import dev.trimaran.component.RecordType
import dev.trimaran.component.ResourceItem
import dev.trimaran.component.ResultType
import dev.trimaran.component.StreamType
import dev.trimaran.component.TupleType
import dev.trimaran.component.UnsupportedType
import dev.trimaran.component.VariantType
import java.util.Collections
import java.util.IdentityHashMap

/** What a type is beside its parts: its names, in their order, and what a module imports and exports. */
private fun own(type: DefinedType): List<Any?> =
    when (type) {
        is ComponentType -> listOf(type.imports.keys.toList(), type.exports.keys.toList())
        is InstanceType -> type.exports.keys.toList()
        is ModuleType -> listOf(type.imports, type.exports)
        is FuncType -> listOf(type.params.keys.toList(), type.isAsync)
        is ResourceItem -> listOf(type.name)
        is RecordType -> type.fields.keys.toList()
        is VariantType -> type.cases.keys.toList()
        is EnumType -> type.names
        is FlagsType -> type.names
        // Its text is all that is known of it.
        is UnsupportedType -> listOf(type.toString())
        is FixedLengthListType -> listOf(type.length)
        is ListType, is MapType, is TupleType, is OptionType, is ResultType, is OwnType, is BorrowType -> emptyList()
        is StreamType, is FutureType -> emptyList()
    }

/** The types that a type is made of. */
private fun parts(type: DefinedType): List<ItemType?> =
    when (type) {
        is ComponentType -> type.imports.values + type.exports.values
        is InstanceType -> type.exports.values.toList()
        is FuncType -> type.params.values + type.result
        is ListType -> listOf(type.element)
        is FixedLengthListType -> listOf(type.element)
        is MapType -> listOf(type.key, type.value)
        is RecordType -> type.fields.values.toList()
        is TupleType -> type.items
        is VariantType -> type.cases.values.toList()
        is OptionType -> listOf(type.value)
        is ResultType -> listOf(type.ok, type.error)
        is OwnType -> listOf(type.resource)
        is BorrowType -> listOf(type.resource)
        is StreamType -> listOf(type.payload)
        is FutureType -> listOf(type.payload)
        is ModuleType, is ResourceItem, is EnumType, is FlagsType, is UnsupportedType -> emptyList()
    }

/** A number that equal types share. It asks for no parts, of which there may be a million. */
internal fun hashOf(type: DefinedType): Int = 31 * type.javaClass.hashCode() + own(type).hashCode()

/** Compares types. A part that many types share is compared once. They nest at most a hundred deep. */
internal class SameTypes {
    private val known = IdentityHashMap<ItemType, MutableSet<ItemType>>()

    fun are(one: ItemType?, other: ItemType?): Boolean {
        if (one === other) return true
        // Types without parts are the same only as the same object.
        if (one !is DefinedType || other !is DefinedType || one.javaClass != other.javaClass) return false
        val same = known.getOrPut(one) { Collections.newSetFromMap(IdentityHashMap()) }
        // What is unequal somewhere ends the whole comparison.
        if (!same.add(other)) return true
        val (first, second) = parts(one) to parts(other)
        return own(one) == own(other) &&
            first.size == second.size &&
            first.indices.all { are(first[it], second[it]) }
    }
}
