package dev.trimaran.component

import java.io.Serializable

/**
 * A value of a result type in generated bindings, where it is no function's own result: of that, a failure is thrown.
 *
 * ```kotlin
 * when (val outcome = outcomes.first()) {
 *     is Outcome.Ok -> println(outcome.value)
 *     is Outcome.Err -> println("failed: ${outcome.error}")
 * }
 * ```
 */
public sealed interface Outcome<out V, out E> : Serializable {
    /**
     * A success.
     *
     * @property value What it gives; [Unit] where its type gives nothing.
     */
    public data class Ok<out V>(public val value: V) : Outcome<V, Nothing> {
        private companion object {
            private const val serialVersionUID = 1L
        }
    }

    /**
     * A failure.
     *
     * @property error What it says; [Unit] where its type says nothing.
     */
    public data class Err<out E>(public val error: E) : Outcome<Nothing, E> {
        private companion object {
            private const val serialVersionUID = 1L
        }
    }
}
