package dev.trimaran

import dev.trimaran.internal.FlowReader
import dev.trimaran.internal.IfPresent
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.channels.SendChannel
import kotlinx.coroutines.flow.Flow

// Standard streams by what `kotlinx.coroutines` has. Without that, `WasiConfig.stdinSuspending` and its relatives do.

/**
 * Makes what [flow] emits the standard input, as [WasiConfig.stdinSuspending] does. Each store collects it anew, from the first
 * read on, in the context of the call that reads first. One piece is ahead of the guest at most. What the flow throws
 * comes out of the guest's call, as the very same object. Closing the store cancels the collection.
 */
@IfPresent
@JvmSynthetic
public fun WasiConfig.stdin(flow: Flow<ByteArray>): WasiConfig =
    stdinOf { store ->
        val reader = FlowReader(flow)
        store.keep(reader);
        { reader.read() }
    }

/**
 * Makes what comes out of [channel] the standard input, as [WasiConfig.stdinSuspending] does; a channel that is closed is at its end.
 * Stores that are given one channel each get some of its pieces.
 */
@IfPresent
@JvmSynthetic
public fun WasiConfig.stdin(channel: ReceiveChannel<ByteArray>): WasiConfig =
    stdinSuspending {
        var bytes = ByteArray(0)
        var isOpen = true
        // A piece without bytes is not the end.
        while (bytes.isEmpty() && isOpen) {
            val received = channel.receiveCatching()
            received.exceptionOrNull()?.let { throw it }
            isOpen = received.isSuccess
            bytes = received.getOrNull() ?: bytes
        }
        bytes
    }

/**
 * Sends the standard output to [channel], piece by piece, as [WasiConfig.stdoutSuspending] does: the guest waits until there is room.
 * Nothing closes the channel.
 */
@IfPresent
@JvmSynthetic
public fun WasiConfig.stdout(channel: SendChannel<ByteArray>): WasiConfig = stdoutSuspending { channel.send(it) }

/** Sends the standard error to [channel], as the standard output. */
@IfPresent
@JvmSynthetic
public fun WasiConfig.stderr(channel: SendChannel<ByteArray>): WasiConfig = stderrSuspending { channel.send(it) }
