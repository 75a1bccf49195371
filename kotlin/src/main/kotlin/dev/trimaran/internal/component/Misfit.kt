package dev.trimaran.internal.component

import dev.trimaran.component.CodePoint
import dev.trimaran.component.EnumCase
import dev.trimaran.component.Err
import dev.trimaran.component.Future
import dev.trimaran.component.Ok
import dev.trimaran.component.Record
import dev.trimaran.component.Resource
import dev.trimaran.component.Result
import dev.trimaran.component.Some
import dev.trimaran.component.Stream
import dev.trimaran.component.Variant
import dev.trimaran.internal.ffi.ComponentMistake
import dev.trimaran.internal.ffi.ComponentTypeKind

/**
 * A value that does not fit its type. The path to it grows while this is on its way out of the codecs. It never reaches
 * a user.
 */
internal class Misfit(val mistake: ComponentMistake) : RuntimeException(null, null, false, false) {
    private val parts = ArrayDeque<String>()

    /** The path to the value, from the outermost part. */
    val path: List<String> get() = parts

    /** The part that it is in. */
    fun at(part: String): Misfit = apply { parts.addFirst(part) }
}

/** Runs [write], which writes a part of a value. */
internal inline fun <R> within(part: () -> String, write: () -> R): R =
    try {
        write()
    } catch (misfit: Misfit) {
        throw misfit.at(part())
    }

internal fun wrongKind(expected: ComponentTypeKind, found: Any?): Nothing =
    throw Misfit(ComponentMistake.Kind(expected, words(found)))

internal fun outOfRange(expected: ComponentTypeKind, found: Any): Nothing =
    throw Misfit(ComponentMistake.Range(expected, whole(found)))

internal fun halfPair(): Nothing =
    throw Misfit(ComponentMistake.Kind(ComponentTypeKind.STRING, "a String with half of a surrogate pair"))

/** As a text, with a question mark for each half of a surrogate pair. */
internal fun whole(value: Any?): String = String(value.toString().toByteArray())

internal fun wrongCount(what: String, expected: Int, found: Int): Nothing =
    throw Misfit(ComponentMistake.Count(what, expected.toULong(), found.toULong()))

internal fun wrongPayload(name: String, isExpected: Boolean): Nothing =
    throw Misfit(ComponentMistake.Payload(name, isExpected))

internal fun tooLong(length: Long): Nothing = throw Misfit(ComponentMistake.Length(length.toULong()))

/** Whether a class has the name of one whose values are those of components, and is another one. */
private fun isMistakable(found: Class<*>): Boolean = OURS.any { it.simpleName == found.simpleName && it != found }

private val OURS: List<Class<*>> =
    listOf(
        CodePoint::class.java,
        EnumCase::class.java,
        Err::class.java,
        Future::class.java,
        List::class.java,
        Map::class.java,
        Ok::class.java,
        Pair::class.java,
        Record::class.java,
        Resource::class.java,
        Result::class.java,
        Set::class.java,
        Some::class.java,
        Stream::class.java,
        String::class.java,
        Triple::class.java,
        Variant::class.java,
    )

/** What a value is, with an article. */
private fun words(value: Any?): String {
    if (value == null) return "null"
    val name = value.javaClass.run { if (isMistakable(this)) canonicalName ?: name else simpleName.ifEmpty { name } }
    // As letters are spoken: an Int, a UInt.
    val article = if (name.first() in "AEIOaeio") "an" else "a"
    return "$article $name"
}
