package dev.trimaran.component

import java.io.Serializable

/**
 * The value of an option whose value is itself an option, in generated bindings: null alone would not say which of both
 * is meant.
 *
 * @property value What the outer option has: null where the inner one has nothing.
 */
public data class Maybe<out T>(public val value: T) : Serializable {
    private companion object {
        private const val serialVersionUID = 1L
    }
}
