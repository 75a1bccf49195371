package dev.trimaran.internal

import dev.trimaran.internal.ffi.UniffiCleaner
import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.security.AccessController
import java.security.PrivilegedAction
import java.util.concurrent.ConcurrentHashMap

/**
 * What is to be done when objects are garbage. It is as a `java.lang.ref.Cleaner`, but that its thread can be ended: that of
 * Java's lives until all is done, and keeps the class loader of what it has to do, and so whatever a class of it refers to.
 */
internal object Garbage : UniffiCleaner {
    private val queue = ReferenceQueue<Any>()
    private val all = ConcurrentHashMap.newKeySet<Entry>()
    private val thread = detached("trimaran-cleaner", ::clean).apply { start() }

    override fun register(value: Any, cleanUpTask: Runnable): UniffiCleaner.Cleanable =
        Entry(value, cleanUpTask).also { all.add(it) }

    /** Ends the thread. What is garbage by then has been seen to. */
    fun end() {
        thread.interrupt()
        thread.join()
    }

    private fun clean() {
        try {
            while (true) (queue.remove() as Entry).clean()
        } catch (_: InterruptedException) {
            while (true) (queue.poll() as Entry? ?: return).clean()
        }
    }

    private class Entry(value: Any, private val work: Runnable) :
        PhantomReference<Any>(value, queue),
        UniffiCleaner.Cleanable {
        override fun clean() {
            if (!all.remove(this)) return
            clear()
            try {
                work.run()
            } catch (_: Throwable) {
                // It has nobody to tell, and the next one is to come.
            }
        }
    }
}

/**
 * A thread of the package's own, which is not begun: it keeps nothing of the one that makes it, which may belong to a program
 * that is unloaded one day.
 */
@Suppress("DEPRECATION")
internal fun detached(name: String, work: () -> Unit): Thread =
    // Up to Java 23 a thread keeps the classes that are on the stack of the one that makes it, unless they are cut off.
    AccessController.doPrivileged(
        PrivilegedAction {
            Thread(null, work, name, 0, false).apply {
                isDaemon = true
                contextClassLoader = null
            }
        },
    )
