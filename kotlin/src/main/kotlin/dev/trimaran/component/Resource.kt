package dev.trimaran.component

import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.core
import dev.trimaran.internal.Owned
import dev.trimaran.internal.shownOf
import dev.trimaran.made
import dev.trimaran.internal.ffi.ComponentResource as Raw

/**
 * A handle of a resource that a guest made. It belongs to one store.
 *
 * One that is owned lives until [close], or until it is given away to a guest. One that is lent to a host function
 * lives until the function returns. Any later use fails with `Closed`.
 *
 * ```kotlin
 * (counter.func(store, "make")(store, 7u) as Resource).use { resource ->
 *     counter.func(store, "get")(store, resource)
 * }
 * ```
 *
 * Resources of the host's need no such object: they are objects of your own ([LinkerInstance.defineResource]).
 *
 * @property store The store that it belongs to.
 */
public class Resource private constructor(raw: Raw, public val store: Store) : AutoCloseable {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /** Whether it is owned, and not lent. */
    public val isOwned: Boolean
        get() = core { raw.isOwned() }

    /** Whether it can still be used: it was not closed or given away, no loan of it is over, and its store is open. */
    public val isAlive: Boolean
        get() = core { raw.isAlive() }

    /** Its type. */
    public val type: ResourceType
        get() = ResourceType.of(core { raw.resourceType() })

    /**
     * Drops the resource in [store]. If it is owned, that runs the destructor of the guest: it fails with `Trap` where
     * that traps. To drop it again does nothing. Fails with `WrongStore` for another store, and with `Busy` in a host
     * function that the guest's instance has called: the resource stays, and can be dropped later.
     */
    public fun drop(store: Store): Unit = core(this, store, runsGuests = true) { raw.resourceDrop(store.raw) }

    /**
     * Drops the resource in its store, as [drop] does; nothing once that store is closed or a guest of it has trapped.
     * If it is never called, the
     * destructor runs some time after this object was collected, when a component of the store is used: that use fails
     * with what the destructor fails with.
     */
    override fun close() {
        try {
            drop(store)
        } catch (error: WasmtimeException.Closed) {
            if (!store.isClosed) throw error
        } catch (_: WasmtimeException.Poisoned) {
            // No guest of the store runs any more, and no destructor.
        }
    }

    /** What it is, the number of its store, and whether it can no longer be used. */
    override fun toString(): String =
        shownOf("Resource", Owned.COMPONENT_RESOURCE) { raw } + if (isAlive) "" else ", gone"

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw, store: Store): Resource = Resource(raw, store)
    }
}
