package dev.trimaran.internal.component

import dev.trimaran.Caller
import dev.trimaran.Store
import dev.trimaran.component.HostFunction
import dev.trimaran.failing
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativeException
import dev.trimaran.internal.Reader
import dev.trimaran.internal.Writer
import dev.trimaran.internal.ffi.ComponentTypes
import dev.trimaran.internal.ffi.readComponentTypes
import dev.trimaran.internal.ffi.write
import dev.trimaran.translated

/** What a host function of components does. */
internal interface ComponentBody {
    /** What is made of the function's type, once. */
    fun codec(types: ComponentTypes): Any

    /**
     * Runs the function: [exchange] has its arguments, which [call] tells the length of, and gets its result. Throws
     * [Refused] where that does not fit.
     */
    fun run(codec: Any, exchange: Exchange, call: HostCall)

    /** The same for a plain function, where each argument has a slot, and so has the result. */
    fun runPlain(codec: Any, store: Store, callId: Long, a: Long, b: Long, c: Long, d: Long): Long =
        error("the function reads and writes its values itself")
}

/** What a suspending host function of components does, which guests wait for. */
internal interface SuspendingBody : ComponentBody {
    override fun run(codec: Any, exchange: Exchange, call: HostCall): Unit =
        error("a suspending host function was called as another one")

    /** Runs the function for the guest that waits in [asked]. */
    suspend fun answer(codec: Any, asked: Asked)
}

/** One call of a host function of components. */
internal class HostCall(val store: Store, val id: Long, val moves: Int, val length: Int)

/** A value that does not fit the result, with the path to it. */
internal class Refused(val path: List<String>, val misfit: Misfit) : RuntimeException(null, null, false, false)

/**
 * A host function of components. The library calls it where a guest does, and has only a weak reference: the linker
 * keeps it, and what was made of the linker, and each store that has a guest linked with it.
 *
 * One that has what guests read of a stream or a future is kept by their store, and [left] is closed when none does any more.
 *
 * @property isTyped Whether the type is known, so that [codec] is asked for when a component is linked.
 */
internal class ComponentHost(val body: ComponentBody, val isTyped: Boolean, private val left: AutoCloseable? = null) {
    constructor(function: HostFunction) : this(DynamicBody(function), false)

    /** Whether guests wait for it. */
    val isSuspending: Boolean get() = body is SuspendingBody

    /** What is made of the function's type, once: the library keeps it, and gives it to [run]. */
    fun codec(types: ByteArray): Any = body.codec(Reader(types).readComponentTypes())

    /** Runs the function. [crossing] is the call, for the library. */
    fun run(codec: Any, store: Store, callId: Long, crossing: Long) {
        Exchange.use(store) { exchange ->
            val found = native { NativeByHand.hostArguments(crossing, exchange.handle) }
            val length =
                checked(crossing) {
                    val call = HostCall(store, callId, (found shr Int.SIZE_BITS).toInt(), found.toInt())
                    body.run(codec, exchange, call)
                    exchange.end()
                }
            native {
                exchange.lent { count, objects ->
                    NativeByHand.hostReply(crossing, exchange.handle, length, count, objects)
                }
            }
        }
    }

    /** The same for a plain function: each argument has a slot, and so has the result. */
    fun runPlain(
        codec: Any,
        store: Store,
        callId: Long,
        crossing: Long,
        a: Long,
        b: Long,
        c: Long,
        d: Long,
    ): Long = checked(crossing) { body.runPlain(codec, store, callId, a, b, c, d) }

    /** The store of the guests that read what it has. */
    private var home: Store? = null

    /** Guests of [store] may read what it has. */
    fun isReadIn(store: Store) {
        home = store
        store.readsFrom(this)
    }

    /** No guest reads what it has any more. The library calls this on any thread, and has no use for what it might throw. */
    fun gone() {
        home?.leaves(this)
        runCatching { left?.close() }
    }

    /** Fails for a result that does not fit. */
    private inline fun <R> checked(crossing: Long, run: () -> R): R =
        try {
            run()
        } catch (refused: Refused) {
            val path = Writer.bytes { writeList(refused.path) { write(it) } }
            val mistake = Writer.bytes { write(refused.misfit.mistake) }
            failing { NativeByHand.refuseHostResult(crossing, path, mistake) }
        }

    private inline fun <R> native(call: () -> R): R =
        try {
            call()
        } catch (error: NativeException) {
            throw translated(error)
        }
}

/** A function that takes and gives values of any type. */
private class DynamicBody(private val function: HostFunction) : ComponentBody {
    override fun codec(types: ComponentTypes): Any = FuncCodec(types) { false }

    override fun run(codec: Any, exchange: Exchange, call: HostCall) {
        codec as FuncCodec
        val arguments = codec.readArguments(exchange, call.moves, call.length)
        val result = function.run { Caller(call.store, call.id).call(arguments) }
        try {
            codec.writeResult(exchange, result)
        } catch (misfit: Misfit) {
            throw Refused(misfit.path, misfit)
        }
    }

    override fun runPlain(codec: Any, store: Store, callId: Long, a: Long, b: Long, c: Long, d: Long): Long {
        codec as FuncCodec
        val result = function.run { Caller(store, callId).call(codec.plainArguments(a, b, c, d)) }
        try {
            return codec.plainResult(result)
        } catch (misfit: Misfit) {
            throw Refused(misfit.path, misfit)
        }
    }
}

/** Those that a linker has now. */
internal class ComponentHosts {
    private val byPath = HashMap<List<String>, ComponentHost>()

    /** Has the core define one more, and keeps it, in the place of what had its path before. */
    @Synchronized
    fun add(path: List<String>, host: ComponentHost, define: () -> Unit) {
        define()
        byPath[path] = host
    }

    /** What [take] takes of the linker, with those of that moment: later definitions do not change them. */
    @Synchronized
    fun <R> taking(take: () -> R): Pair<R, List<ComponentHost>> = take() to byPath.values.toList()
}
