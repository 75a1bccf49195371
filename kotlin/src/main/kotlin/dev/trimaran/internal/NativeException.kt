package dev.trimaran.internal

import dev.trimaran.internal.ffi.WasmtimeError
import dev.trimaran.internal.ffi.readWasmtimeError

/**
 * An error of the core, on its way out of a call: [bytes] are its sentence for a person, and then the error itself.
 *
 * [row] is the row of a batch that failed, or below 0. It never reaches a user, and so it needs no stack trace.
 */
internal class NativeException(private val bytes: ByteArray, val row: Int) :
    RuntimeException(null, null, false, false) {
    /** The sentence. */
    fun sentence(): String = Reader(bytes).readString()

    /** The error. */
    fun read(): WasmtimeError = Reader(bytes).apply { readString() }.readWasmtimeError()
}
