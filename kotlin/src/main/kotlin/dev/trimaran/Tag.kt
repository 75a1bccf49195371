package dev.trimaran

import dev.trimaran.internal.ffi.Tag as Raw

/** A tag of a guest: the kind of an exception. It belongs to one store. */
public class Tag private constructor(@get:JvmSynthetic internal val raw: Raw) : Extern {
    /** The tag's type. */
    public fun type(store: Store): TagType = core(store) { raw.type(store.raw) }.toPublic()

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Tag = Tag(raw)
    }
}
