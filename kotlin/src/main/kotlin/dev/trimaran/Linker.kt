package dev.trimaran

import dev.trimaran.internal.LinkedHost
import dev.trimaran.internal.LinkedHosts
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativePressure
import dev.trimaran.internal.Writer
import dev.trimaran.internal.ffi.write
import dev.trimaran.internal.future
import dev.trimaran.internal.shown
import dev.trimaran.internal.suspending
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ForkJoinPool
import dev.trimaran.internal.ffi.Linker as Raw

/**
 * Finds imports by their names, and links modules with them.
 *
 * A linker serves any number of modules. Its host functions and WASI work in every store; every other definition
 * belongs to the store that you defined it with.
 *
 * ```kotlin
 * val linker = Linker(engine)
 * linker.wrap("host", "add") { a: Int, b: Int -> a + b }
 * linker.func("host", "print", FuncType(listOf(ValType.I32), listOf())) { (number) ->
 *     println(number.asInt())
 *     listOf()
 * }
 * val instance = linker.instantiate(store, module)
 * ```
 */
public class Linker private constructor(raw: Raw) :
    LinkerWrapping(),
    AutoCloseable {
    private val raw: Raw = raw
        get() = made(field)

    private val hosts = LinkedHosts()
        get() = made(field)

    @Volatile
    private var isClosed = false

    /** Makes a linker without definitions. */
    public constructor(engine: Engine) : this(core(engine) { Raw(engine.raw) })

    /** Whether a definition may replace an earlier one. If not, as at first, it fails with `Link`. */
    public var allowShadowing: Boolean = false
        set(allow) {
            core { raw.allowShadowing(allow) }
            field = allow
        }

    /**
     * Defines [item], which belongs to [store], as [module] [name]. Fails with `Link` if that name is defined already,
     * and with `WrongStore` or `WrongEngine` if store, item and linker do not fit together.
     */
    public fun define(store: Store, module: String, name: String, item: Extern): Unit =
        core(store, item) { raw.define(store.raw, module, name, item.toRaw()) }

    /** Defines [item] as [define] does, as in `linker[store, "host", "memory"] = memory`. */
    public operator fun set(store: Store, module: String, name: String, item: Extern): Unit =
        define(store, module, name, item)

    /**
     * Defines a host function as [module] [name], for every store. It works as in [Func]. The linker keeps [function],
     * and so does every store that has a guest linked with it. Fails with `Link` if the name is defined already.
     */
    public fun func(module: String, name: String, type: FuncType, function: HostFunction): Unit =
        add(module, name, type) { store, func -> func.attach(store, function) }

    /**
     * Defines a host function that suspends as [module] [name], for every store. It works as [Func.suspending] says. A
     * guest that calls it while it is instantiated has to be instantiated by [instantiateSuspend].
     */
    @JvmSynthetic
    public fun suspending(
        module: String,
        name: String,
        type: FuncType,
        function: suspend Caller.(List<Val>) -> List<Val>,
    ): Unit = add(module, name, type, isSuspending = true) { store, func -> func.attach(store, function) }

    /** Defines a host function that guests wait for, for Java: as [suspending] does, from a function that gives a future. */
    public fun future(module: String, name: String, type: FuncType, function: FutureFunction): Unit =
        suspending(module, name, type, function.suspending())

    /**
     * Defines a host function from an interface of Java's, for Java: as from a function of Kotlin. [type] is one of
     * those that [Func.typed] takes.
     *
     * ```java
     * linker.wrap("host", "add", IntBinaryOperator.class, (a, b) -> a + b);
     * ```
     */
    public fun <T : Any> wrap(module: String, name: String, type: Class<T>, function: T): Unit =
        JavaShape.of(type).run { wrapped(module, name, TypedHost.shared(this.type, body(function))) }

    internal override fun wrapped(module: String, name: String, host: TypedHost): Unit =
        add(module, name, host.type) { store, func -> func.attach(store, host.body(store)) }

    internal override fun wrapped(module: String, name: String, host: SuspendingHost): Unit =
        add(module, name, host.type, isSuspending = true) { store, func -> func.attach(store, host.body(store)) }

    /** Defines everything that [instance] exports, each under [name] and its own. */
    public fun defineInstance(store: Store, name: String, instance: Instance): Unit =
        core(store, instance) { raw.defineInstance(store.raw, name, instance.raw) }

    /**
     * Defines what [module] exports, each under [name] and its own, with the instances that it needs.
     *
     * A command of WASI, which exports `_start`, gets a new instance for each call. Any other module gets one now, and
     * its `_initialize` is called where it has one. Its imports have to be defined before. Fails as [define] and
     * [instantiate] do.
     */
    public fun defineModule(store: Store, name: String, module: Module): Unit =
        using(store, module) { raw.defineModule(store.raw, name, module.raw) }

    /**
     * Defines WASI preview 1, `wasi_snapshot_preview1`, and preview 0, `wasi_unstable`, which older compilers wrote.
     * What its guests may do is what their store grants them by [Store.setWasi]: nothing without it.
     */
    public fun defineWasi(): Unit = core { raw.defineWasi() }

    /**
     * Defines every function that [module] imports and that is not defined yet: as one that fails with `Link` when it
     * is called. Other imports stay undefined.
     */
    public fun defineUnknownImportsAsTraps(module: Module): Unit =
        core(module) { raw.defineUnknownImportsAsTraps(module.raw) }

    /**
     * Defines every import of [module] that is not defined yet: functions that give zeros and nulls, memories and
     * tables of their smallest size, globals with zero or null. Fails with `Link` for an import of a type that has no
     * such value.
     */
    public fun defineUnknownImportsAsDefaultValues(store: Store, module: Module): Unit =
        core(store, module) { raw.defineUnknownImportsAsDefaultValues(store.raw, module.raw) }

    /**
     * What is defined as [module] [name], in [store]; or null, where [getValue] fails with `NotFound`. Fails with
     * `WrongStore` for an item of another store.
     */
    public operator fun get(store: Store, module: String, name: String): Extern? =
        try {
            getValue(store, module, name)
        } catch (_: WasmtimeException.NotFound) {
            null
        }

    /** What is defined as [module] [name], in [store]. Fails with `NotFound` where nothing is. */
    public fun getValue(store: Store, module: String, name: String): Extern =
        using(store, null) { raw.get(store.raw, module, name) }.toPublic()

    /**
     * What is called to run the module that was defined under [name]: the function under the empty name, or `_start`;
     * where it has neither, one that does nothing. Fails with `NotFound` where nothing is defined under [name].
     */
    public fun getDefault(store: Store, name: String): Func =
        Func.of(using(store, null) { raw.getDefault(store.raw, name) })

    /**
     * Links [module] with what is defined, and runs its start function.
     *
     * Fails with `Link` where imports are missing, all of which it names with their types, or of another type, with
     * `Limit` where the store has no room, and with `Trap` where an initialiser or the start function traps.
     */
    public fun instantiate(store: Store, module: Module): Instance =
        Instance.of(
            using(store, module) {
                NativePressure.withRoomForGuest { raw.instantiate(store.raw, module.raw) }
            },
        )

    /**
     * Links [module] in the caller's own coroutine: its start function may wait for suspending host functions. Otherwise
     * as [instantiate] and [Func.callSuspend].
     */
    @JvmSynthetic
    public suspend fun instantiateSuspend(store: Store, module: Module): Instance {
        store.callsHost = true
        return Instance.started(store, this to module) { frame, run, call ->
            NativeByHand.startLinked(raw.handle, store.raw.handle, module.raw.handle, run, call, frame)
        }
    }

    /** Links [module], for Java, and gives a future of the instance. Otherwise as [instantiate] and [Func.callFuture]. */
    public fun instantiateFuture(store: Store, module: Module): CompletableFuture<Instance> =
        future(ForkJoinPool.commonPool()) { instantiateSuspend(store, module) }

    /**
     * Finds and checks the imports of [module] now, so that only the rest is left for every instance of it. Fails with
     * `Link` as [instantiate] does.
     */
    public fun instantiatePre(module: Module): InstancePre {
        val (pre, bodies) = hosts.taking { core(module) { raw.instantiatePre(module.raw) } }
        return InstancePre.of(pre, bodies)
    }

    /** Closes the linker. What was linked goes on working. Closing twice does nothing. */
    override fun close() {
        core { raw.release() }
        isClosed = true
    }

    /** What it is, and whether it is closed. */
    override fun toString(): String = shown("Linker") { raw.run { if (isClosed) ", closed" else "" } }

    private fun add(
        module: String,
        name: String,
        type: FuncType,
        isSuspending: Boolean = false,
        attach: (Store, Func) -> Unit,
    ) {
        val host = LinkedHost(attach)
        val bytes = Writer.bytes { write(type.toRaw()) }
        hosts.add(module, name, host) {
            core(this, host) { NativeByHand.defineFunc(raw.handle, module, name, bytes, host, isSuspending) }
        }
    }

    /** Links in [store]. */
    private inline fun <R> using(store: Store, module: Module?, crossinline use: () -> R): R {
        // What is linked may have the imports of WASI.
        store.callsHost = true
        return core(this, store, module, runsGuests = true) { use() }
    }
}
