package dev.trimaran.internal

import dev.trimaran.Func
import dev.trimaran.Store
import dev.trimaran.core
import java.util.concurrent.ConcurrentHashMap
import dev.trimaran.internal.ffi.Func as RawFunc

/**
 * The functions of the host that a linker has, by the numbers that the core gave them. Each store that needs one makes a
 * function of its own of it, and keeps the body from then on.
 */
internal class LinkedHosts private constructor(private val bodies: ConcurrentHashMap<ULong, Body>) {
    constructor() : this(ConcurrentHashMap())

    /** Gives a function of a store its body. */
    fun interface Body {
        fun attach(store: Store, func: Func)
    }

    /** The number that a name has now. */
    private val names = HashMap<Pair<String, String>, ULong>()

    /**
     * Defines one more, which lets go of what had its name before. Nobody meets its number before it is here.
     */
    @Synchronized
    fun add(module: String, name: String, body: Body, define: () -> ULong) {
        val number = define()
        bodies[number] = body
        names.put(module to name, number)?.let(bodies::remove)
    }

    @Synchronized
    private fun body(number: ULong): Body? = bodies[number]

    /** What is there now: later definitions do not change it. */
    fun copy(): LinkedHosts = LinkedHosts(ConcurrentHashMap(bodies))

    /** Gives those a body that are [missing] one in [store], which [host] finds there. No lock is held meanwhile. */
    inline fun attach(store: Store, missing: () -> List<ULong>, host: (ULong) -> RawFunc) {
        if (isEmpty()) return
        for (number in core(store) { missing() }) {
            val func = Func.of(core(store) { host(number) })
            // Where another thread was faster, the library lets go of this one.
            body(number)?.attach(store, func)
        }
    }

    private fun isEmpty() = bodies.isEmpty()
}
