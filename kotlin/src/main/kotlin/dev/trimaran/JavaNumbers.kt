@file:JvmSynthetic

package dev.trimaran

import java.util.OptionalLong

// Java has numbers that are never null, and for those that may be absent a type of its own.

/** The number as Java has it. */
internal fun optional(number: Long?): OptionalLong =
    if (number == null) OptionalLong.empty() else OptionalLong.of(number)

/** The same number: its type chooses the function for numbers that may be null. */
internal fun nullable(number: Long): Long? = number
