package dev.trimaran.internal

import dev.trimaran.WasmtimeException
import java.lang.ref.PhantomReference
import java.lang.ref.Reference
import java.lang.ref.ReferenceQueue
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicLong
import dev.trimaran.internal.ffi.WasmtimeError as RawError

/**
 * Modules and stores that are neither closed nor collected. The JVM collects when its own heap is full, and knows nothing of
 * what they take outside: their bytes, their addresses, and their mappings, of which a process of Linux has some 65,000. So
 * where they are many or much, the JVM is asked to collect, as it asks itself for its direct buffers.
 *
 * A thread that lives as long as one collection asks, and not the one that makes something: that one waits where collections
 * do not keep up, and where there is no room any more.
 */
internal object NativePressure {
    private const val MANY = 4096
    private const val MUCH = 256L shl 20

    /** How long garbage may take to be given back, in milliseconds. */
    private const val LONGEST_WAIT = 500L

    /** How long a thread waits for a collection in which there may be room, in milliseconds. */
    private const val LONGEST_RETRY = 2000L

    /** After so many looks, 10 ms apart, at which nothing was given back, a collection is over. */
    private const val QUIET = 5

    /** After so many collections in a row that gave nothing back, the next is skipped, and then twice as many. */
    private const val MOST_SKIPPED = 1024

    private val queue = ReferenceQueue<Any>()
    private val all = ConcurrentHashMap.newKeySet<Reference<*>>()

    /** How many were collected, and not closed. */
    private val forgotten = AtomicLong()

    /** How many have to live for the next collection, and how many bytes they have to hold. */
    @Volatile
    private var many = MANY

    @Volatile
    private var much = MUCH

    /** The collection that runs. */
    private var collection: Collection? = null

    private var skipped = 0
    private var toSkip = 0

    /** One more lives. What this gives is for [closed]. */
    fun made(value: Any): Reference<*> {
        val living = PhantomReference(value, queue).also { all.add(it) }
        forget()
        val held = NativeByHand.heldBytes()
        if (all.size >= many || held >= much) {
            val running = collect()
            if (all.size >= 2L * many || held >= 2 * much) running.await(LONGEST_WAIT)
        }
        return living
    }

    fun closed(living: Reference<*>) {
        all.remove(living)
    }

    /** What [make] gives. Where there is no room for it, garbage is collected, and it is tried once more. */
    inline fun <R> withRoom(make: () -> R): R =
        try {
            make()
        } catch (error: WasmtimeException.Limit) {
            if (!makeRoom()) throw error
            make()
        }

    /** The same for an instance, in a call of the core: not where a guest has run already. */
    inline fun <R> withRoomForGuest(make: () -> R): R =
        try {
            make()
        } catch (error: Exception) {
            if (!isRefusal(error) || !makeRoom()) throw error
            make()
        }

    fun isRefusal(error: Exception): Boolean =
        error is NativeException && error.read() is RawError.Limit && NativeByHand.wasRefused()

    /** Collects, and says whether something was given back. */
    fun makeRoom(): Boolean {
        val running =
            synchronized(this) {
                // A guest may ask for what it cannot have as often as it likes.
                if (skipped < toSkip) {
                    skipped++
                    return false
                }
                collect()
            }
        if (!running.await(LONGEST_RETRY)) return false
        synchronized(this) {
            skipped = 0
            toSkip = if (running.hasHelped) 0 else (2 * toSkip).coerceIn(1, MOST_SKIPPED)
        }
        return running.hasHelped
    }

    /** Collects, and waits until nothing is given back any more. */
    fun collectAll() {
        collect().await(2 * LONGEST_WAIT)
    }

    /** Those that were collected. */
    private fun forget() {
        while (true) forget(queue.poll() ?: return)
    }

    private fun forget(living: Reference<*>) {
        if (all.remove(living)) forgotten.incrementAndGet()
    }

    /** The collection that runs, or a new one. */
    @Synchronized
    private fun collect(): Collection = collection ?: Collection().also { collection = it.apply { thread.start() } }

    @Synchronized
    private fun ended() {
        collection = null
    }

    /** One collection, on a thread of its own, which ends with it. */
    private class Collection {
        val thread = detached("trimaran-collection", ::run)

        @Volatile
        var hasHelped = false
            private set

        /** Whether it has ended in so many milliseconds. An interrupt is for later. */
        fun await(milliseconds: Long): Boolean {
            val end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds)
            var isInterrupted = false
            while (thread.isAlive && System.nanoTime() < end) {
                try {
                    thread.join(10)
                } catch (_: InterruptedException) {
                    isInterrupted = true
                }
            }
            if (isInterrupted) Thread.currentThread().interrupt()
            return !thread.isAlive
        }

        /** A program that needs so much is left alone until it is twice as much. */
        private fun run() {
            try {
                System.gc()
                await()
                many = maxOf(MANY, 2 * all.size)
                much = maxOf(MUCH, 2 * NativeByHand.heldBytes())
            } catch (error: LinkageError) {
                // A shutdown waits for no longer than this may take.
                if (NativeImage.failure() == null) throw error
            } finally {
                ended()
            }
        }

        /** Until garbage is given back, which other threads do: nothing was for a while then. */
        private fun await() {
            val end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST_WAIT)
            var (count, held) = forgotten.get() to NativeByHand.heldBytes()
            var quiet = 0
            while (quiet < QUIET && System.nanoTime() < end) {
                queue.remove(10)?.let(::forget)
                forget()
                val (countNow, heldNow) = forgotten.get() to NativeByHand.heldBytes()
                if (countNow > count || heldNow < held) {
                    hasHelped = true
                    quiet = 0
                } else {
                    quiet++
                }
                count = countNow
                held = heldNow
            }
        }
    }
}
