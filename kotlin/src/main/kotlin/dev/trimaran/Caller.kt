package dev.trimaran

import dev.trimaran.internal.FoundMemory
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.Owned
import dev.trimaran.internal.shown

/**
 * The guest that called a host function. A [HostFunction] gets it.
 *
 * It is valid until its host function returns, on its own thread, or on every thread where the function suspends. After
 * that every use of it but [store] fails with `Escaped`. The host function may use the store in every way: to call guests, to read, to grow, to make functions.
 *
 * @property store The store of the guest. You may keep it.
 */
public class Caller internal constructor(store: Store, private val callId: Long) {
    public val store: Store = store
        get() = made(field)

    /** The object that the host gave the store: [Store.data]. */
    public var data: Any?
        get() = checked().data
        set(data) {
            checked().data = data
        }

    /** What it is, and the number of its store. */
    override fun toString(): String =
        shown("Caller") { " of store ${Owned.STORE.storeNumber(store.raw)}" }

    private fun checked(): Store = store.also { core(it) { it.raw.callerCheck(callId.toULong()) } }

    /**
     * The export of the calling instance with that [name]; null if there is none, or if the host itself made the call.
     * Fails with `Escaped` once the call has returned, and on any other thread, unless the function suspends.
     */
    public operator fun get(name: String): Extern? =
        known(name)
            ?: core(store) { store.raw.callerExport(callId.toULong(), name) }?.toPublic()?.also { keep(name, it) }

    /** The memory that was found last, if it is the one: most hosts ask for the same one in each call. */
    private fun known(name: String): Memory? {
        val found = store.found?.takeIf { it.name == name } ?: return null
        val isIt =
            core(store, found) { NativeByHand.callerHas(store.raw.handle, callId, name, found.memory.raw.handle) }
        return found.memory.takeIf { isIt }
    }

    private fun keep(name: String, item: Extern) {
        if (item is Memory) store.found = FoundMemory(name, item)
    }

    /** The export of the calling instance with that [name]. Fails as [get] does, with `NotFound` if there is none. */
    public fun export(name: String): Extern =
        get(name) ?: failing { NativeByHand.noCallerExport(name) }

    /** The function that is exported under [name], or `NotFound`, or `Type`. */
    public fun func(name: String): Func = export(name).expect(name)

    /** The memory that is exported under [name], or `NotFound`, or `Type`. */
    public fun memory(name: String): Memory = export(name).expect(name)

    /** The shared memory that is exported under [name], or `NotFound`, or `Type`. */
    public fun sharedMemory(name: String): SharedMemory = export(name).expect(name)

    /** The global that is exported under [name], or `NotFound`, or `Type`. */
    public fun global(name: String): Global = export(name).expect(name)

    /** The table that is exported under [name], or `NotFound`, or `Type`. */
    public fun table(name: String): Table = export(name).expect(name)

    /** The tag that is exported under [name], or `NotFound`, or `Type`. */
    public fun tag(name: String): Tag = export(name).expect(name)
}
