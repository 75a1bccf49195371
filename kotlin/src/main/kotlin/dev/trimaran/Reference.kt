package dev.trimaran

import dev.trimaran.internal.Kind
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.Owned
import dev.trimaran.internal.shownOf
import dev.trimaran.internal.ffi.Reference as Raw

/**
 * A reference that is not null, to a value that is the guest's. It belongs to one store, and keeps its value alive
 * there.
 *
 * References to host objects need no such thing: they are those objects. See [Val.ExternRef].
 */
public class Reference private constructor(raw: Raw, @get:JvmSynthetic internal val kind: Byte) {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /** Whether two references are to the same value, in the sense of `ref.eq`. */
    public fun same(store: Store, other: Reference): Boolean =
        core(store, other) { raw.same(store.raw, other.raw) }

    /** The type of the value itself, which is not nullable: the most exact one that there is. */
    public fun type(store: Store): RefType = core(store) { raw.type(store.raw) }.toPublic()

    /** Whether the value has this type, or one below it. Fails with `Unsupported` for a type of a module. */
    public fun matches(store: Store, type: RefType): Boolean = core(store) { raw.matches(store.raw, type.toRaw()) }

    /** The number of an `i31`, with its sign; null where the value is something else. */
    public fun i31(store: Store): Int? = core(store) { raw.i31(store.raw) }

    /** How many fields a struct has, elements an array, or values an exception. Fails with `Type` for anything else. */
    public fun fieldCount(store: Store): Long = core(store) { raw.fieldCount(store.raw) }.toSize()

    /**
     * What the value is made of: the fields of a struct, the elements of an array, what an exception carries. Fails
     * with `Type` for anything else, and with `Limit` for more than 1,048,576 of them, which are given in ranges alone.
     */
    public fun fields(store: Store): List<Val> = fields(store, 0, null)

    /**
     * The fields at the places in [range], counted from 0, as in `reference.fields(store, 10L..<15)`: at most 1,048,576
     * at once, since a guest may make arrays of any size. Fails with `Range` where they are not there, and as [fields]
     * does.
     */
    public fun fields(store: Store, range: LongRange): List<Val> = fields(store, range.first, range.length())

    /** The fields at the places in [range], counted from 0, as in `reference.fields(store, 10..<15)`. */
    public fun fields(store: Store, range: IntRange): List<Val> = fields(store, range.first.toLong()..range.last)

    private fun fields(store: Store, start: Long, length: Long?): List<Val> =
        core(store) { raw.fields(store.raw, start, length) }.map { it.toPublic(store) }

    /** The tag of an exception; null where the value is something else. */
    public fun tag(store: Store): Tag? = core(store) { raw.tag(store.raw) }?.let(Tag::of)

    /** The reference as a value, to pass it on. */
    public fun value(): Val =
        when (kind) {
            Kind.EXTERN -> Val.ExternRef(this)
            Kind.EXN -> Val.ExnRef(this)
            else -> Val.AnyRef(this)
        }

    /** What it is, and the number of its store. */
    override fun toString(): String = shownOf("Reference", Owned.REFERENCE) { raw }

    /** References that the host makes. */
    public companion object {
        /**
         * An `i31` with this number, of 31 bits, with or without a sign. Fails with `Range` for a number that does not
         * fit.
         */
        @JvmStatic
        public fun ofI31(store: Store, value: Int): Reference =
            Reference(core(store) { Raw.ofI31(store.raw, value) }, Kind.ANY)

        @JvmSynthetic
        internal fun of(raw: Raw, kind: Byte): Reference = Reference(raw, kind)

        /** What an externref is to, which nobody else has: a host object, or else the guest's. */
        @JvmSynthetic
        internal fun external(store: Store, raw: Raw): Any {
            // Fails where another thread has closed the store.
            val host = core(store, raw) { NativeByHand.externObject(store.raw.handle, raw.handle) }
            if (host == null) return of(raw, Kind.EXTERN)
            raw.close()
            return host
        }
    }
}
