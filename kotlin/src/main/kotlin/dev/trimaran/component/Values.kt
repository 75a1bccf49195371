package dev.trimaran.component

import java.io.Serializable

/**
 * A value of a variant type: its case, and what the case carries.
 *
 * @property case The name of the case.
 * @property payload What it carries; null for a case without a payload.
 */
public data class Variant @JvmOverloads constructor(public val case: String, public val payload: Any? = null) :
    Serializable {
    /** The case and its payload, as in `circle(2.0)`. */
    override fun toString(): String = if (payload == null) case else "$case($payload)"

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * A value of an enum type. A call takes the name alone as well.
 *
 * @property name The name of the case.
 */
public data class EnumCase(public val name: String) : Serializable {
    /** The name. */
    override fun toString(): String = name

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * A value of the type `char`: any character of Unicode. A call takes a [Char] and a text of one character as well.
 *
 * @property value The code point: 0 to 0x10FFFF, without 0xD800 to 0xDFFF. A call refuses any other with `Range`.
 */
public data class CodePoint(public val value: Int) : Serializable {
    /** The character, as a text. */
    override fun toString(): String = if (Character.isValidCodePoint(value)) String(Character.toChars(value)) else "?"

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * The value of an option, where null would not say which option is meant: in an option of an option. A call takes it
 * for every option.
 *
 * @property value What the option has.
 */
public data class Some(public val value: Any?) : Serializable {
    /** The value, as in `some(1)`. */
    override fun toString(): String = "some($value)"

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/** A value of a result type: [Ok] or [Err]. */
public sealed class Result : Serializable {
    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * A success.
 *
 * @property value What it gives; null where its type gives nothing.
 */
public data class Ok @JvmOverloads constructor(public val value: Any? = null) : Result() {
    /** The value, as in `ok(1)`. */
    override fun toString(): String = if (value == null) "ok" else "ok($value)"

    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * A failure. It is a value like any other: a call that gives one has not failed.
 *
 * @property error What it says; null where its type says nothing.
 */
public data class Err @JvmOverloads constructor(public val error: Any? = null) : Result() {
    /** The error, as in `err(1)`. */
    override fun toString(): String = if (error == null) "err" else "err($error)"

    private companion object {
        private const val serialVersionUID = 1L
    }
}
