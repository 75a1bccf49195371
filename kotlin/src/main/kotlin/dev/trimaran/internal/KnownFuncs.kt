package dev.trimaran.internal

import dev.trimaran.Func
import dev.trimaran.Val
import java.util.concurrent.atomic.AtomicReferenceArray

/**
 * Caches one object for each function that a table gave, by its identity.
 *
 * A thread that looks takes no lock, and may miss what another thread has just put in. A name and its function are one
 * object, which never changes: so no thread sees the name of one beside the function of another.
 */
internal class KnownFuncs {
    private class Known(val name: Long, val func: Val.FuncRef)

    /** A power of two of places, at least half of which are free. */
    @Volatile
    private var places = AtomicReferenceArray<Known>(16)
    private var count = 0

    /** The function of that name, which is not 0, or null. */
    operator fun get(name: Long): Val.FuncRef? {
        val places = places
        // A place that was free when it was found may be filled by now, with any function.
        return places.get(find(places, name))?.takeIf { it.name == name }?.func
    }

    /** The function of that name: the one that is there, or else [func]. */
    @Synchronized
    fun put(name: Long, func: Func): Val.FuncRef {
        get(name)?.let { return it }
        if (2 * ++count > places.length()) places = larger(places)
        return Val.FuncRef(func).also { places.set(find(places, name), Known(name, it)) }
    }

    /** Where the name is, or a place that is free. */
    private fun find(places: AtomicReferenceArray<Known>, name: Long): Int {
        val last = places.length() - 1
        // Functions lie at multiples of some power of two.
        var place = (name xor (name ushr 32) xor (name ushr 7)).toInt() and last
        while ((places.get(place)?.name ?: name) != name) place = place + 1 and last
        return place
    }

    private fun larger(old: AtomicReferenceArray<Known>): AtomicReferenceArray<Known> {
        val new = AtomicReferenceArray<Known>(2 * old.length())
        for (index in 0..<old.length()) old.get(index)?.let { new.set(find(new, it.name), it) }
        return new
    }
}
