package dev.trimaran.internal

/**
 * An object of the library, by its handle, which is this object's own: it is freed when this is garbage or closed.
 *
 * [kind] is the number of its class in `Native`.
 */
internal abstract class NativeObject(handle: Long, kind: Int) : AutoCloseable {
    /** No tool that builds objects from text may choose it. */
    @Transient
    private var address = handle

    @Transient
    private val owned = Garbage.own(this, kind, handle)

    /** The handle, which is lent to a call. The caller keeps this object reachable until the call is over. */
    val handle: Long
        get() {
            val handle = address
            // As of an object that no constructor made.
            check(handle != 0L) { "the object has no handle" }
            return handle
        }

    /** One more handle of the same object, which is the caller's own. */
    inline fun clone(clone: (Long) -> Long): Long = lent(this) { clone(handle) }

    /** Frees it now, where nothing else has seen this object. */
    override fun close() {
        address = 0
        owned.clean()
    }
}

// The garbage collector does not see what stands behind a handle: what has one must not become garbage while the handle is
// used.

internal inline fun <R> lent(one: Any?, call: () -> R): R {
    val result = call()
    keepReachable(one)
    return result
}

internal inline fun <R> lent(one: Any?, two: Any?, call: () -> R): R {
    val result = call()
    keepReachable(one)
    keepReachable(two)
    return result
}

internal inline fun <R> lent(one: Any?, two: Any?, three: Any?, call: () -> R): R {
    val result = call()
    keepReachable(one)
    keepReachable(two)
    keepReachable(three)
    return result
}
