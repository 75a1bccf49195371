package dev.trimaran.internal.component

import dev.trimaran.Store
import dev.trimaran.component.Future
import dev.trimaran.component.Resource
import dev.trimaran.component.Stream
import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.component.bindings.ValueReader
import dev.trimaran.component.bindings.ValueWriter
import dev.trimaran.internal.Garbage
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.keepReachable
import dev.trimaran.internal.moveTo
import dev.trimaran.internal.restart
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.atomic.AtomicReferenceArray
import dev.trimaran.internal.ffi.ComponentResource as RawResource
import dev.trimaran.internal.ffi.ComponentStream as RawStream

/**
 * The memory that values of components cross in: what this side writes, and what it reads. It is used by one call at a
 * time.
 *
 * Numbers are little-endian. In what it writes, a number for each resource stands behind the values.
 */
@OptIn(GeneratedBindings::class)
internal class Exchange private constructor(@Transient val handle: Long) {
    var input: ByteBuffer = NativeByHand.exchangeInput(handle, USUAL).order(ByteOrder.LITTLE_ENDIAN)
        private set
    var output: ByteBuffer = NO_BYTES
        private set

    /** What generated bindings write with. */
    val writer = ValueWriter(this)

    /** What generated bindings read with. */
    val reader = ValueReader(this)

    private val owned = Garbage.register(this, Freeing(handle))

    /** How often the output had moved when [output] was made. */
    private var moves = 0

    /** Where the next part begins that stands beside the values. */
    private var beside = 0

    /** The resources that are lent to the call, and streams: what has their handles lives until it is over. */
    private val lent = ArrayList<Any>()
    private var handles = LongArray(4)
    private var count = 0
    private val objects = ArrayList<Any>()

    /** Arrays that are lent to the call, of strings and of lists of numbers, and how many they are. */
    private val given = arrayOfNulls<Any?>(ARRAYS)
    private var givenCount = 0

    /** Room for arrays that the call gives. */
    val takenArrays: Array<Any?> = arrayOfNulls(ARRAYS)

    /** Whether what is written may stand in arrays. */
    var takesArrays = false

    /** For texts on their way in. */
    private var scratch = ByteArray(USUAL)

    /** Whether the call gives resources, which are to be let go of. */
    private var hasResources = false

    /** The store of the resources that come out. */
    private var store: Store? = null

    /** Makes room for so many bytes more. */
    fun room(size: Int): ByteBuffer {
        if (input.remaining() < size) grow(size)
        return input
    }

    private fun grow(size: Int) {
        val position = input.position()
        val needed = position.toLong() + size
        if (needed > Int.MAX_VALUE) tooLong(needed)
        val capacity = maxOf(needed, minOf(2L * input.capacity(), Int.MAX_VALUE.toLong())).toInt()
        input = NativeByHand.exchangeInput(handle, capacity).order(ByteOrder.LITTLE_ENDIAN)
        input.moveTo(position)
    }

    /** Writes a handle of a guest's resource. */
    fun lend(resource: Resource, isOwn: Boolean) {
        val raw = resource.raw
        lent.add(raw)
        add(raw.handle, isOwn)
    }

    /** Writes an object of the host's. */
    fun lendObject(value: Any, isOwn: Boolean) {
        objects.add(value)
        add((objects.size - 1L shl PLACE) or OBJECT, isOwn)
    }

    /** Writes a handle of a guest's stream or future, which is given away. */
    fun lend(stream: RawStream) {
        lent.add(stream)
        add(stream.handle or STREAM, true)
    }

    /** Writes what the host has for a stream or a future. */
    fun lendSource(source: ComponentHost) {
        source.isReadIn(checkNotNull(store))
        objects.add(source)
        val waits = if (source.isSuspending) WAITS else 0
        add((objects.size - 1L shl PLACE) or OBJECT or STREAM or waits, true)
    }

    private fun add(number: Long, isOwn: Boolean) {
        if (count == handles.size) handles = handles.copyOf(2 * count)
        handles[count] = if (isOwn) number or OWN else number
        room(Int.SIZE_BYTES).putInt(count++)
    }

    /** Begins to write. */
    fun begin() {
        input.restart()
    }

    /** Lends an array of [count] numbers, or of the bytes of a string, if it is large and there is room for it. */
    fun lendArray(array: Any, count: Int, size: Int): Boolean {
        if (!takesArrays || count.toLong() * size < LARGE || givenCount == ARRAYS) return false
        given[givenCount] = array
        room(2 * Int.SIZE_BYTES).putInt(count or Int.MIN_VALUE).putInt(givenCount)
        givenCount++
        return true
    }

    /** The arrays that are lent; null where there are none. */
    fun givenArrays(): Array<Any?>? = if (givenCount == 0) null else given

    /** The array that comes next in what a call gives; null where the numbers stand among the others. */
    fun takeArray(): Any? {
        val place = output.position()
        if (!takesArrays || output.getInt(place) >= 0) return null
        output.moveTo(place + 2 * Int.SIZE_BYTES)
        return takenArrays[output.getInt(place + Int.SIZE_BYTES)]
    }

    /** Ends the stream, of which it gives the length, and writes the resources behind it. */
    fun end(): Int {
        val length = input.position()
        for (index in 0..<count) room(Long.SIZE_BYTES).putLong(handles[index])
        return length
    }

    /**
     * Gives [call] how many resources there are, and the objects of the host's among them, and keeps all until it is
     * over.
     */
    inline fun <R> lent(call: (Int, Array<Any?>?) -> R): R {
        val result = call(count, if (objects.isEmpty()) null else objects.toArray())
        keepReachable(lent)
        return result
    }

    /**
     * Begins to read what a call of the core has left, whose output has moved so often, with a stream of that [length].
     */
    fun read(moves: Int, length: Int, hasResources: Boolean) {
        this.hasResources = hasResources
        if (moves != this.moves) {
            output = NativeByHand.exchangeOutput(handle).order(ByteOrder.LITTLE_ENDIAN)
            this.moves = moves
        }
        output.restart()
        beside = length
    }

    /**
     * Goes to so many elements of [size] bytes: here, or to the next part beside. Gives [take] their count, and a
     * buffer at them.
     */
    inline fun <R> part(size: Int, take: (Int, ByteBuffer) -> R): R {
        val count = output.getInt()
        if (count >= 0) {
            val next = output.position() + size * count
            val taken = take(count, output)
            output.moveTo(next)
            return taken
        }
        output.getInt()
        val after = output.position()
        output.moveTo(beside)
        val taken = take(count and Int.MAX_VALUE, output)
        beside += size * (count and Int.MAX_VALUE)
        output.moveTo(after)
        return taken
    }

    /** So many bytes of UTF-8. */
    fun text(length: Int, from: ByteBuffer): String {
        if (length == 0) return ""
        val bytes = if (length <= LONGEST_SCRATCH) scratch(length) else ByteArray(length)
        from.get(bytes, 0, length)
        return String(bytes, 0, length, Charsets.UTF_8)
    }

    private fun scratch(length: Int): ByteArray {
        if (scratch.size < length) scratch = ByteArray(maxOf(length, minOf(2 * scratch.size, LONGEST_SCRATCH)))
        return scratch
    }

    /** The resource that a handle in the stream stands for. */
    fun resource(): Any {
        val index = output.getInt()
        val handle = NativeByHand.exchangeResource(this.handle, index)
        if (handle == 0L) return NativeByHand.exchangeObject(this.handle, index)
        return Resource.of(RawResource(handle), checkNotNull(store))
    }

    /** The stream that a handle in the values stands for. */
    fun stream(): Any = Stream.of(end(output.getInt()), checkNotNull(store))

    /** The future that a handle in the values stands for. */
    fun future(): Any = Future.of(end(output.getInt()), checkNotNull(store))

    private fun end(index: Int) = RawStream(NativeByHand.exchangeResource(handle, index))

    /** Forgets what belongs to the call. */
    private fun clear() {
        if (count > 0) {
            lent.clear()
            objects.clear()
            count = 0
        }
        if (takesArrays) {
            takesArrays = false
            given.fill(null, 0, givenCount)
            givenCount = 0
            takenArrays.fill(null)
        }
        store = null
        reader.home = null
        if (hasResources) {
            hasResources = false
            NativeByHand.clearExchange(handle)
        }
    }

    /** What frees it. It must not know the exchange, which would never be garbage. */
    private class Freeing(@Transient private val handle: Long) : Runnable {
        override fun run() = NativeByHand.freeExchange(handle)
    }

    companion object {
        private const val USUAL = 256
        private const val LONGEST_SCRATCH = 1 shl 16
        private const val OWN = 1L

        /** How many arrays are lent, and how many are taken. What has no room is copied by the exchange. */
        private const val ARRAYS = 4

        /** From how many bytes on a string or a list of numbers stands in an array, as the library has it. */
        private const val LARGE = 1 shl 10
        private const val OBJECT = 2L
        private const val STREAM = 4L
        private const val WAITS = 8L

        /** Where the place of an object of the host's begins, in its number. */
        private const val PLACE = 4

        /** How large one may be that is kept, in bytes. */
        private const val LARGEST = 1 shl 20

        /** How many are kept. */
        private const val KEPT = 32
        private val NO_BYTES = ByteBuffer.allocate(0)
        private val kept = AtomicReferenceArray<Exchange>(KEPT)

        /** Has [use] use an exchange for a call in [store]. What it fails with comes out. */
        inline fun <R> use(store: Store, use: (Exchange) -> R): R {
            val exchange = begin(store)
            try {
                return use(exchange)
            } finally {
                end(exchange)
            }
        }

        /** An exchange for a call in [store], until [end]. */
        fun begin(store: Store): Exchange = take(place()).also { it.store = store }

        /** Ends the use of an exchange. */
        fun end(exchange: Exchange): Unit = put(place(), exchange)

        // Threads that run at the same time mostly have other places.
        @Suppress("DEPRECATION")
        private fun place(): Int = Thread.currentThread().id.toInt() and KEPT - 1

        private fun take(place: Int): Exchange =
            kept.getAndSet(place, null) ?: kept.getAndSet(place xor 1, null) ?: Exchange(NativeByHand.newExchange())

        private fun put(place: Int, exchange: Exchange) {
            exchange.clear()
            val isSmall = exchange.input.capacity() <= LARGEST && exchange.output.capacity() <= LARGEST
            val isKept =
                isSmall &&
                    (kept.compareAndSet(place, null, exchange) || kept.compareAndSet(place xor 1, null, exchange))
            if (!isKept) exchange.owned.clean()
        }
    }
}
