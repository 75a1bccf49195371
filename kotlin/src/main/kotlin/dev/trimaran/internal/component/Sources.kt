package dev.trimaran.internal.component

import dev.trimaran.component.HostFunction
import dev.trimaran.internal.Coroutines
import java.nio.Buffer
import java.util.concurrent.CompletionStage
import java.lang.reflect.Array as Arrays

// What the host gives guests as streams and futures: a host function each, which gives the next part or the value.

/** The function that has what guests read from [value]; null where that is nothing they can read. */
internal fun sourceOf(value: Any, isFuture: Boolean): ComponentHost? =
    when {
        !isFuture -> iteratorOf(value)?.let { parts -> ComponentHost(HostFunction { nextOf(parts) }) }
        value is CompletionStage<*> -> suspendingSource { Coroutines.found.await(value) }
        else -> null
    } ?: Coroutines.found.source(value, isFuture)

/** The same of what waits for it. [gone] is told when no guest reads it any more. */
internal fun suspendingSource(gone: AutoCloseable? = null, next: suspend () -> Any?): ComponentHost =
    ComponentHost(DynamicSuspendingBody { next() }, false, gone)

/** The end of a stream. */
internal val NO_PART: Any = emptyList<Any?>()

/** Whether a part has no elements: to a guest it would be the end. */
internal fun isEmptyPart(part: Any?): Boolean =
    when (part) {
        null -> false
        is Collection<*> -> part.isEmpty()
        is Buffer -> !part.hasRemaining()
        else -> part.javaClass.isArray && Arrays.getLength(part) == 0
    }

/** The parts of a stream; null for what has none. What a list takes is one part. */
private fun iteratorOf(value: Any): Iterator<Any?>? =
    when (value) {
        // A set has no order.
        is Set<*> -> null
        is Collection<*>, is Buffer -> iterator { yield(value) }
        is Iterator<*> -> value
        is Sequence<*> -> value.iterator()
        is Iterable<*> -> value.iterator()
        else -> if (value.javaClass.isArray) iterator { yield(value) } else null
    }

private fun nextOf(parts: Iterator<Any?>): Any? {
    while (parts.hasNext()) parts.next().let { if (!isEmptyPart(it)) return it }
    return NO_PART
}
