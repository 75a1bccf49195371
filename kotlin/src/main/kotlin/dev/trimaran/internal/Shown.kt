package dev.trimaran.internal

import dev.trimaran.WasmtimeException
import dev.trimaran.core

// What `toString` says of the objects of the library.

/** The classes of what belongs to a store, in the order that the library knows. */
internal enum class Owned {
    STORE,
    FUNC,
    MEMORY,
    GLOBAL,
    TABLE,
    TAG,
    INSTANCE,
    REFERENCE,
    COMPONENT_INSTANCE,
    COMPONENT_FUNC,
    COMPONENT_RESOURCE,
    COMPONENT_STREAM,
    ;

    /** The number of the store of [raw], which no other store of this process has. It waits for nobody. */
    fun storeNumber(raw: NativeObject): Long = core(raw) { NativeByHand.storeNumber(ordinal, raw.handle) }
}

/** An object as people are shown it: its class, and behind that what [said] gives. It fails for no object. */
internal inline fun shown(name: String, said: () -> String): String =
    try {
        name + said()
    } catch (_: WasmtimeException.Closed) {
        "$name, closed"
    } catch (_: WasmtimeException.Type) {
        "$name, never made"
    }

/** The same for what belongs to a store. */
internal inline fun shownOf(name: String, kind: Owned, raw: () -> NativeObject): String =
    shown(name) { " of store ${kind.storeNumber(raw())}" }
