package dev.trimaran.internal

import java.lang.ref.PhantomReference
import java.lang.ref.Reference
import java.lang.ref.ReferenceQueue
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.locks.ReentrantLock

/**
 * Modules and stores that are neither closed nor collected. The JVM collects when its own heap is full, and knows nothing of
 * what they take outside: their mappings, of which a process of Linux has some 65,000, and their addresses. So where many live,
 * it is asked to collect, as it asks itself for its direct buffers.
 */
internal object Living {
    private const val MANY = 4096
    private const val LONGEST_WAIT = 500L

    private val queue = ReferenceQueue<Any>()
    private val all = ConcurrentHashMap.newKeySet<Reference<*>>()
    private val collecting = ReentrantLock()

    /** How many have to live for the next collection. */
    @Volatile
    private var many = MANY

    /** One more lives. What this gives is for [closed]. */
    fun made(value: Any): Reference<*> {
        val living = PhantomReference(value, queue).also { all.add(it) }
        forget()
        if (all.size >= many && collecting.tryLock()) {
            try {
                collect()
            } finally {
                collecting.unlock()
            }
        }
        return living
    }

    fun closed(living: Reference<*>) {
        all.remove(living)
    }

    /** Those that were collected. */
    private fun forget() {
        while (true) all.remove(queue.poll() ?: return)
    }

    /** A program that needs so many is left alone until there are twice as many. */
    private fun collect() {
        val end = System.currentTimeMillis() + LONGEST_WAIT
        System.gc()
        do {
            queue.remove(10)?.let { all.remove(it) }
            forget()
        } while (all.size > many / 2 && System.currentTimeMillis() < end)
        many = maxOf(MANY, 2 * all.size)
    }
}
