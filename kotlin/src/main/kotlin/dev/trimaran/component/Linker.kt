package dev.trimaran.component

import dev.trimaran.Caller
import dev.trimaran.Engine
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.core
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.Writer
import dev.trimaran.internal.component.ComponentHost
import dev.trimaran.internal.component.ComponentHosts
import dev.trimaran.internal.component.DynamicSuspendingBody
import dev.trimaran.internal.component.suspending
import dev.trimaran.internal.shown
import dev.trimaran.made
import java.util.concurrent.CompletableFuture
import dev.trimaran.internal.ffi.ComponentLinker as Raw

/**
 * Defines items by name, and instantiates components with the items that they import.
 *
 * A linker belongs to an engine. All that it defines works in every store of that. Any thread may use a linker.
 *
 * ```kotlin
 * val linker = Linker(engine)
 * linker.instance("example:host/log@1.0.0").func("print") { (text) -> println(text) }
 * val instance = linker.instantiate(store, component)
 * ```
 *
 * A compatible version serves as well: an import of `@1.0.2` is found under `@1.3.0`, and one of `@0.2.1` under
 * `@0.2.6`.
 */
public class Linker private constructor(raw: Raw) : AutoCloseable {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    @get:JvmSynthetic
    internal val hosts: ComponentHosts = ComponentHosts()
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

    /** What a component imports by a single name. */
    public fun root(): LinkerInstance = LinkerInstance.of(this, emptyList())

    /**
     * The instance of that [name], as an interface is imported: `example:host/log@1.0.0`. It is defined now, without
     * items, if it is not there. Fails with `Link` if the name is that of something else, or one that no component
     * can import.
     */
    public fun instance(name: String): LinkerInstance = root().instance(name)

    /**
     * Defines WASI 0.2: the interfaces of the world `wasi:cli/imports`, and those of `wasi:http` for requests that go
     * out; where the engine has `wasmComponentModelAsync`, WASI 0.3 as well, but for its HTTP. What its guests may do
     * is what their store grants them by [Store.setWasi], and nothing of the network but HTTP requests of WASI 0.2.
     * Without a call of that, there are no arguments, variables and directories, and the first use of a
     * standard stream ends the guest with `Config`. Fails with `Link` if a name is defined already.
     */
    public fun defineWasi(): Unit = core { raw.defineWasi() }

    /**
     * Defines every function that [component] imports and that is not defined yet: as one that fails with `Link` when
     * it is called. Types of resources that are not defined become new ones. Other imports stay undefined.
     */
    public fun defineUnknownImportsAsTraps(component: Component): Unit =
        core(this, component) { raw.defineUnknownImportsAsTraps(component.raw) }

    /**
     * Instantiates [component] with what is defined, and runs its start functions.
     *
     * Fails with `Link` where imports are missing, all of which it names with their types, or of another type, with
     * `Limit` where the store has no room, and with `Trap` where a start function traps.
     */
    public fun instantiate(store: Store, component: Component): Instance = instantiatePre(component).instantiate(store)

    /**
     * Instantiates [component] in the caller's own coroutine: its start functions may wait for suspending host functions.
     * Otherwise as [instantiate] and [Func.callSuspend].
     */
    @JvmSynthetic
    public suspend fun instantiateSuspend(store: Store, component: Component): Instance =
        instantiatePre(component).instantiateSuspend(store)

    /** Instantiates [component], for Java, and gives a future of the instance. Otherwise as [instantiate]. */
    public fun instantiateFuture(store: Store, component: Component): CompletableFuture<Instance> =
        instantiatePre(component).instantiateFuture(store)

    /** Finds the imports of [component] now, for every instance of it. Fails with `Link` as [instantiate] does. */
    public fun instantiatePre(component: Component): InstancePre {
        val (pre, bodies) = hosts.taking { core(this, component) { raw.instantiatePre(component.raw) } }
        return InstancePre.of(pre, bodies)
    }

    /** What it is, and whether it is closed. */
    override fun toString(): String = shown("Linker") { raw.run { if (isClosed) ", closed" else "" } }

    /** Closes the linker. What was linked goes on working. Closing twice does nothing. */
    override fun close() {
        core { raw.release() }
        isClosed = true
    }
}

/** An instance that a [Linker] defines, or all of the linker: items by their names. */
public class LinkerInstance private constructor(linker: Linker, private val path: List<String>) {
    private val linker: Linker = linker
        get() = made(field)

    /** The instance of that [name] in this one, as [Linker.instance] gives it. */
    public fun instance(name: String): LinkerInstance {
        val inner = path + name
        core(linker) { linker.raw.defineInstance(inner) }
        return LinkerInstance(linker, inner)
    }

    /**
     * Defines a host function, for every store. Its type is the one by which a component imports it. The linker keeps
     * [function], and so does every store that has a component linked with it. Fails with `Link` if the name is defined
     * already.
     */
    public fun func(name: String, function: HostFunction): Unit = define(name, ComponentHost(function))

    /**
     * Defines a host function that suspends, for every store: a component that calls it waits for it, and takes no thread.
     * The component has to be called by [Func.callSuspend], and otherwise the call fails with `Suspend`. Its values are those
     * of [func]. It works as [dev.trimaran.Func.suspending] says; a [Resource] that the guest lends is gone when it
     * returns. Fails with `Link` if the name is defined already.
     */
    @JvmSynthetic
    public fun suspending(name: String, function: suspend Caller.(List<Any?>) -> Any?): Unit =
        define(name, ComponentHost(DynamicSuspendingBody(function), false))

    /** Defines a host function that components wait for, for Java: as [suspending] does, from one that gives a future. */
    public fun future(name: String, function: FutureFunction): Unit = suspending(name, function.suspending())

    @JvmSynthetic
    internal fun define(name: String, host: ComponentHost) {
        linker.hosts.add(path + name, host) {
            core(linker, host) {
                val bytes = Writer.bytes { writeList(path) { write(it) } }
                NativeByHand.defineComponentFunc(
                    linker.raw.handle,
                    bytes,
                    name,
                    host,
                    host.isTyped,
                    host.isSuspending,
                )
            }
        }
    }

    /**
     * Defines a module, which components instantiate themselves. Fails with `Link` if the name is defined already, and
     * with
     * `WrongEngine`.
     */
    public fun defineModule(name: String, module: Module): Unit =
        core(linker, module) { linker.raw.defineModule(path, name, module.raw) }

    /**
     * Defines a type of resources of the host's, which is [type]. Any object of your own is a resource of it: pass it
     * where a function wants one, and you get the very same object back. A guest that owns one keeps it from being
     * collected.
     *
     * A type with a [ResourceDrop] tells you when a guest drops one.
     *
     * Fails with `Type` for a guest's type, and with `Link` if the name is defined already.
     */
    @JvmOverloads
    public fun defineResource(name: String, type: ResourceType = ResourceType()): ResourceType {
        core(linker, type) { linker.raw.defineResource(path, name, type.raw) }
        return type
    }

    /** The names that lead to it. */
    override fun toString(): String = shown("LinkerInstance") { path.joinToString("") { " `$it`" } }

    internal companion object {
        @JvmSynthetic
        internal fun of(linker: Linker, path: List<String>): LinkerInstance = LinkerInstance(linker, path)
    }
}
