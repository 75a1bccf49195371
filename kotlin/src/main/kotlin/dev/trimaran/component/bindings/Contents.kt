package dev.trimaran.component.bindings

import dev.trimaran.component.Maybe
import dev.trimaran.component.Outcome

/** Whether two values are the same, where arrays are by their contents. */
@GeneratedBindings
public fun isSame(first: Any?, second: Any?): Boolean =
    when (first) {
        is ByteArray -> second is ByteArray && first.contentEquals(second)
        is ShortArray -> second is ShortArray && first.contentEquals(second)
        is IntArray -> second is IntArray && first.contentEquals(second)
        is LongArray -> second is LongArray && first.contentEquals(second)
        is FloatArray -> second is FloatArray && first.contentEquals(second)
        is DoubleArray -> second is DoubleArray && first.contentEquals(second)
        is List<*> ->
            second is List<*> && first.size == second.size && first.indices.all { isSame(first[it], second[it]) }
        is Pair<*, *> -> second is Pair<*, *> && isSame(first.toList(), second.toList())
        is Triple<*, *, *> -> second is Triple<*, *, *> && isSame(first.toList(), second.toList())
        is Maybe<*> -> second is Maybe<*> && isSame(first.value, second.value)
        is Outcome.Ok<*> -> second is Outcome.Ok<*> && isSame(first.value, second.value)
        is Outcome.Err<*> -> second is Outcome.Err<*> && isSame(first.error, second.error)
        else -> first == second
    }

/** Agrees with [isSame], for values that belong together. */
@GeneratedBindings
public fun hashOf(vararg values: Any?): Int = values.fold(1) { hash, value -> 31 * hash + one(value) }

@OptIn(GeneratedBindings::class)
private fun one(value: Any?): Int =
    when (value) {
        is ByteArray -> value.contentHashCode()
        is ShortArray -> value.contentHashCode()
        is IntArray -> value.contentHashCode()
        is LongArray -> value.contentHashCode()
        is FloatArray -> value.contentHashCode()
        is DoubleArray -> value.contentHashCode()
        is List<*> -> hashOf(*value.toTypedArray())
        is Pair<*, *> -> hashOf(value.first, value.second)
        is Triple<*, *, *> -> hashOf(value.first, value.second, value.third)
        is Maybe<*> -> hashOf(value.value)
        is Outcome.Ok<*> -> hashOf(value.value)
        is Outcome.Err<*> -> hashOf(value.error)
        else -> value.hashCode()
    }

/** A value of a class with that [name], with its [fields] and what is in their arrays: `Bag(a=1, data=[1, 2])`. */
@GeneratedBindings
public fun textOf(name: String, vararg fields: Pair<String, Any?>): String =
    fields.joinToString(", ", "$name(", ")") { (field, value) -> "$field=${shown(value)}" }

@OptIn(GeneratedBindings::class)
private fun shown(value: Any?): String =
    when (value) {
        is ByteArray -> value.contentToString()
        is ShortArray -> value.contentToString()
        is IntArray -> value.contentToString()
        is LongArray -> value.contentToString()
        is FloatArray -> value.contentToString()
        is DoubleArray -> value.contentToString()
        is List<*> -> value.joinToString(", ", "[", "]", transform = ::shown)
        is Pair<*, *> -> "(${shown(value.first)}, ${shown(value.second)})"
        is Triple<*, *, *> -> "(${shown(value.first)}, ${shown(value.second)}, ${shown(value.third)})"
        is Maybe<*> -> textOf("Maybe", "value" to value.value)
        is Outcome.Ok<*> -> textOf("Ok", "value" to value.value)
        is Outcome.Err<*> -> textOf("Err", "error" to value.error)
        else -> value.toString()
    }

/** The names of the flags that are there. */
@GeneratedBindings
public fun flagsText(bits: Int, vararg names: String): String =
    names.filterIndexed { index, _ -> bits shr index and 1 != 0 }.joinToString(", ", "{", "}")
