package dev.trimaran.component

import dev.trimaran.Store
import dev.trimaran.core
import dev.trimaran.internal.Owned
import dev.trimaran.internal.component.EndReader
import dev.trimaran.internal.future
import dev.trimaran.internal.shownOf
import dev.trimaran.made
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.ForkJoinPool
import dev.trimaran.internal.ffi.ComponentStream as Raw

/**
 * A future that a guest gave. It belongs to one store. It gives its value once; the value is null where the type has none.
 *
 * What [Stream] says of reading holds here as well.
 *
 * @property store The store that it belongs to.
 */
public class Future private constructor(raw: Raw, public val store: Store) : AutoCloseable {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    private val reader by lazy(LazyThreadSafetyMode.PUBLICATION) { EndReader(this.raw, store) }

    /** Whether it can still be read: it was neither closed nor given away nor read, and its store is open. */
    public val isAlive: Boolean
        get() = core { raw.isAlive() }

    /** Its value. Fails as [Stream.read] does. */
    public fun read(): Any? = reader.read(1)

    /** Its value, for which the caller's own coroutine waits, as [Stream.readSuspend] does. */
    @JvmSynthetic
    public suspend fun readSuspend(): Any? = reader.readSuspend(1)

    /** Its value, for Java, as a future of Java's: as [readSuspend] reads it, on Java's common pool. */
    public fun readFuture(): CompletableFuture<Any?> = readFuture(ForkJoinPool.commonPool())

    /** The same, with the threads of [executor] as those on which the guests run. */
    public fun readFuture(executor: Executor): CompletableFuture<Any?> = future(executor) { readSuspend() }

    /** Closes it, as [Stream.close] does. */
    override fun close(): Unit = core { raw.release() }

    /** What it is, the number of its store, and whether it can no longer be read. */
    override fun toString(): String =
        shownOf("Future", Owned.COMPONENT_STREAM) { raw } + if (isAlive) "" else ", gone"

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw, store: Store): Future = Future(raw, store)
    }
}
