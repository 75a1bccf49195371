@file:JvmSynthetic

package dev.trimaran

import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativeException
import dev.trimaran.internal.NativeImage
import dev.trimaran.internal.Virtual
import dev.trimaran.internal.enter
import dev.trimaran.internal.keepReachable
import dev.trimaran.internal.worksFor
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import kotlin.time.Duration
import dev.trimaran.internal.ffi.WasmtimeError as RawError
import java.time.Duration as JavaDuration

// The one way from the public classes to the core.

/**
 * Calls the core. What it fails with comes out as the public exception, and what a host function threw as it is.
 *
 * The arguments of the call are kept until it has returned: native code gets bare addresses, which the garbage collector
 * does not see. It might free what stands behind them.
 *
 * A virtual thread is kept from waiting for a store in native code. It has to be said where the call [runsGuests].
 */
internal inline fun <R> core(
    argument: Any? = null,
    another: Any? = null,
    third: Any? = null,
    runsGuests: Boolean = false,
    crossinline call: () -> R,
): R =
    try {
        if (Virtual.isCurrent() || runsGuests && worksFor(argument, another, third)) {
            enter(argument, another, third, runsGuests) { call() }
        } else {
            call()
        }
    } catch (error: Throwable) {
        throw translated(error)
    } finally {
        keepReachable(argument)
        keepReachable(another)
        keepReachable(third)
    }

/** The text in UTF-8, or `Encoding`. */
internal fun String.utf8(): ByteArray = core { encodeToByteArray(throwOnInvalidSequence = true) }

/** What remains in the buffer. */
internal fun ByteBuffer.copied(): ByteArray = ByteArray(remaining()).also(duplicate()::get)

/** A number of the core, which has 64 bits and no sign. Past the end of [Long] it reads as the greatest one. */
internal fun ULong.toSize(): Long = if (this > Long.MAX_VALUE.toULong()) Long.MAX_VALUE else toLong()

/** Whole milliseconds; null for one without an end. Less than nothing stays less than nothing. */
internal fun Duration.milliseconds(): Long? =
    when {
        this == Duration.INFINITE -> null
        isNegative() -> minOf(inWholeMilliseconds, -1)
        else -> inWholeMilliseconds
    }

/** Whole milliseconds, or the most or the least of them that there are. */
internal fun JavaDuration.milliseconds(): Long =
    coerceIn(JavaDuration.ofMillis(Long.MIN_VALUE), JavaDuration.ofMillis(Long.MAX_VALUE)).toMillis()

/** A number that the core takes without a sign. */
internal fun natural(value: Long, what: String): ULong =
    if (value >= 0) value.toULong() else failing { NativeByHand.negative(what, "$value") }

/** A time in milliseconds, 0 or more. */
internal fun time(milliseconds: Long, what: String): ULong =
    if (milliseconds >= 0) milliseconds.toULong() else failing { NativeByHand.negative(what, "$milliseconds ms") }

/** A number that has to lie between 0 and [last], because the core takes no other. */
internal fun within(value: Long, last: Long, what: String): Long =
    if (value in 0..last) value else failing { NativeByHand.notBetween(what, "$value", 0, last) }

/**
 * What a constructor has put there, or `Type` where none has: as of an object that a library has made of text.
 */
internal fun <T : Any> made(value: T?): T = value ?: failing { NativeByHand.neverMade() }

/** The list, in which nothing is null, as it may be in one of Java; otherwise `Type`. */
internal fun <T : Any> List<T>.whole(what: String): List<T> =
    apply {
        // A list of Java's that has no nulls refuses to be asked for one.
        val index = (this as List<T?>).indexOfFirst { it == null }
        if (index >= 0) throw WasmtimeException.Type("$what ${index + 1} is null")
    }

/** The map, in which nothing is null, as it may be in one of Java; otherwise `Type`. */
internal fun <T : Any> Map<String, T>.whole(what: String): Map<String, T> =
    apply {
        (this as Map<*, *>).entries.forEachIndexed { index, (name, value) ->
            if (name == null) throw WasmtimeException.Type("the name of $what ${index + 1} is null")
            if (value == null) throw WasmtimeException.Type("$what `$name` is null")
        }
    }

/** What a user gets for whatever came out of a call: the public exception, or what a host function threw. */
internal fun translated(error: Throwable): Throwable =
    when (error) {
        // A virtual thread that waits may be interrupted.
        is WasmtimeException, is InterruptedException -> error
        is NativeException -> public(error)
        is NullPointerException -> absent(error)
        is CharacterCodingException -> failure { NativeByHand.halfPair() }
        else -> exhausted(error) ?: unloaded(error) ?: if (error is Exception) unexpected(error) else error
    }

/**
 * What the JVM says where it has no stack or no memory left, which may come out inside of another
 * error; null where it is about something else.
 */
private fun exhausted(error: Throwable): VirtualMachineError? =
    generateSequence(error) { it.cause }.take(8).firstNotNullOfOrNull { it as? VirtualMachineError }

/** Why the native library is not there, where that is what an error is about; null where it is about something else. */
private fun unloaded(error: Throwable): Error? = if (error is LinkageError) NativeImage.failure() ?: error else null

/** What a host function threw, itself, which the library has kept until now. */
private fun thrown(error: RawError): Throwable? {
    val number = (error as? RawError.Host)?.thrown ?: return null
    return NativeByHand.takeThrown(number.toLong())?.also { crossed(it, error.frames) }
}

/** Something is null that a program of Java, or without a constructor, has made so. */
private fun absent(error: NullPointerException): WasmtimeException {
    // A sentence about what is private is no help: the cause has it.
    val detail = error.message?.takeUnless { INTERNAL in it }?.let { ": $it" }.orEmpty()
    return WasmtimeException.Type("something is null that may not be$detail").apply { initCause(error) }
}

private const val INTERNAL = "dev.trimaran.internal"

/** The error of the core, with its own sentence, or what a host function threw. */
private fun public(error: NativeException): Throwable {
    val found = error.read()
    val thrown = thrown(found) ?: found.toPublic(error.sentence())
    // One of ours knows its row, whoever found it: also for a host function whose results do not fit.
    if (error.row >= 0 && thrown is WasmtimeException) thrown.atRow(error.row)
    return thrown
}

/** A failure that is no error of the core: a panic, or a mistake in this library. */
private fun unexpected(error: Exception): Throwable =
    try {
        NativeByHand.unexpected(error.toString().encodeToByteArray())
        error
    } catch (failure: NativeException) {
        public(failure).apply { stackTrace = error.stackTrace }
    }

/** Throws what the core fails with, in its own words. */
internal inline fun failing(fail: () -> Unit): Nothing = throw failure(fail)

/** What the core fails with, in its own words. */
internal inline fun failure(fail: () -> Unit): Throwable {
    try {
        fail()
    } catch (error: NativeException) {
        return translated(error)
    }
    error("the core has not failed")
}

/** Fails with `Range` for [length] bytes that are there, but are more than an array of Java holds for sure. */
internal inline fun checkArray(start: Long, length: Long, size: () -> Long) {
    val most = Int.MAX_VALUE - 16L
    if (length > most && start >= 0 && length <= size() - start) {
        throw WasmtimeException.Range("the length is $length: an array holds up to $most bytes; read in parts")
    }
}

/** How many bytes there are from [start] up to [stop]. Fails with `Range` where that is before the start. */
internal fun between(start: Long, stop: Long): Long {
    if (stop < start && start >= 0) {
        val reason = "the stop is $stop, before the start, $start: it is an offset as well, and no length"
        throw WasmtimeException.Range(reason)
    }
    return stop - start
}

/** How many offsets there are in the range. */
internal fun LongRange.length(): Long {
    if (isEmpty()) return 0
    // One that no Long holds is as far outside as the longest.
    val length = last - first + 1
    return if (length > 0) length else Long.MAX_VALUE
}
