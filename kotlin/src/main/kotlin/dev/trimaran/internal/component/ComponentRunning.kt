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
import java.util.concurrent.CompletionStage

/** What a suspending host function of components does, which guests wait for. */
internal class SuspendingComponentBody(val function: suspend Caller.(List<Any?>) -> Any?) : ComponentBody {
    override fun codec(types: ComponentTypes): Any = FuncCodec(types) { false }

    override fun run(codec: Any, exchange: Exchange, call: dev.trimaran.internal.component.HostCall): Unit =
        error("a suspending host function was called as another one")
}

/** The function as a suspending one. */
internal fun FutureFunction.suspending(): suspend Caller.(List<Any?>) -> Any? =
    { arguments ->
        // A function of Java may give null.
        val stage: CompletionStage<out Any?>? = call(this, arguments)
        awaited(stage)
    }

/** A call or an instantiation of a component that goes on step by step. [read] reads what a call gives, once it is over. */
internal class ComponentRunning(
    store: Store,
    handle: Long,
    frame: LongArray,
    private val read: ((Exchange, Long) -> Unit)? = null,
) : Running(store, handle, frame) {
    /** The values lie in exchanges, which no call keeps while it waits. */
    override suspend fun answer(call: HostCall): LongArray? {
        val found = arrayOfNulls<Any?>(2)
        NativeByHand.runHost(handle, found)
        val (host, codec) = found
        codec as FuncCodec
        val arguments =
            Exchange.use(store) { exchange ->
                val told = NativeByHand.runCall(handle, exchange.handle)
                codec.readArguments(exchange, moves(told), length(told))
            }
        val function = ((host as ComponentHost).body as SuspendingComponentBody).function
        reply(codec, call.run { Caller(store, call.call).function(arguments) })
        return null
    }

    private fun reply(codec: FuncCodec, result: Any?) {
        Exchange.use(store) { exchange ->
            val length =
                try {
                    codec.writeResult(exchange, result)
                    exchange.end()
                } catch (misfit: Misfit) {
                    refuse(misfit)
                }
            exchange.lent { count, objects -> NativeByHand.runReply(handle, exchange.handle, length, count, objects) }
        }
    }

    /** Fails for a result that does not fit. */
    private fun refuse(misfit: Misfit): Nothing {
        val path = Writer.bytes { writeList(misfit.path) { write(it) } }
        val mistake = Writer.bytes { write(misfit.mistake) }
        failing { NativeByHand.runRefuse(handle, path, mistake) }
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
    }
}
