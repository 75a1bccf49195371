package dev.trimaran

import dev.trimaran.internal.ffi.Table as Raw

/** A table of a guest. It belongs to one store. */
public class Table private constructor(@get:JvmSynthetic internal val raw: Raw) : Extern {
    /** The table's type. */
    public fun type(store: Store): TableType = core(store) { raw.type(store.raw) }.toPublic()

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Table = Table(raw)
    }
}
