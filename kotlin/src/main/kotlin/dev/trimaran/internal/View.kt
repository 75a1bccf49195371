package dev.trimaran.internal

import dev.trimaran.natural
import java.lang.ref.WeakReference
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * The bytes of a memory where they are, as a [buffer]. The memory keeps them there until the buffer is garbage, and with
 * it everything that was made of it: the JVM's buffers hold the one that they are parts of.
 */
internal class View(val buffer: ByteBuffer, val closing: Closing) {
    /** What lets go of the bytes. It must not know the buffer, which would never be garbage. */
    class Closing(@Transient private val pointer: Long) : Runnable {
        @Volatile
        var isDone = false
            private set

        override fun run() {
            NativeByHand.closeView(pointer)
            isDone = true
        }
    }

    /** A [buffer] over a memory, from its byte at [address] on. The buffer is there for as long as a view is a part of it. */
    class Whole(buffer: ByteBuffer, val closing: Closing, @field:Transient val address: Long) {
        private val size = buffer.capacity()
        private val found = WeakReference(buffer)
        val buffer: ByteBuffer? get() = found.get()

        fun has(start: Long, length: Long): Boolean = start >= 0 && length <= size - start
    }

    /**
     * Opens the views of one memory. They are parts of one buffer for as long as one of them is alive: the JVM makes a
     * part of a buffer faster than a buffer, and the collector has one to look after.
     */
    class Opener {
        @Volatile
        var last: Whole? = null

        /**
         * The bytes from [start], [length] of them or up to the end. [place] is where the memory is now, and fails where
         * it is closed; [make] is the native method that makes a buffer.
         */
        inline fun open(
            start: Long,
            length: Long?,
            place: () -> Long,
            make: (length: Long, out: LongArray) -> ByteBuffer,
        ): View {
            length?.let { natural(it, "the length") }
            val whole = last
            if (whole != null && length != null && whole.has(start, length)) {
                val buffer = whole.buffer
                if (buffer != null && whole.address == place()) return part(buffer, start, length, whole.closing)
            }
            val out = LongArray(4)
            return made(make(length ?: -1, out), out)
        }

        fun made(buffer: ByteBuffer, out: LongArray): View {
            val (pointer, address, start, length) = out
            val closing = Closing(pointer)
            Garbage.register(buffer, closing)
            last = Whole(buffer, closing, address)
            return part(buffer, start, length, closing)
        }

        fun part(buffer: ByteBuffer, start: Long, length: Long, closing: Closing): View {
            val all = buffer.duplicate()
            all.limit((start + length).toInt()).position(start.toInt())
            return View(all.slice().order(ByteOrder.LITTLE_ENDIAN), closing)
        }
    }
}
