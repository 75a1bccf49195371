package dev.trimaran.internal

import dev.trimaran.Func
import dev.trimaran.internal.ffi.Global as RawGlobal
import dev.trimaran.internal.ffi.Memory as RawMemory
import dev.trimaran.internal.ffi.SharedMemory as RawSharedMemory
import dev.trimaran.internal.ffi.Store as RawStore
import dev.trimaran.internal.ffi.Table as RawTable

/**
 * An object's entry to the lane. It is opened when it is first used, holds the object like a handle of generated code
 * does, and is closed when it is garbage itself.
 */
internal sealed class Opened {
    /** No tool that builds objects from text may choose it. */
    @Volatile
    @Transient
    private var address = 0L

    /** The pointer. Valid for as long as this object is reachable. */
    val pointer: Long
        get() {
            val known = address
            return if (known != 0L) known else firstOpened()
        }

    @Synchronized
    private fun firstOpened(): Long {
        if (address == 0L) {
            val opened = open()
            check(opened != 0L) { "the object has no entry to the lane" }
            Garbage.register(this, closing(opened))
            address = opened
        }
        return address
    }

    /** Opens a handle that was cloned for it. */
    protected abstract fun open(): Long

    /** What closes it again. It must not know this object, which would never be garbage. */
    protected abstract fun closing(pointer: Long): Runnable
}

internal class OpenedStore(private val raw: RawStore) : Opened() {
    override fun open() = Lane.openStore(raw.uniffiCloneHandle())

    override fun closing(pointer: Long) = Runnable { Lane.closeStore(pointer) }
}

internal class OpenedFunc(private val func: Func) : Opened() {
    override fun open() = Lane.openFunc(func.raw.uniffiCloneHandle())

    override fun closing(pointer: Long) = Runnable { Lane.closeFunc(pointer) }
}

internal class OpenedMemory(private val raw: RawMemory) : Opened() {
    override fun open() = Lane.openMemory(raw.uniffiCloneHandle())

    override fun closing(pointer: Long) = Runnable { Lane.closeMemory(pointer) }
}

internal class OpenedSharedMemory(private val raw: RawSharedMemory) : Opened() {
    override fun open() = Lane.openSharedMemory(raw.uniffiCloneHandle())

    override fun closing(pointer: Long) = Runnable { Lane.closeSharedMemory(pointer) }
}

internal class OpenedGlobal(private val raw: RawGlobal) : Opened() {
    override fun open() = Lane.openGlobal(raw.uniffiCloneHandle())

    override fun closing(pointer: Long) = Runnable { Lane.closeGlobal(pointer) }
}

internal class OpenedTable(private val raw: RawTable) : Opened() {
    override fun open() = Lane.openTable(raw.uniffiCloneHandle())

    override fun closing(pointer: Long) = Runnable { Lane.closeTable(pointer) }
}
