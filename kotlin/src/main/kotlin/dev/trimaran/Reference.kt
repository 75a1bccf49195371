package dev.trimaran

import dev.trimaran.internal.ffi.Reference as Raw

/** A reference that is not null, held by the host. It belongs to one store, and keeps its value alive there. */
public class Reference private constructor(@get:JvmSynthetic internal val raw: Raw) {
    /** Whether two references are to the same value, in the sense of `ref.eq`. */
    public fun same(store: Store, other: Reference): Boolean =
        core(store, other) { raw.same(store.raw, other.raw) }

    /** The reference as a value, to pass it on. */
    public fun value(): Val = core { raw.value() }.toPublic()

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Reference = Reference(raw)
    }
}
