package dev.trimaran

import dev.trimaran.internal.Handles
import dev.trimaran.internal.Kind
import dev.trimaran.internal.ffi.UniffiWithHandle
import dev.trimaran.internal.ffi.Reference as Raw

/**
 * A reference that is not null, to a value that is the guest's. It belongs to one store, and keeps its value alive there.
 *
 * References to objects of the host need no such thing: they are those objects. See [Val.ExternRef].
 */
public class Reference private constructor(
    @get:JvmSynthetic internal val raw: Raw,
    @get:JvmSynthetic internal val kind: Byte,
) {
    /** Whether two references are to the same value, in the sense of `ref.eq`. */
    public fun same(store: Store, other: Reference): Boolean =
        core(store, other) { raw.same(store.raw, other.raw) }

    /** The reference as a value, to pass it on. */
    public fun value(): Val =
        when (kind) {
            Kind.EXTERN -> Val.ExternRef(this)
            Kind.EXN -> Val.ExnRef(this)
            else -> Val.AnyRef(this)
        }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw, kind: Byte): Reference = Reference(raw, kind)

        /** What an externref is to, by a handle that is ours: an object of the host, or else the guest's. */
        @JvmSynthetic
        internal fun external(store: Store, handle: Long): Any =
            core(store) { Handles.takeExtern(store.lane.pointer, handle) }
                ?: of(Raw(UniffiWithHandle, handle), Kind.EXTERN)
    }
}
