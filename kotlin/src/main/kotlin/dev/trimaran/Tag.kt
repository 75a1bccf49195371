package dev.trimaran

import dev.trimaran.internal.Owned
import dev.trimaran.internal.shownOf
import dev.trimaran.internal.ffi.Tag as Raw

/** A tag: the kind of an exception. It belongs to one store. */
public class Tag private constructor(raw: Raw) : Extern {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /**
     * Makes a tag in [store]. Fails with `Type` where [type] has results, which exceptions do not give, and with `Config`
     * where the engine has no exceptions.
     */
    public constructor(store: Store, type: TagType) : this(core(store) { Raw(store.raw, type.toRaw()) })

    /** The tag's type. */
    public fun type(store: Store): TagType = core(store) { raw.type(store.raw) }.toPublic()

    /** Whether two handles are to the same tag: two of the same type may be different tags. */
    public fun same(store: Store, other: Tag): Boolean = core(store, other) { raw.same(store.raw, other.raw) }

    /** What it is, and the number of its store. */
    override fun toString(): String = shownOf("Tag", Owned.TAG) { raw }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Tag = Tag(raw)
    }
}
