package dev.trimaran.component

import dev.trimaran.core
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
