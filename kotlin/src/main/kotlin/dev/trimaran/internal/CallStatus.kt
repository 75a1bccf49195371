package dev.trimaran.internal

import dev.trimaran.internal.ffi.UniffiRustCallStatus
import java.util.concurrent.atomic.AtomicReferenceArray

/**
 * Where a call of generated code is told how it went: a structure of JNA's, in memory of its own outside the heap.
 *
 * To make one costs more than most calls do, and so the next call takes what an earlier one has given back. A call that
 * fails keeps it.
 */
internal object CallStatus {
    /** Room for as many as are used at once, more or less. */
    private val spare = AtomicReferenceArray<UniffiRustCallStatus>(16)

    /** One that says that all is well. Fails where JNA would have no room on the stack. */
    @JvmStatic
    fun take(): UniffiRustCallStatus {
        Stack.check()
        return spare.getAndSet(place(), null) ?: new()
    }

    /** Looks at how the call went. Only where it has failed are there more than zeros to be read. */
    @JvmStatic
    fun read(status: UniffiRustCallStatus) {
        if (status.pointer.getByte(0) != 0.toByte()) status.read()
    }

    /** After a call that went well. */
    @JvmStatic
    fun give(status: UniffiRustCallStatus): Unit = spare.set(place(), status)

    /** A call that cannot fail. */
    inline fun <R> with(call: (UniffiRustCallStatus) -> R): R {
        val status = take()
        return call(status).also { give(status) }
    }

    /** JNA would write all of it before each call, and read it afterwards, by reflection. */
    private fun new() =
        UniffiRustCallStatus().apply {
            setAutoSynch(false)
            write()
        }

    private fun place() = System.identityHashCode(Thread.currentThread()) and 15
}
