package dev.trimaran

import dev.trimaran.internal.ffi.Global as Raw

/** A global of a guest. It belongs to one store. */
public class Global private constructor(@get:JvmSynthetic internal val raw: Raw) : Extern {
    /** The global's type. */
    public fun type(store: Store): GlobalType = core(store) { raw.type(store.raw) }.toPublic()

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Global = Global(raw)
    }
}
