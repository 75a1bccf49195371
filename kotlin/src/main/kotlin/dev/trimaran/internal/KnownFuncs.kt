package dev.trimaran.internal

import dev.trimaran.Func
import dev.trimaran.Val

/**
 * Functions that tables have given, by what names them in their store: one object for each, for as long as the store is there.
 *
 * Whoever looks takes no lock, and may miss what another thread has just put in.
 */
internal class KnownFuncs {
    /** The names in a power of two of places, at least half of which are free (0), and the function of each. */
    private class Places(size: Int) {
        val names = LongArray(size)
        val funcs = arrayOfNulls<Val.FuncRef>(size)

        /** Where the name is, or the free place for it. */
        fun find(name: Long): Int {
            val last = names.size - 1
            // Functions lie at multiples of some power of two.
            var place = (name xor (name ushr 32) xor (name ushr 7)).toInt() and last
            while (names[place] != name && names[place] != 0L) place = place + 1 and last
            return place
        }
    }

    @Volatile
    private var places = Places(16)
    private var count = 0

    /** The function of that name, which is not 0, or null. */
    operator fun get(name: Long): Val.FuncRef? {
        val places = places
        return places.funcs[places.find(name)]
    }

    /** The function of that name: the one that is there, or else [func]. */
    @Synchronized
    fun put(name: Long, func: Func): Val.FuncRef {
        get(name)?.let { return it }
        if (2 * ++count > places.names.size) places = larger(places)
        val place = places.find(name)
        return Val.FuncRef(func).also {
            places.funcs[place] = it
            places.names[place] = name
        }
    }

    private fun larger(old: Places): Places {
        val new = Places(2 * old.names.size)
        for (index in old.names.indices.filter { old.names[it] != 0L }) {
            val place = new.find(old.names[index])
            new.funcs[place] = old.funcs[index]
            new.names[place] = old.names[index]
        }
        return new
    }
}
