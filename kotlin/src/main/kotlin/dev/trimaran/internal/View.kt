package dev.trimaran.internal

import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * The bytes of a memory where they are, as a [buffer]. The memory keeps them there until the buffer is garbage, and with
 * it everything that was made of it: the JVM's buffers hold the one that they are parts of.
 */
internal class View private constructor(val buffer: ByteBuffer, val closing: Closing) {
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

    companion object {
        /** Opens one by a native method, which puts what is to be closed into the array. */
        inline fun open(call: (LongArray) -> ByteBuffer): View {
            val out = LongArray(1)
            val buffer = call(out)
            return of(buffer.order(ByteOrder.LITTLE_ENDIAN), Closing(out[0]))
        }

        fun of(buffer: ByteBuffer, closing: Closing): View {
            Garbage.register(buffer, closing)
            return View(buffer, closing)
        }
    }
}
