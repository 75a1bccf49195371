package dev.trimaran.internal.component

import dev.trimaran.Caller
import dev.trimaran.Store
import dev.trimaran.component.HostFunction
import dev.trimaran.failing
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativeException
import dev.trimaran.internal.Reader
import dev.trimaran.internal.Writer
import dev.trimaran.internal.ffi.readComponentTypes
import dev.trimaran.internal.ffi.write
import dev.trimaran.translated

/**
 * A host function of components. The library calls it where a guest does, and has only a weak reference: the linker
 * keeps it, and what was made of the linker, and each store that has a guest linked with it.
 */
internal class ComponentHost(private val function: HostFunction) {
    /** What is made of the function's type, once: the library keeps it, and gives it to [run]. */
    fun codec(types: ByteArray): Any = FuncCodec(Reader(types).readComponentTypes()) { false }

    /** Runs the function. [crossing] is the call, for the library. */
    fun run(codec: Any, store: Store, callId: Long, crossing: Long) {
        codec as FuncCodec
        Exchange.use(store) { exchange ->
            val found = native { NativeByHand.hostArguments(crossing, exchange.handle) }
            val arguments = codec.readArguments(exchange, (found shr Int.SIZE_BITS).toInt(), found.toInt())
            val result = function.run { Caller(store, callId).call(arguments) }
            val length = write(codec, exchange, result, crossing)
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
    ): Long {
        codec as FuncCodec
        val result = function.run { Caller(store, callId).call(codec.plainArguments(a, b, c, d)) }
        return checked(crossing) { codec.plainResult(result) }
    }

    private fun write(codec: FuncCodec, exchange: Exchange, result: Any?, crossing: Long): Int =
        checked(crossing) {
            codec.writeResult(exchange, result)
            exchange.end()
        }

    /** Fails for a result that does not fit. */
    private inline fun <R> checked(crossing: Long, write: () -> R): R =
        try {
            write()
        } catch (misfit: Misfit) {
            val path = Writer.bytes { writeList(misfit.path) { write(it) } }
            failing { NativeByHand.refuseHostResult(crossing, path, Writer.bytes { write(misfit.mistake) }) }
        }

    private inline fun <R> native(call: () -> R): R =
        try {
            call()
        } catch (error: NativeException) {
            throw translated(error)
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
