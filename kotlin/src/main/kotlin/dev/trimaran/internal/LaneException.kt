package dev.trimaran.internal

import dev.trimaran.internal.ffi.FfiConverterTypeWasmtimeError
import dev.trimaran.internal.ffi.WasmtimeException
import java.nio.ByteBuffer

/**
 * An error of the core, on its way over the lane: [bytes] are what the surface would have carried.
 *
 * [row] is the row of a batch that failed, or below 0. It never reaches a user, and so it needs no stack trace.
 */
internal class LaneException(private val bytes: ByteArray, val row: Int) : RuntimeException(null, null, false, false) {
    /** The error, as generated code reads it. */
    fun read(): WasmtimeException = FfiConverterTypeWasmtimeError.read(ByteBuffer.wrap(bytes))
}
