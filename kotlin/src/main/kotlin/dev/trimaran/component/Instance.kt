package dev.trimaran.component

import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.core
import dev.trimaran.internal.Owned
import dev.trimaran.internal.shownOf
import dev.trimaran.made
import dev.trimaran.whole
import dev.trimaran.internal.ffi.ComponentInstance as Raw

/**
 * An instance of a component. It belongs to one store.
 *
 * What it exports has a path: the names of the instances in each other, and its own name.
 *
 * ```kotlin
 * val parse = instance.func(store, "example:json/reader@1.0.0", "parse")
 * ```
 */
public class Instance private constructor(raw: Raw) {
    private val raw: Raw = raw
        get() = made(field)

    /**
     * The function of that path. Fails with `NotFound`, which names what there is, and with `Type` for something else.
     */
    public fun func(store: Store, vararg path: String): Func =
        Func.of(core(this, store) { raw.func(store.raw, names(path)) })

    /** The module of that path. Fails as [func] does. */
    public fun module(store: Store, vararg path: String): Module =
        Module.of(core(this, store) { raw.module(store.raw, names(path)) })

    /** The type of the resource of that path. Fails as [func] does. */
    public fun resource(store: Store, vararg path: String): ResourceType =
        ResourceType.of(core(this, store) { raw.resource(store.raw, names(path)) })

    /** What it is, and the number of its store. */
    override fun toString(): String = shownOf("Instance", Owned.COMPONENT_INSTANCE) { raw }

    internal companion object {
        /** Of a program of Java's, a name may be null. */
        private fun names(path: Array<out String>): List<String> = path.asList().whole("name")

        @JvmSynthetic
        internal fun of(raw: Raw): Instance = Instance(raw)
    }
}
