package dev.trimaran.component

import dev.trimaran.component.bindings.GeneratedBindings

/**
 * A resource of a component, as generated bindings have it: each type of resources is a class that derives from this
 * one.
 *
 * It is closed as [Resource] is: `use` drops it in the component.
 *
 * @property resource The handle.
 */
public abstract class GuestResource @GeneratedBindings protected constructor(public val resource: Resource) :
    AutoCloseable {
    /** Whether it can still be used: it was neither closed nor given away, and no loan of it is over. */
    public val isAlive: Boolean
        get() = resource.isAlive

    /** Drops the resource, as [Resource.close] does. */
    override fun close(): Unit = resource.close()

    /** Its class, and its handle. */
    override fun toString(): String = "${javaClass.simpleName}($resource)"
}
