package dev.trimaran.internal.component

import dev.trimaran.Store
import dev.trimaran.core
import dev.trimaran.failing
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.ffi.ComponentStream as Raw

/** Reads the end of a stream, or of a future, that a guest gave. */
internal class EndReader(private val raw: Raw, private val store: Store) {
    private val codec = FuncCodec(core { raw.types() }) { false }

    /** The next elements, at most so many, or the value of a future. */
    fun read(most: Int): Any? {
        check(most)
        return Exchange.use(store) { exchange ->
            val told =
                core(raw, store, runsGuests = true) {
                    NativeByHand.streamRead(raw.handle, store.raw.handle, exchange.handle, most)
                }
            codec.readResult(exchange, ComponentRunning.moves(told), ComponentRunning.length(told))
        }
    }

    /** The same, which waits. */
    suspend fun readSuspend(most: Int): Any? {
        check(most)
        var result: Any? = null
        ComponentRunning.read(raw, store, most) { exchange, told ->
            result = codec.readResult(exchange, ComponentRunning.moves(told), ComponentRunning.length(told))
        }
        return result
    }

    private fun check(most: Int) {
        if (most < 1) {
            failing { NativeByHand.notBetween("the number of elements", "$most", 1, Int.MAX_VALUE.toLong()) }
        }
    }
}
