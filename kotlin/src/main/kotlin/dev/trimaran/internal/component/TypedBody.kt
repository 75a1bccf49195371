package dev.trimaran.internal.component

import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.component.bindings.HostCode
import dev.trimaran.component.bindings.WitType
import dev.trimaran.internal.ffi.ComponentTypes

/** A function of generated bindings, which reads and writes the values itself. [name] is its path, in words. */
@OptIn(GeneratedBindings::class)
internal class TypedBody(private val name: String, private val type: WitType, private val code: HostCode) :
    ComponentBody {
    private val hasResources = type.parts.dropLast(1).any { it?.hasResources == true }

    /** Fails with `Link` where a component has another type for it. There is nothing to make. */
    override fun codec(types: ComponentTypes): Any {
        expect(type, types, name)
        return type
    }

    override fun run(codec: Any, exchange: Exchange, call: HostCall) {
        exchange.read(call.moves, call.length, hasResources)
        exchange.begin()
        exchange.reader.home = null
        try {
            code.run(exchange.reader, exchange.writer)
        } catch (misfit: Misfit) {
            throw Refused(resultTrail(type, exchange.input), misfit)
        }
    }
}
