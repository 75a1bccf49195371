package dev.trimaran.internal

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasmtimeException
import dev.trimaran.core
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.coroutineContext
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn
import dev.trimaran.internal.ffi.StreamPort as RawStreamPort

/** What a guest of a store reads, or writes to, and waits for. */
internal typealias Served<T> = (Store) -> suspend (T) -> Any?

/** A standard input that guests wait for. */
internal fun inputPort(store: Store, served: Served<Int>): RawStreamPort {
    val read = served(store)
    return port(store) { port, count ->
        // One of Java's may give null.
        val bytes =
            read(count) as? ByteArray
                ?: throw WasmtimeException.Type(
                    "the input source gave null: expected bytes, and none of them at the end",
                )
        core { port.give(bytes) }
    }
}

/** A standard output that guests wait for. */
internal fun outputPort(store: Store, served: Served<ByteArray>): RawStreamPort {
    val write = served(store)
    return port(store) { port, _ -> write(core { port.take() }) }
}

private fun port(store: Store, serve: suspend (RawStreamPort, Int) -> Unit): RawStreamPort {
    lateinit var port: RawStreamPort
    val func =
        Func.suspending(store, FuncType(listOf(ValType.I32), emptyList())) { (count) ->
            serve(port, (count as Val.I32).value)
            emptyList()
        }
    port = core(store) { RawStreamPort(store.raw, func.raw) }
    return port
}

/** Lets guests read a source one after the other, in their order: most sources have one reader at a time. */
internal class Turns {
    /** The turn of a coroutine, which [waking] wakes when it is handed to it. */
    private class Turn {
        var waking: Waking? = null
    }

    private var present: Turn? = null
    private val line = ArrayDeque<Turn>()

    /** Does [work] once no other guest does. */
    suspend fun <T> take(work: suspend () -> T): T {
        val context = coroutineContext
        if (generateSequence(context[Reading]) { it.outer }.any { it.turns === this }) {
            throw WasmtimeException.Busy(
                "the standard input is being read by this very coroutine: what reads it cannot have a guest read it",
            )
        }
        val turn = Turn()
        try {
            if (!begins(turn)) Coroutines.found.sleep { waking -> waits(turn, waking) }
            return within(Reading(this, context[Reading]), work)
        } finally {
            leaves(turn)
        }
    }

    @Synchronized
    private fun begins(turn: Turn): Boolean {
        if (present == null) present = turn
        return present === turn
    }

    @Synchronized
    private fun waits(turn: Turn, waking: Waking): Boolean {
        if (begins(turn)) return false
        turn.waking = waking
        return line.add(turn)
    }

    /** Hands the turn to whoever is next; one that is cancelled in the line leaves that. */
    private fun leaves(turn: Turn) {
        val next =
            synchronized(this) {
                line.remove(turn)
                if (present === turn) line.removeFirstOrNull().also { present = it } else null
            }
        next?.waking?.wake()
    }

    /** Runs [work] as a part of this coroutine, with one element more in its context. */
    private suspend fun <T> within(reading: Reading, work: suspend () -> T): T =
        suspendCoroutineUninterceptedOrReturn { waiting ->
            work.startCoroutineUninterceptedOrReturn(Completion(waiting.context + reading, waiting))
        }

    private class Completion<T>(override val context: CoroutineContext, private val waiting: Continuation<T>) :
        Continuation<T> {
        override fun resumeWith(result: Result<T>): Unit = waiting.resumeWith(result)
    }

    /** What a coroutine reads. */
    private class Reading(val turns: Turns, val outer: Reading?) : AbstractCoroutineContextElement(Key) {
        companion object Key : CoroutineContext.Key<Reading>
    }
}
