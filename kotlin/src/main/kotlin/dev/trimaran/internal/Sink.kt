package dev.trimaran.internal

import dev.trimaran.OutputSink
import java.lang.ref.WeakReference
import java.util.concurrent.BlockingQueue
import dev.trimaran.internal.ffi.OutputSink as RawOutputSink

/**
 * A user's callback, as the library calls it: by this name and type. The library keeps this object for as long as the store is
 * there, and so this must not keep the callback, which may refer to its store: the package's own store does.
 */
internal class Sink(sink: OutputSink) : RawOutputSink {
    private val sink = WeakReference(sink)

    /** What became of a piece. What this throws is kept by the library, and comes out of the outer call. */
    fun write(bytes: ByteArray): Int {
        val found = sink.get() ?: return GONE
        if (found is QueueSink) return if (found.offers(bytes)) TAKEN else FULL
        found.write(bytes)
        return TAKEN
    }

    override fun lower(): Long = NativeByHand.newSink(this)

    private companion object {
        // As the library has them: the store is gone; it has the piece; it asks again, some milliseconds later.
        const val GONE = 0
        const val TAKEN = 1
        const val FULL = 2
    }
}

/** A queue, for which guests wait while it is full. */
internal class QueueSink(private val queue: BlockingQueue<ByteArray>) : OutputSink {
    /** Whether there was room. */
    fun offers(bytes: ByteArray): Boolean = queue.offer(bytes)

    override fun write(bytes: ByteArray): Unit = queue.put(bytes)
}
