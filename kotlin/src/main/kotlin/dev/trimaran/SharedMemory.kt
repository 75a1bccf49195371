package dev.trimaran

import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.View
import dev.trimaran.internal.Virtual
import dev.trimaran.internal.shown
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
public class SharedMemory private constructor(raw: Raw) :
    Extern,
    AutoCloseable {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)
    private val views: View.Opener = View.Opener()
        get() = made(field)

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
     * Grows the memory by [delta] pages, 0 or more, for all threads, and returns its size before, in pages. Fails
     * with `Limit` past its maximum.
     */
    public fun grow(delta: Long): Long = core { raw.grow(delta) }.toSize()

    /**
     * Copies out the bytes from [start] up to [stop], which is not among them; without it, up to the end. Each
     * byte is read atomically, the whole is not.
     */
    @JvmOverloads
    public fun read(start: Long = 0, stop: Long = maxOf(start, dataLen)): ByteArray =
        copyOut(start, between(start, stop))

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
    public fun write(data: ByteArray, start: Long = 0): Unit = copyIn(data, 0, data.size, start)

    /**
     * Copies in what remains in [data], beginning at [start]. Each byte is written atomically, the whole is
     * not. The buffer's position stays as it is; a direct buffer is read where it is.
     */
    @JvmOverloads
    public fun write(data: ByteBuffer, start: Long = 0): Unit =
        when {
            data.isDirect -> copyIn(data, start)
            data.hasArray() -> copyIn(data.array(), data.arrayOffset() + data.position(), data.remaining(), start)
            else -> data.copied().let { copyIn(it, 0, it.size, start) }
        }

    /**
     * Copies [text] in, as UTF-8 and without a terminator, beginning at [start]. Each byte is written atomically,
     * the whole is not.
     */
    @JvmOverloads
    public fun write(text: String, start: Long = 0): Unit = write(text.utf8(), start)

    /**
     * The bytes where they are, without a copy: [length] of them from [start] on, or up to the end where no length is
     * given. The buffer is direct and in little-endian order; what is put into it is in the memory.
     *
     * It never dangles: its bytes stay until it and all slices of it are garbage, even when the memory is closed
     * earlier. It keeps its length when the memory grows. Guests, and other threads, may write the bytes while they are
     * looked at: nothing here is atomic. Fails with `Range` for more bytes than a buffer holds, 2 GiB - 1.
     */
    @JvmOverloads
    public fun view(start: Long = 0, length: Long? = null): ByteBuffer = openView(start, length).buffer

    /** The same, from Java: `memory.view(8, 16)`. */
    public fun view(start: Long, length: Long): ByteBuffer = openView(start, length).buffer

    @JvmSynthetic
    internal fun openView(start: Long, length: Long?): View =
        views.open(start, length, { dataPtr }) { asked, out ->
            core(this) { NativeByHand.sharedView(raw.handle, start, asked, out) }
        }

    /**
     * This memory as a [Memory] of [store]. Any number of stores may have one, all over the same bytes, and
     * instances may import it. Fails with `WrongEngine` for a store of another engine.
     */
    public fun asMemory(store: Store): Memory = Memory.of(core(store) { raw.asMemory(store.raw) })

    /**
     * Wakes up to [count] threads, 0 or more, that wait at [address], or all of them, and gives how many there were, as
     * `memory.atomic.notify` does (threads proposal). The address is a multiple of 4.
     */
    @JvmOverloads
    public fun notify(address: Long, count: Int = Int.MAX_VALUE): Int =
        core { raw.notify(address, natural(count.toLong(), "the count").toUInt()) }.toInt()

    /**
     * Waits at [address] while it holds [expected], until it is notified or [timeoutMillis] milliseconds have
     * passed, as `memory.atomic.wait32` does (threads proposal). The address is a multiple of 4; the timeout is
     * 0 or more, and null is no limit. [Thread.interrupt] ends the wait with an [InterruptedException]; it belongs to no
     * store, so that no time limit of one ends it. Fails with `Closed` if another thread closes the memory meanwhile.
     */
    @JvmOverloads
    public fun wait32(address: Long, expected: Int, timeoutMillis: Long? = null): WaitOutcome =
        outcome(waiting { raw.wait32(address, expected, timeout(timeoutMillis)) })

    /** The same, from Java: `memory.wait32(0, 1, 100)`. */
    public fun wait32(address: Long, expected: Int, timeoutMillis: Long): WaitOutcome =
        wait32(address, expected, nullable(timeoutMillis))

    /** Like [wait32], for 64-bit values, as `memory.atomic.wait64` does. The address is a multiple of 8. */
    @JvmOverloads
    public fun wait64(address: Long, expected: Long, timeoutMillis: Long? = null): WaitOutcome =
        outcome(waiting { raw.wait64(address, expected, timeout(timeoutMillis)) })

    /** The same, from Java: `memory.wait64(0, 1, 100)`. */
    public fun wait64(address: Long, expected: Long, timeoutMillis: Long): WaitOutcome =
        wait64(address, expected, nullable(timeoutMillis))

    /**
     * Closes this handle. The memory itself lives until every store that uses it is closed as well. Closing
     * twice does nothing.
     */
    override fun close(): Unit = core { raw.release() }

    /** On a platform thread, for a virtual one, which would keep its carrier. */
    private fun <R> waiting(call: () -> R): R =
        if (Virtual.isCurrent()) Virtual.onPlatformThread { core(this) { call() } } else core(this) { call() }

    private fun copyOut(start: Long, length: Long): ByteArray {
        // The JVM makes arrays faster than native code does. One that may be of no use must not be large.
        if (length in 0..READ_INTO) {
            val array = ByteArray(length.toInt())
            core(this) { NativeByHand.sharedReadInto(raw.handle, start, array) }
            return array
        }
        checkArray(start, length) { dataLen }
        return core(this) { NativeByHand.sharedRead(raw.handle, start, length) }
    }

    private fun copyIn(data: ByteBuffer, start: Long): Unit =
        core(this, data) { NativeByHand.sharedWriteBuffer(raw.handle, data, data.position(), data.remaining(), start) }

    private fun copyIn(data: ByteArray, offset: Int, length: Int, start: Long): Unit =
        core(this) { NativeByHand.sharedWrite(raw.handle, data, offset, length, start) }

    private fun timeout(millis: Long?): ULong? = millis?.let { time(it, "the timeout") }

    private fun outcome(raw: RawWaitOutcome): WaitOutcome = WaitOutcome.valueOf(raw.name)

    /** Its type, and whether it is closed. */
    override fun toString(): String = shown("SharedMemory") { " $type" }

    internal companion object {
        /** Up to how many bytes a read makes its array before it knows that the range is right. */
        private const val READ_INTO = 1L shl 20

        @JvmSynthetic
        internal fun of(raw: Raw): SharedMemory = SharedMemory(raw)
    }
}
