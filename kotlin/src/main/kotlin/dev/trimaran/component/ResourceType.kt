package dev.trimaran.component

import dev.trimaran.core
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.component.Dropped
import dev.trimaran.internal.shown
import dev.trimaran.made
import dev.trimaran.internal.ffi.ComponentResourceType as Raw

/** The type of resources: of the host's own, or of one instance of a component. */
public class ResourceType private constructor(raw: Raw) {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /** Makes a new type of the host's, which is equal to no other. */
    public constructor() : this(core { Raw.host() })

    /**
     * Makes a new type of the host's, which is equal to no other, and has [drop] called with each object that a guest
     * has dropped.
     *
     * ```kotlin
     * linker.root().defineResource("file", ResourceType { file -> (file as AutoCloseable).close() })
     * ```
     *
     * The type keeps [drop], and so do a linker and a store that have the type: if [drop] refers to its store, that is
     * not collected before you close it.
     */
    public constructor(drop: ResourceDrop) : this(core { Raw(NativeByHand.newResourceType(Dropped(drop))) })

    /** Whether it is a type of the host's. */
    public val isHost: Boolean
        get() = core { raw.isHost() }

    /** Whether both are the same type. */
    override fun equals(other: Any?): Boolean =
        other is ResourceType && core(this, other) { raw.same(other.raw) }

    /** Agrees with [equals]. */
    override fun hashCode(): Int = isHost.hashCode()

    /** Whose type it is. */
    override fun toString(): String = shown("ResourceType") { if (isHost) " of the host" else "" }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): ResourceType = ResourceType(raw)
    }
}

/** What is done with objects of your own that were given to guests for good: a [ResourceType] has it. */
public fun interface ResourceDrop {
    /**
     * Takes an object that guests own no more, once for each time that it was given away: when a guest drops it, or
     * when the store is closed or collected, also after a trap. An object that a guest has given back is yours again,
     * and this is not called.
     *
     * What this throws comes out of the outermost call, as the very same object. Where there is none, as when a store
     * is closed, it goes to the thread's [Thread.UncaughtExceptionHandler]. This can use the store but call none of
     * its components: that fails with `Busy`.
     */
    @Throws(Exception::class)
    public fun drop(resource: Any)
}
