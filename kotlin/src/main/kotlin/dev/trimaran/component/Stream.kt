package dev.trimaran.component

import dev.trimaran.Store
import dev.trimaran.core
import dev.trimaran.internal.Owned
import dev.trimaran.internal.component.EndReader
import dev.trimaran.internal.component.isEmptyPart
import dev.trimaran.internal.future
import dev.trimaran.internal.shownOf
import dev.trimaran.made
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.ForkJoinPool
import dev.trimaran.internal.ffi.ComponentStream as Raw

/**
 * A stream that a guest gave. It belongs to one store.
 *
 * Its elements come in parts, as a list of the type would: a [ByteArray] where they are bytes, another array of numbers, and else a
 * [List]. The guest that writes waits until somebody reads, and no part has more than that asks for.
 *
 * ```kotlin
 * (instance.func(store, "count").callSuspend(store, 3, 4) as Stream).use { stream ->
 *     stream.asFlow().collect { part -> println((part as ByteArray).size) }
 * }
 * ```
 *
 * To read it has the guests of its store go on that wait. No other call may go on meanwhile; in a suspending host function, the call
 * goes on that the function is of. Such a function closes a stream that it does not read: its guest may wait for that. Where it is
 * given to a guest, that fails with `Type` if the host has begun to read it, and with `Closed` if it was given away.
 *
 * @property store The store that it belongs to.
 */
public class Stream private constructor(raw: Raw, public val store: Store) : AutoCloseable {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    private val reader by lazy(LazyThreadSafetyMode.PUBLICATION) { EndReader(this.raw, store) }

    /** Whether it can still be read: it was neither closed nor given away nor read to its end, and its store is open. */
    public val isAlive: Boolean
        get() = core { raw.isAlive() }

    /**
     * Reads the next elements, 1 to [most] of them, and 1,048,576 at the most. An empty list or array is the end.
     *
     * Fails with `Suspend` where nothing can come, or only what a suspending host function has to give first; with `Trap` where the
     * guest traps that writes, and with `Poisoned` after that; with `Closed` where it was closed, given away, or read to its end; with
     * `Busy` where it is being read already, or in a host function that a suspending function has called; and with `Range` where
     * [most] is less than 1.
     */
    @JvmOverloads
    public fun read(most: Int = PART): Any = checkNotNull(reader.read(most))

    /**
     * Reads as [read] does, in the caller's own coroutine, which is suspended while guests wait for suspending host functions.
     *
     * Where the coroutine is cancelled while guests wait, nothing is lost: the next read gets what came. Where it is cancelled while
     * it waits for a host function of a guest, or a guest computes, the next read fails with `Poisoned`.
     */
    @JvmSynthetic
    public suspend fun readSuspend(most: Int = PART): Any = checkNotNull(reader.readSuspend(most))

    /** Reads, for Java, and gives a future of the part: as [readSuspend] does, on Java's common pool. */
    @JvmOverloads
    public fun readFuture(most: Int = PART): CompletableFuture<Any> = readFuture(ForkJoinPool.commonPool(), most)

    /** The same, with the threads of [executor] as those on which the guests run. */
    public fun readFuture(
        executor: Executor,
        most: Int,
    ): CompletableFuture<Any> = future(executor) { readSuspend(most) }

    /** The parts that are still to come, one after the other, as [read] gives them. A stream that is gone has none. */
    public operator fun iterator(): Iterator<Any> =
        iterator {
            while (isAlive) read().let { if (isEmptyPart(it)) return@iterator else yield(it) }
        }

    /** The same as a sequence. */
    public fun asSequence(): Sequence<Any> = Sequence { iterator() }

    /**
     * Closes it, on any thread and without waiting: who writes to it sees, when it goes on, that nobody reads it.
     *
     * Closing it twice, or after it was given away, does nothing. One that nobody closes is closed some time after its object was
     * collected.
     */
    override fun close(): Unit = core { raw.release() }

    /** What it is, the number of its store, and whether it can no longer be read. */
    override fun toString(): String =
        shownOf("Stream", Owned.COMPONENT_STREAM) { raw } + if (isAlive) "" else ", gone"

    internal companion object {
        /** How many elements a part has at most, if nothing else is asked for. */
        private const val PART = 1 shl 16

        @JvmSynthetic
        internal fun of(raw: Raw, store: Store): Stream = Stream(raw, store)
    }
}
