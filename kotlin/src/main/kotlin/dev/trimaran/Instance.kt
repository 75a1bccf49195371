package dev.trimaran

import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativePressure
import dev.trimaran.internal.Owned
import dev.trimaran.internal.Running
import dev.trimaran.internal.Writer
import dev.trimaran.internal.ffi.NamedExtern
import dev.trimaran.internal.ffi.write
import dev.trimaran.internal.future
import dev.trimaran.internal.keepReachable
import dev.trimaran.internal.shownOf
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ForkJoinPool
import dev.trimaran.internal.ffi.Instance as Raw

/** An instance of a module. It belongs to one store. */
public class Instance private constructor(raw: Raw) {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /**
     * Links a module with [imports], in the order of [Module.imports], and runs its start function.
     *
     * Fails with `Link` if an import is missing, superfluous or of another type, with `Limit` if the store has no room,
     * and with `Trap` if an initialiser or the start function traps.
     */
    @JvmOverloads
    public constructor(store: Store, module: Module, imports: List<Extern> = emptyList()) :
        this(
            core(store, module, imports, runsGuests = true) {
                NativePressure.withRoomForGuest {
                    Raw(store.raw, module.raw, imports.whole("import").map { it.toRaw() })
                }
            },
        )

    /** What was given by its name. It never changes. */
    private val known = ConcurrentHashMap<String, Extern>()

    /** Everything, once that was asked for. */
    @Volatile
    private var all: Map<String, Extern>? = null

    /**
     * All exports of the instance, by name, in the module's order. Each is the same object each time, except a shared
     * memory.
     */
    public fun exports(store: Store): Exports {
        val items = all?.also { check(store) } ?: core(store) { raw.exports(store.raw) }.let(::kept)
        return Exports(this, store, items)
    }

    /**
     * The export with that [name]: the same object each time, except a shared memory. Fails with `NotFound`, which
     * lists the names that exist.
     */
    public fun export(store: Store, name: String): Extern =
        known[name]?.also { check(store) } ?: kept(name, core(store) { raw.export(store.raw, name) }.toPublic())

    private fun kept(exports: List<NamedExtern>): Map<String, Extern> {
        val items = exports.associate { it.name to kept(it.name, it.item.toPublic()) }
        if (items.values.none { it is SharedMemory }) all = items
        return items
    }

    /** A shared memory is asked for each time: somebody may have closed the one that was given. */
    private fun kept(name: String, item: Extern): Extern =
        if (item is SharedMemory) item else known.putIfAbsent(name, item) ?: item

    /** Fails where asking for an export would. */
    private fun check(store: Store): Unit =
        core(this, store) { NativeByHand.instanceCheck(raw.handle, store.raw.handle) }

    /** What the instance exports under [name], or null. */
    public operator fun get(store: Store, name: String): Extern? =
        try {
            export(store, name)
        } catch (_: WasmtimeException.NotFound) {
            null
        }

    /** The function that is exported under [name], or `NotFound`, or `Type`. */
    public fun func(store: Store, name: String): Func = export(store, name).expect(name)

    /** The memory that is exported under [name], or `NotFound`, or `Type`. */
    public fun memory(store: Store, name: String): Memory = export(store, name).expect(name)

    /** The shared memory that is exported under [name], or `NotFound`, or `Type`. */
    public fun sharedMemory(store: Store, name: String): SharedMemory = export(store, name).expect(name)

    /** The global that is exported under [name], or `NotFound`, or `Type`. */
    public fun global(store: Store, name: String): Global = export(store, name).expect(name)

    /** The table that is exported under [name], or `NotFound`, or `Type`. */
    public fun table(store: Store, name: String): Table = export(store, name).expect(name)

    /** The tag that is exported under [name], or `NotFound`, or `Type`. */
    public fun tag(store: Store, name: String): Tag = export(store, name).expect(name)

    /**
     * A module that begins where this instance is now, in the binary format. It has the same code. What the instance's
     * memories, globals and tables hold now is what they begin with there. It has no start function, and no exports whose
     * names are in [remove]. It is a module like any other: compile it, keep it compiled, and make as many instances of it
     * as you like. This instance goes on as before.
     *
     * What is not the instance's own is not in it: files, arguments and the rest of WASI's state, other instances,
     * imports. Whatever the guest holds is in it: secrets, and the state of its random numbers, which all instances of the
     * snapshot then have in common.
     *
     * Fails with `Unsupported` if [Module.forSnapshots] did not make the module, or the instance holds a reference to
     * something that is not its own, which the message names; with `NotFound` for a name in [remove] that the module does
     * not export; with `Limit` if the snapshot would be larger than 1 GiB, or than the engine's limit for modules; and
     * with `Busy` while a guest of the store runs or waits.
     */
    @JvmOverloads
    public fun snapshot(store: Store, remove: Collection<String> = emptyList()): ByteArray =
        core(this, store) { raw.snapshot(store.raw, remove.toList().whole("name to remove")) }

    /** What it is, and the number of its store. */
    override fun toString(): String = shownOf("Instance", Owned.INSTANCE) { raw }

    /** Instances that are made in a coroutine. */
    public companion object {
        /**
         * Links a module with [imports] in the caller's own coroutine, as the constructor does. The module's start function may
         * wait for suspending host functions ([Func.suspending]). Otherwise as [Func.callSuspend].
         */
        @JvmSynthetic
        public suspend fun createSuspend(
            store: Store,
            module: Module,
            imports: List<Extern> = emptyList(),
        ): Instance =
            started(store, module) { frame, run, call ->
                val given = imports.whole("import").map { it.toRaw() }
                val bytes = Writer.bytes { writeList(given) { write(it) } }
                NativeByHand.startInstance(module.raw.handle, store.raw.handle, run, call, bytes, frame)
            }.also { keepReachable(imports) }

        /**
         * Links a module with [imports], for Java, and gives a future of the instance. Otherwise as [Func.callFuture].
         */
        @JvmStatic
        @JvmOverloads
        public fun createFuture(
            store: Store,
            module: Module,
            imports: List<Extern> = emptyList(),
        ): CompletableFuture<Instance> = future(ForkJoinPool.commonPool()) { createSuspend(store, module, imports) }

        @JvmSynthetic
        internal fun of(raw: Raw): Instance = Instance(raw)

        /** What [start] begins to instantiate, and keeps [other] for. */
        @JvmSynthetic
        internal suspend inline fun started(
            store: Store,
            other: Any,
            crossinline start: (frame: LongArray, run: Long, call: Long) -> Long,
        ): Instance {
            val frame = Running.frame(1)
            Running.toEnd(store, frame) { run, call ->
                NativePressure.withRoomForGuest { start(frame, run, call) }
            }
            keepReachable(other)
            return of(Raw(frame[0]))
        }
    }
}
