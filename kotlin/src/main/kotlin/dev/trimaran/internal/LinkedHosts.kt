package dev.trimaran.internal

import dev.trimaran.Func
import dev.trimaran.Store
import java.util.concurrent.ConcurrentHashMap
import dev.trimaran.internal.ffi.Func as RawFunc
import dev.trimaran.internal.ffi.WasmtimeError as RawError

/**
 * The host functions that a linker has, by the numbers that the core gave them. Each store that needs one makes a
 * function of its own of it, and keeps the body from then on.
 */
internal class LinkedHosts private constructor(private val bodies: ConcurrentHashMap<Long, Body>) {
    constructor() : this(ConcurrentHashMap())

    /** Gives a function of a store its body. */
    fun interface Body {
        fun attach(store: Store, func: Func)
    }

    /** The number that a name has now. */
    private val names = HashMap<Pair<String, String>, Long>()

    /** How many there have been. */
    private var defined = 0L

    /**
     * Defines one more, which lets go of what had its name before. Nobody meets its number before it is here.
     */
    @Synchronized
    fun add(module: String, name: String, body: Body, define: () -> Long) {
        val number = define()
        bodies[number] = body
        names.put(module to name, number)?.let(bodies::remove)
        defined++
    }

    @Synchronized
    private fun body(number: Long): Body? = bodies[number]

    @Synchronized
    private fun defined(): Long = defined

    /** What [take] takes of the linker, with the bodies of that moment: later definitions do not change them. */
    @Synchronized
    fun <R> taking(take: () -> R): Pair<R, LinkedHosts> = take() to LinkedHosts(ConcurrentHashMap(bodies))

    /**
     * Does with the linker what needs [missing] bodies in [store]. Where another thread has defined something since they were
     * given, the core finds one without and fails before it runs anything: then this begins again. No lock is held meanwhile.
     */
    inline fun <R> using(store: Store, missing: () -> List<ULong>, host: (ULong) -> RawFunc, use: () -> R): R {
        while (true) {
            val before = defined()
            try {
                attach(store, missing, host)
                return use()
            } catch (error: Exception) {
                if (!isMissing(error) || defined() == before) throw error
            }
        }
    }

    private fun isMissing(error: Exception) =
        error is NativeException && error.read() is RawError.NotFound

    /** Gives the host functions in [missing] their callbacks in [store], where [host] finds them. */
    inline fun attach(store: Store, missing: () -> List<ULong>, host: (ULong) -> RawFunc) {
        if (bodies.isEmpty()) return
        for (number in missing()) {
            // Where another thread was faster, the library lets go of this one.
            body(number.toLong())?.attach(store, Func.of(host(number)))
        }
    }
}
