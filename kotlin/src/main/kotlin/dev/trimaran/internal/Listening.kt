package dev.trimaran.internal

import dev.trimaran.Event
import dev.trimaran.EventKind
import dev.trimaran.EventListener
import dev.trimaran.internal.ffi.EventListener as RawEventListener

/** A user's listener, as the library calls it: by this name and type. The library keeps this object until another listener is set. */
internal class Listening(private val listener: EventListener) : RawEventListener {
    /** Texts are in UTF-8; a size below 0 is none. */
    @Suppress("TooGenericExceptionCaught", "unused")
    fun onEvent(kind: Int, name: ByteArray?, nanoseconds: Long, size: Long, error: ByteArray?, text: ByteArray) {
        val event =
            Event(
                EventKind.entries[kind],
                name?.decodeToString(),
                nanoseconds,
                size.takeIf { it >= 0 },
                error?.decodeToString(),
                text.decodeToString(),
            )
        try {
            listener.onEvent(event)
        } catch (thrown: Throwable) {
            // Nobody has called it who could be told.
            val thread = Thread.currentThread()
            thread.uncaughtExceptionHandler.uncaughtException(thread, thrown)
        }
    }

    override fun lower(): Long = NativeByHand.newListener(this)
}
