package dev.trimaran

import java.nio.ByteBuffer
import dev.trimaran.internal.ffi.SharedMemory as Raw
import dev.trimaran.internal.ffi.WaitOutcome as RawWaitOutcome

/** How a wait ended. */
public enum class WaitOutcome {
    /** A notification woke it. */
    OK,

    /** The memory did not hold the expected value: it did not wait. */
    MISMATCH,

    /** The time was up. */
    TIMED_OUT,
}

/**
 * A memory that several threads may use at once, each from a store of its own.
 *
 * It belongs to an engine and to no store: none of its methods waits for one. Racing accesses see single bytes
 * as they were before or after, never torn. Offsets and lengths are in bytes, 0 or more. Whatever reaches past
 * the end fails with `Bounds`, and then nothing is read or written; a number below 0 fails with `Range`, and so
 * does a read of more bytes than an array holds.
 */
public class SharedMemory private constructor(@get:JvmSynthetic internal val raw: Raw) :
    Extern,
    AutoCloseable {
    /**
     * Makes a shared memory. Its type need not say that it is shared, but has to have a maximum.
     *
     * Fails with `Range` without a maximum or where the type is impossible, with `Config` where the engine has
     * no shared memories ([Config.wasmThreads] or [Config.sharedMemory]), and with `Limit` where there is no
     * room.
     */
    public constructor(engine: Engine, type: MemoryType) : this(core(engine) { Raw(engine.raw, type.toRaw()) })

    /** The memory's type. Its limits are those that it was made with. */
    public val type: MemoryType
        get() = core { raw.type() }.toPublic()

    /** The size now, in pages. */
    public val size: Long
        get() = core { raw.size() }.toSize()

    /** The size now, in bytes. */
    public val dataLen: Long
        get() = core { raw.dataLen() }.toSize()

    /**
     * The address of the first byte in this process, for foreign functions. It stays the same for as long as
     * the memory lives. Nothing checks what is done with it.
     */
    public val dataPtr: Long
        get() = core { raw.dataPtr() }.toLong()

    /**
     * Grows the memory by [delta] pages, 0 or more, for everybody, and gives its size before, in pages. Fails
     * with `Limit` past its maximum.
     */
    public fun grow(delta: Long): Long = core { raw.grow(delta) }.toSize()

    /**
     * Copies out the bytes from [start] up to [stop], which is not among them; without it, up to the end. Each
     * byte is read atomically, the whole is not.
     */
    @JvmOverloads
    public fun read(start: Long = 0, stop: Long = maxOf(start, dataLen)): ByteArray =
        copyOut(start, stop - start)

    /**
     * Copies out the bytes at the offsets in [range], as in `memory.read(10..<15)`. Each byte is read
     * atomically, the whole is not.
     */
    public fun read(range: LongRange): ByteArray = copyOut(range.first, range.length())

    /**
     * Copies out the bytes at the offsets in [range], as in `memory.read(10..<15)`. Each byte is read
     * atomically, the whole is not.
     */
    public fun read(range: IntRange): ByteArray = read(range.first.toLong()..range.last)

    /** Copies [data] in, beginning at [start]. Each byte is written atomically, the whole is not. */
    @JvmOverloads
    public fun write(data: ByteArray, start: Long = 0): Unit = lending(data.direct()) { raw.write(it, start) }

    /**
     * Copies in what remains in [data], beginning at [start]. Each byte is written atomically, the whole is
     * not. The buffer's position stays as it is; a direct buffer is read where it is.
     */
    @JvmOverloads
    public fun write(data: ByteBuffer, start: Long = 0): Unit = lending(data.direct()) { raw.write(it, start) }

    /**
     * Copies [text] in, as UTF-8 and without a terminator, beginning at [start]. Each byte is written atomically,
     * the whole is not.
     */
    @JvmOverloads
    public fun write(text: String, start: Long = 0): Unit = write(text.utf8(), start)

    /**
     * This memory as a [Memory] of [store]. Any number of stores may have one, all over the same bytes, and
     * instances may import it. Fails with `WrongEngine` for a store of another engine.
     */
    public fun asMemory(store: Store): Memory = Memory.of(core(store) { raw.asMemory(store.raw) })

    /**
     * Wakes up to [count] threads, 0 or more, that wait at [address], and gives how many there were, as
     * `memory.atomic.notify` does (threads proposal). The address is a multiple of 4.
     */
    public fun notify(address: Long, count: Int): Int =
        core { raw.notify(address, natural(count.toLong(), "the count").toUInt()) }.toInt()

    /**
     * Waits at [address] while it holds [expected], until it is notified or [timeoutMillis] milliseconds have
     * passed, as `memory.atomic.wait32` does (threads proposal). The address is a multiple of 4; the timeout is
     * 0 or more, and null waits for ever.
     */
    @JvmOverloads
    public fun wait32(address: Long, expected: Int, timeoutMillis: Long? = null): WaitOutcome =
        outcome(core { raw.wait32(address, expected, timeout(timeoutMillis)) })

    /** Like [wait32], for 64-bit values, as `memory.atomic.wait64` does. The address is a multiple of 8. */
    @JvmOverloads
    public fun wait64(address: Long, expected: Long, timeoutMillis: Long? = null): WaitOutcome =
        outcome(core { raw.wait64(address, expected, timeout(timeoutMillis)) })

    /**
     * Closes this handle. The memory itself lives until every store that uses it is closed as well. Closing
     * twice does nothing.
     */
    override fun close(): Unit = core { raw.release() }

    private fun copyOut(start: Long, length: Long): ByteArray {
        checkArray(start, length) { dataLen }
        return core { raw.read(start, length) }
    }

    private fun timeout(millis: Long?): ULong? = millis?.let { natural(it, "the timeout") }

    private fun outcome(raw: RawWaitOutcome): WaitOutcome = WaitOutcome.valueOf(raw.name)

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): SharedMemory = SharedMemory(raw)
    }
}
