package dev.trimaran.internal.component

import dev.trimaran.Caller
import dev.trimaran.Store
import dev.trimaran.component.FutureFunction
import dev.trimaran.failing
import dev.trimaran.internal.HostCall
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.Running
import dev.trimaran.internal.Writer
import dev.trimaran.internal.awaited
import dev.trimaran.internal.ffi.ComponentTypes
import dev.trimaran.internal.ffi.write
import dev.trimaran.internal.keepReachable
import java.util.concurrent.CompletionStage
import dev.trimaran.internal.ffi.ComponentFunc as RawFunc
import dev.trimaran.internal.ffi.ComponentStream as RawStream

/** A suspending host function of components, over values of any type. */
internal class DynamicSuspendingBody(private val function: suspend Caller.(List<Any?>) -> Any?) : SuspendingBody {
    override fun codec(types: ComponentTypes): Any = FuncCodec(types) { false }

    /** The values lie in exchanges, which no call keeps while it waits. */
    override suspend fun answer(codec: Any, asked: Asked) {
        codec as FuncCodec
        val arguments =
            Exchange.use(asked.store) { exchange ->
                val told = asked.take(exchange)
                codec.readArguments(exchange, ComponentRunning.moves(told), ComponentRunning.length(told))
            }
        val result = asked.caller.function(arguments)
        Exchange.use(asked.store) { exchange ->
            try {
                codec.writeResult(exchange, result)
            } catch (misfit: Misfit) {
                asked.refuse(misfit.path, misfit)
            }
            asked.reply(exchange)
        }
    }
}

/** The function as a suspending one. */
internal fun FutureFunction.suspending(): suspend Caller.(List<Any?>) -> Any? =
    { arguments ->
        // A function of Java may give null.
        val stage: CompletionStage<out Any?>? = call(this, arguments)
        awaited(stage)
    }

/** What a guest asks a suspending host function for, and waits for. */
internal class Asked(val store: Store, private val run: Long, private val call: Long) {
    val caller: Caller get() = Caller(store, call)

    /** Leaves the arguments in [exchange], once, and gives what the library tells of them. */
    fun take(exchange: Exchange): Long = NativeByHand.runCall(run, exchange.handle)

    /** Gives the library what was written to [exchange]. */
    fun reply(exchange: Exchange) {
        val length = exchange.end()
        exchange.lent { count, objects -> NativeByHand.runReply(run, exchange.handle, length, count, objects) }
    }

    /** Fails for a result that does not fit. */
    fun refuse(path: List<String>, misfit: Misfit): Nothing {
        val to = Writer.bytes { writeList(path) { write(it) } }
        val mistake = Writer.bytes { write(misfit.mistake) }
        failing { NativeByHand.runRefuse(run, to, mistake) }
    }
}

/** A call or an instantiation of a component that goes on step by step. [read] reads what a call gives, once it is over. */
internal class ComponentRunning(
    store: Store,
    handle: Long,
    frame: LongArray,
    private val read: ((Exchange, Long) -> Unit)? = null,
) : Running(store, handle, frame) {
    override suspend fun answer(call: HostCall): LongArray? {
        val found = arrayOfNulls<Any?>(2)
        NativeByHand.runHost(handle, found)
        val (host, codec) = found
        val body = (host as ComponentHost).body as SuspendingBody
        call.run { body.answer(checkNotNull(codec), Asked(store, handle, call.call)) }
        return null
    }

    override fun ends() {
        val read = read ?: return
        Exchange.use(store) { exchange -> read(exchange, NativeByHand.runResult(handle, exchange.handle)) }
    }

    companion object {
        /** How often the output of an exchange has moved, of what the library tells. */
        fun moves(told: Long): Int = (told shr Int.SIZE_BITS).toInt()

        /** How long the stream in it is. */
        fun length(told: Long): Int = told.toInt()

        /** A call of [func] to its end. [write] writes its arguments, and gives their length; [read] reads what it gives. */
        suspend fun call(func: RawFunc, store: Store, write: (Exchange) -> Int, read: (Exchange, Long) -> Unit) {
            val frame = frame(1)
            toEnd(store, frame, { ComponentRunning(store, it, frame, read) }) { run, call ->
                Exchange.use(store) { exchange ->
                    val length = write(exchange)
                    val begun =
                        exchange.lent { count, objects ->
                            val (handle, home, values) = Triple(func.handle, store.raw.handle, exchange.handle)
                            NativeByHand
                                .startComponentFunc(handle, home, run, call, values, length, count, objects, frame)
                        }
                    if (begun == 0L) read(exchange, frame[0])
                    begun
                }
            }
        }

        /** Reads at most so many elements of [stream], or the value of a future: [read] reads what came. */
        suspend fun read(stream: RawStream, store: Store, most: Int, read: (Exchange, Long) -> Unit) {
            val frame = frame(1)
            toEnd(store, frame, { ComponentRunning(store, it, frame, read) }) { run, call ->
                Exchange.use(store) { exchange ->
                    val (handle, home, values) = Triple(stream.handle, store.raw.handle, exchange.handle)
                    val begun = NativeByHand.startStreamRead(handle, home, run, call, values, most, frame)
                    if (begun == 0L) read(exchange, frame[0])
                    begun
                }
            }
            keepReachable(stream)
        }
    }
}
