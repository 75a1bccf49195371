package dev.trimaran.internal

import dev.trimaran.internal.ffi.Native
import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.security.PrivilegedAction

/**
 * What is to be done when objects are garbage. It is as a `java.lang.ref.Cleaner`, but that its thread can be ended:
 * that of Java's lives until all is done, and keeps the class loader of what it has to do, and so whatever a class of
 * it refers to.
 */
internal object Garbage {
    private val queue = ReferenceQueue<Any>()

    /** The beginning of the list of all that is to be done, which keeps the references to it alive. */
    private val head: Entry = End()
    private val thread = detached("trimaran-cleaner", ::clean).apply { start() }

    /**
     * Has [work] done when [value] is garbage, or earlier by [Entry.clean]. It must not know the value, which would
     * never be garbage.
     */
    fun register(value: Any, work: Runnable): Entry = Task(value, work).apply { link() }

    /** Has the handle freed when [owner] is garbage, or earlier by [Entry.clean]. */
    fun own(owner: Any, kind: Int, handle: Long): Entry = Owned(owner, kind, handle).apply { link() }

    /** Ends the thread. The thread first frees objects that are already garbage. */
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

    /** Something that is to be done once. */
    abstract class Entry(value: Any?) : PhantomReference<Any>(value, queue) {
        private var previous: Entry? = null
        private var next: Entry? = null

        fun link() {
            synchronized(head) {
                val after = head.next
                previous = head
                next = after
                after?.previous = this
                head.next = this
            }
        }

        /** Whether it was in the list. */
        private fun unlink(): Boolean =
            synchronized(head) {
                val before = previous ?: return false
                before.next = next
                next?.previous = before
                previous = null
                next = null
                true
            }

        /** Does it now, unless it was done. */
        fun clean() {
            if (!unlink()) return
            clear()
            try {
                work()
            } catch (_: Throwable) {
                // It has nobody to tell, and the next one is to come.
            }
        }

        protected abstract fun work()
    }

    private class End : Entry(null) {
        override fun work() = Unit
    }

    private class Task(value: Any, private val work: Runnable) : Entry(value) {
        override fun work() = work.run()
    }

    private class Owned(owner: Any, private val kind: Int, @Transient private val handle: Long) : Entry(owner) {
        override fun work() = Native.free(kind, handle)
    }
}

/**
 * A thread of the package's own, which is not begun: it keeps nothing of the one that makes it, which may belong to a
 * program that is unloaded one day.
 */
@Suppress("DEPRECATION")
internal fun detached(name: String, work: () -> Unit): Thread =
    // Up to Java 23 a thread keeps the classes that are on the stack of the one that makes it, unless they are cut off.
    java.security.AccessController.doPrivileged(
        PrivilegedAction {
            plainThread(name, work).apply {
                isDaemon = true
                contextClassLoader = null
            }
        },
    )
