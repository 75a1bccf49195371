package dev.trimaran.internal

import java.lang.ref.Reference

// What Java 9 brought, and Android only in a later version than the oldest one that the package works on.

/**
 * Marks what calls something that may be missing: where it was asked for first, or where only the JVM's command line gets. The check
 * of Android's versions leaves it out.
 */
@Target(AnnotationTarget.FUNCTION, AnnotationTarget.CLASS)
@Retention(AnnotationRetention.BINARY)
internal annotation class IfPresent

private val HAS_FENCE = has { Reference::class.java.getMethod("reachabilityFence", Any::class.java) }

private val BOOLEAN = Boolean::class.javaPrimitiveType
private val LONG = Long::class.javaPrimitiveType
private val PLAIN_THREAD = arrayOf(ThreadGroup::class.java, Runnable::class.java, String::class.java, LONG, BOOLEAN)
private val HAS_PLAIN_THREADS = has { Thread::class.java.getConstructor(*PLAIN_THREAD) }

@Volatile
private var reached: Any? = null

private inline fun has(look: () -> Any): Boolean =
    try {
        look()
        true
    } catch (_: NoSuchMethodException) {
        false
    }

/** Keeps an object from the garbage collector until here. */
@IfPresent
internal fun keepReachable(one: Any?) {
    if (HAS_FENCE) {
        Reference.reachabilityFence(one)
    } else {
        // No compiler leaves out a write that other threads may see.
        reached = one
        reached = null
    }
}

/** A thread that takes no thread-local values of the one that makes it, where that can be said. */
@IfPresent
internal fun plainThread(name: String, work: () -> Unit): Thread =
    if (HAS_PLAIN_THREADS) Thread(null, work, name, 0, false) else Thread(null, work, name)
