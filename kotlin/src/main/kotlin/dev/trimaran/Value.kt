package dev.trimaran

import dev.trimaran.internal.Kind
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.keepReachable
import java.math.BigInteger
import dev.trimaran.internal.ffi.Reference as RawReference
import dev.trimaran.internal.ffi.Val as Raw

/**
 * A value of WebAssembly. Floats and vectors are carried by their bits, so that no NaN is changed on the way.
 *
 * Make one by its class, as in `Val.I32(1)`, or by [Val.of] from a plain value.
 */
public sealed class Val {
    /**
     * A 32-bit integer. WebAssembly gives it no sign; this is its signed reading.
     *
     * @property value The number.
     */
    public data class I32(public val value: Int) : Val()

    /**
     * A 64-bit integer. WebAssembly gives it no sign; this is its signed reading.
     *
     * @property value The number.
     */
    public data class I64(public val value: Long) : Val()

    /**
     * A 32-bit float. Two are equal where all their bits are.
     *
     * @property bits Its bits, as in IEEE 754.
     */
    public class F32 private constructor(public val bits: Int) : Val() {
        /** A float of Kotlin, with all its bits. */
        public constructor(value: Float) : this(value.toRawBits())

        /** The number. */
        public val value: Float
            get() = Float.fromBits(bits)

        /** Whether all bits are the same. */
        override fun equals(other: Any?): Boolean = other is F32 && bits == other.bits

        /** Agrees with [equals]. */
        override fun hashCode(): Int = bits.hashCode()

        /** The number. */
        override fun toString(): String = "F32(value=$value)"

        /** Floats by their bits. */
        public companion object {
            /** The float with these bits, as in IEEE 754. */
            @JvmStatic
            public fun fromBits(bits: Int): F32 = F32(bits)
        }
    }

    /**
     * A 64-bit float. Two are equal where all their bits are.
     *
     * @property bits Its bits, as in IEEE 754.
     */
    public class F64 private constructor(public val bits: Long) : Val() {
        /** A double of Kotlin, with all its bits. */
        public constructor(value: Double) : this(value.toRawBits())

        /** The number. */
        public val value: Double
            get() = Double.fromBits(bits)

        /** Whether all bits are the same. */
        override fun equals(other: Any?): Boolean = other is F64 && bits == other.bits

        /** Agrees with [equals]. */
        override fun hashCode(): Int = bits.hashCode()

        /** The number. */
        override fun toString(): String = "F64(value=$value)"

        /** Floats by their bits. */
        public companion object {
            /** The float with these bits, as in IEEE 754. */
            @JvmStatic
            public fun fromBits(bits: Long): F64 = F64(bits)
        }
    }

    /**
     * A vector of 128 bits.
     *
     * @property low Bits 0 to 63.
     * @property high Bits 64 to 127.
     */
    public data class V128(public val low: Long, public val high: Long) : Val()

    /**
     * A reference to a function, or null.
     *
     * @property func The function.
     */
    public data class FuncRef(public val func: Func?) : Val()

    /**
     * A reference to a value of the host, or null: any object. Guests can keep it and pass it on, and it comes back as
     * the very same object. It lives until no guest has it any more and [Store.gc] has run, or the store is closed.
     *
     * @property value The object; or a [Reference] where it is not the host's, as a guest makes it by
     *   `extern.convert_any`.
     */
    public data class ExternRef(public val value: Any?) : Val()

    /**
     * A reference to a garbage-collected value, or null.
     *
     * @property value The reference.
     */
    public data class AnyRef(public val value: Reference?) : Val()

    /**
     * A reference to an exception, or null.
     *
     * @property value The reference.
     */
    public data class ExnRef(public val value: Reference?) : Val()

    /** A null reference of whatever type its place asks for. */
    public data object Null : Val()

    /** The number of an i32. Another value fails with `Type`. */
    public fun asInt(): Int = if (this is I32) value else wrong("an i32")

    /** The number of an i64 or i32. Another value fails with `Type`. */
    public fun asLong(): Long =
        when (this) {
            is I64 -> value
            is I32 -> value.toLong()
            else -> wrong("an i64 or i32")
        }

    /** The number of an f32. Another value fails with `Type`. */
    public fun asFloat(): Float = if (this is F32) value else wrong("an f32")

    /** The number of an f64 or f32. Another value fails with `Type`. */
    public fun asDouble(): Double =
        when (this) {
            is F64 -> value
            is F32 -> value.toDouble()
            else -> wrong("an f64 or f32")
        }

    /**
     * The plain value: an [Int], [Long], [Float] or [Double]; a [Func], a [Reference] or a host object; null
     * for a null reference; the [Val.V128] itself for a vector.
     */
    public fun unwrap(): Any? =
        when (this) {
            is I32 -> value
            is I64 -> value
            is F32 -> value
            is F64 -> value
            is V128 -> this
            is FuncRef -> func
            is ExternRef -> value
            is AnyRef -> value
            is ExnRef -> value
            is Null -> null
        }

    private fun wrong(expected: String): Nothing =
        throw WasmtimeException.Type("the value is $this: expected $expected")

    /** The core's value of this one, until the call has returned. */
    @JvmSynthetic
    internal inline fun <R> lend(store: Store, call: (Raw) -> R): R {
        val raw = toRaw(store)
        try {
            return call(raw)
        } finally {
            release(raw)
            keepReachable(raw)
        }
    }

    @JvmSynthetic
    internal fun toRaw(store: Store): Raw =
        when (this) {
            is I32 -> Raw.I32(value)
            is I64 -> Raw.I64(value)
            is F32 -> Raw.F32(bits.toUInt())
            is F64 -> Raw.F64(bits.toULong())
            is V128 -> Raw.V128(low.toULong(), high.toULong())
            is FuncRef -> Raw.FuncRef(func?.raw)
            is ExternRef -> Raw.ExternRef(value?.let { (it as? Reference)?.raw ?: external(store, it) })
            is AnyRef -> Raw.AnyRef(value?.raw)
            is ExnRef -> Raw.ExnRef(value?.raw)
            is Null -> Raw.Null
        }

    private fun external(store: Store, host: Any) =
        RawReference(core(store) { NativeByHand.newExtern(store.raw.handle, host) })

    /** Lets go of what [toRaw] made. */
    @JvmSynthetic
    internal fun release(raw: Raw) {
        if (this is ExternRef && value !is Reference) (raw as? Raw.ExternRef)?.value?.close()
    }

    /** From plain values. */
    public companion object {
        /**
         * The WebAssembly value of a plain one. An integer of up to 32 bits is an i32, a [UInt] or a wider one an
         * i64, and a call narrows it to what the function takes; a [Float] is an f32, a [Double] an f64, a [Func]
         * or [Reference] a reference; null is null, and a [Val] is itself.
         *
         * Fails with `Range` for a [ULong] or [BigInteger] that no signed 64-bit integer holds, and with `Type`
         * for anything else.
         */
        @JvmStatic
        public fun of(value: Any?): Val = of(value) { "the value" }

        @JvmSynthetic
        internal inline fun of(value: Any?, place: () -> String): Val =
            when (value) {
                null -> Null
                is Val -> value
                is Int -> I32(value)
                is Long -> I64(value)
                is Double -> F64(value)
                is Float -> F32(value)
                is Short -> I32(value.toInt())
                is Byte -> I32(value.toInt())
                is UInt -> I64(value.toLong())
                is UShort -> I32(value.toInt())
                is UByte -> I32(value.toInt())
                is ULong -> if (value <= Long.MAX_VALUE.toULong()) I64(value.toLong()) else tooBig(value, place())
                is BigInteger -> if (value.bitLength() < 64) I64(value.toLong()) else tooBig(value, place())
                is Func -> FuncRef(value)
                is Reference -> value.value()
                else -> notPlain(value, place())
            }

        private fun tooBig(value: Any, place: String): Nothing =
            failing { NativeByHand.notBetween(place, "$value", Long.MIN_VALUE, Long.MAX_VALUE) }

        private fun notPlain(value: Any, place: String): Nothing =
            throw WasmtimeException.Type("$place is a ${value.javaClass.name}: expected a number, a reference or a Val")
    }
}

/** The core's values of these, until the call has returned. */
@JvmSynthetic
internal inline fun <R> List<Val>.lend(store: Store, call: (List<Raw>) -> R): R {
    val raws = ArrayList<Raw>(size)
    whole("value")
    try {
        mapTo(raws) { it.toRaw(store) }
        return call(raws)
    } finally {
        raws.forEachIndexed { index, raw -> this[index].release(raw) }
        keepReachable(raws)
    }
}

@JvmSynthetic
internal fun Raw.toPublic(store: Store): Val =
    when (this) {
        is Raw.I32 -> Val.I32(value)
        is Raw.I64 -> Val.I64(value)
        is Raw.F32 -> Val.F32.fromBits(bits.toInt())
        is Raw.F64 -> Val.F64.fromBits(bits.toLong())
        is Raw.V128 -> Val.V128(low.toLong(), high.toLong())
        is Raw.FuncRef -> Val.FuncRef(func?.let(Func::of))
        is Raw.ExternRef -> Val.ExternRef(value?.let { Reference.external(store, it) })
        is Raw.AnyRef -> Val.AnyRef(value?.let { Reference.of(it, Kind.ANY) })
        is Raw.ExnRef -> Val.ExnRef(value?.let { Reference.of(it, Kind.EXN) })
        is Raw.Null -> Val.Null
    }
