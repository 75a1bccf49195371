package dev.trimaran.component.bindings

import dev.trimaran.component.Linker
import dev.trimaran.internal.component.ComponentHost
import dev.trimaran.internal.component.TypedBody
import dev.trimaran.internal.component.TypedSignature
import dev.trimaran.internal.component.TypedSuspendingBody
import dev.trimaran.internal.component.words

/** An instance that a linker defines for a component, or all of the linker where there is no name. */
@GeneratedBindings
public class HostInstance(linker: Linker, private val name: String?) {
    private val place = if (name == null) linker.root() else linker.instance(name)

    /** Defines a type of resources of the host's. */
    public fun resource(name: String) {
        place.defineResource(name)
    }

    /**
     * Defines a function. A component whose type for it is another one is not linked: that fails with `Link`, which
     * says where the types differ.
     */
    public fun func(name: String, result: WitType?, vararg params: Pair<String, WitType>, code: HostCode) {
        val signature = TypedSignature(words(listOfNotNull(this.name, name)), WitType.func(params, result))
        place.define(name, ComponentHost(TypedBody(signature, code), isTyped = true))
    }

    /** The same with code that suspends: a component that calls it waits for it. */
    public fun suspending(
        name: String,
        result: WitType?,
        vararg params: Pair<String, WitType>,
        code: SuspendingHostCode,
    ) {
        val signature = TypedSignature(words(listOfNotNull(this.name, name)), WitType.func(params, result))
        place.define(name, ComponentHost(TypedSuspendingBody(signature, code), isTyped = true))
    }
}

/** What a function of the host does: it reads its arguments, and writes its result. */
@GeneratedBindings
public fun interface HostCode {
    /** Runs it. What it throws comes out of the outer call. */
    public fun run(reader: ValueReader, writer: ValueWriter)
}

/** What a suspending function of the host does. It has read its arguments before it suspends. */
@GeneratedBindings
public fun interface SuspendingHostCode {
    /** Runs it. What it throws comes out of the outer call. */
    public suspend fun run(reader: ValueReader, writer: ValueWriter)
}
