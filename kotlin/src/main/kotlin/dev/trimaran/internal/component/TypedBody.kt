package dev.trimaran.internal.component

import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.component.bindings.HostCode
import dev.trimaran.component.bindings.SuspendingHostCode
import dev.trimaran.component.bindings.WitType
import dev.trimaran.internal.ffi.ComponentTypes

/** The type of a function of generated bindings, which reads and writes the values itself. [name] is its path, in words. */
@OptIn(GeneratedBindings::class)
internal class TypedSignature(private val name: String, val type: WitType) {
    private val hasResources = type.parts.dropLast(1).any { it?.hasResources == true }

    /** Fails with `Link` where a component has another type for it. There is nothing to make. */
    fun codec(types: ComponentTypes): Any {
        expect(type, types, name)
        return type
    }

    /** Has [exchange] read the arguments, and write the result. */
    fun begin(exchange: Exchange, moves: Int, length: Int) {
        exchange.read(moves, length, hasResources)
        exchange.begin()
        exchange.reader.home = null
    }
}

/** What such a function does. */
@OptIn(GeneratedBindings::class)
internal class TypedBody(private val signature: TypedSignature, private val code: HostCode) : ComponentBody {
    override fun codec(types: ComponentTypes): Any = signature.codec(types)

    override fun run(codec: Any, exchange: Exchange, call: HostCall) {
        signature.begin(exchange, call.moves, call.length)
        try {
            code.run(exchange.reader, exchange.writer)
        } catch (misfit: Misfit) {
            throw Refused(resultTrail(signature.type, exchange.input), misfit)
        }
    }
}

/** What such a function does that suspends. Its guest keeps one exchange while it waits. */
@OptIn(GeneratedBindings::class)
internal class TypedSuspendingBody(private val signature: TypedSignature, private val code: SuspendingHostCode) :
    SuspendingBody {
    override fun codec(types: ComponentTypes): Any = signature.codec(types)

    override suspend fun answer(codec: Any, asked: Asked) {
        Exchange.use(asked.store) { exchange ->
            val told = asked.take(exchange)
            signature.begin(exchange, ComponentRunning.moves(told), ComponentRunning.length(told))
            try {
                code.run(exchange.reader, exchange.writer)
            } catch (misfit: Misfit) {
                asked.refuse(resultTrail(signature.type, exchange.input), misfit)
            }
            asked.reply(exchange)
        }
    }
}
