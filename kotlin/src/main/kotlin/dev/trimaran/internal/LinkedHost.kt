package dev.trimaran.internal

import dev.trimaran.Func
import dev.trimaran.Store

/**
 * What a host function of a linker does. The library calls it where a store needs the function, and has only a weak
 * reference: the linker keeps it, and what was made of the linker.
 */
internal class LinkedHost(private val attach: (Store, Func) -> Unit) {
    /** Gives the function of a store, of which this gets the handle, its body. */
    fun bind(store: Store, func: Long): Unit = attach(store, Func.of(func))
}

/** Those that a linker has now. */
internal class LinkedHosts {
    private val byName = HashMap<Pair<String, String>, LinkedHost>()

    /** Has the core define one more, and keeps it, in the place of what had its name before. */
    @Synchronized
    fun add(module: String, name: String, host: LinkedHost, define: () -> Unit) {
        define()
        byName[module to name] = host
    }

    /** What [take] takes of the linker, with those of that moment: later definitions do not change them. */
    @Synchronized
    fun <R> taking(take: () -> R): Pair<R, List<LinkedHost>> = take() to byName.values.toList()
}
