package dev.trimaran

import dev.trimaran.internal.FoundMemory
import dev.trimaran.internal.KnownFuncs
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativeException
import dev.trimaran.internal.NativePressure
import dev.trimaran.internal.Owned
import dev.trimaran.internal.Suspending
import dev.trimaran.internal.Virtual
import dev.trimaran.internal.component.ComponentHost
import dev.trimaran.internal.shown
import java.util.Collections
import java.util.IdentityHashMap
import java.util.concurrent.Callable
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.ReentrantLock
import java.util.function.Consumer
import java.util.function.UnaryOperator
import kotlin.time.Duration
import dev.trimaran.internal.ffi.Store as Raw
import java.time.Duration as JavaDuration

/**
 * Holds instances and everything that they own: memories, tables, globals, functions, and host functions.
 *
 * Any thread may use a store, one at a time: another thread waits for its turn. Objects of one store do not work with
 * another. A host function may use the store that called it, as deep as [Config.maxWasmStack] and the thread's stack have
 * room: then the call fails with `Trap` or `Limit`, or throws a [StackOverflowError]. Close a store to free its memory at
 * once. One that nobody has any more is garbage, unless an object that its guest holds as an externref refers to it.
 *
 * A guest that waits for a suspending host function ([Func.callSuspend]) takes no thread. Meanwhile, its memory and all else
 * can be used; other calls of guests stand in line until it ends.
 *
 * A virtual thread that waits for its turn leaves its carrier to others. Where guests may call the host, or wait by
 * WASI or in a shared memory, a platform thread runs the calls of a virtual thread, and also the host functions. The
 * virtual thread waits for it, and an interrupt of the one is an interrupt of the other. There are 256 such threads at
 * most, or as many as the system property `trimaran.virtualThreads` says. Further calls wait for one of them.
 *
 * With [Config.epochInterruption], [Thread.interrupt] ends the guest of a thread: the call throws
 * [InterruptedException]. So the cancellation of a coroutine works with `runInterruptible { }`. In every store, it also
 * ends the wait for a turn.
 */
public class Store private constructor(@get:JvmSynthetic internal val raw: Raw) :
    StoreLimiting(),
    AutoCloseable {
    private val pressure = NativePressure.made(this)

    /** What tables have given. */
    @get:JvmSynthetic
    internal val funcs = KnownFuncs()

    /** What a caller has found last. Threads may miss what another has just found. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    internal var found: FoundMemory? = null

    /** For virtual threads: one of them waits for another here, and not in native code. */
    @get:JvmSynthetic
    internal val turn = ReentrantLock()

    /** How long a virtual thread waits there, in milliseconds. */
    @get:JvmSynthetic
    @Volatile
    internal var patience = LONGEST_PATIENCE
        private set

    /** Whether guests may call the host, and so may wait for anything. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    @Volatile
    internal var callsHost = false

    /** Whether guests may call suspending host functions. */
    @get:JvmSynthetic
    @Volatile
    internal var suspends = false
        private set

    /** How many guests wait for their host functions. */
    @get:JvmSynthetic
    internal val resting = AtomicInteger()

    /** The suspending host functions, each at the place that is its number. */
    private val suspending = ArrayList<Suspending>()

    /** What guests may call, which the library does not keep alive; null once the store is closed. */
    private var hosts: ArrayList<HostCallback>? = ArrayList()

    /** The host functions that components may call, in the same way. */
    private val componentHosts: MutableSet<Any> = Collections.newSetFromMap(IdentityHashMap())

    /** What guests read of streams and futures, in the same way; null once the store is closed. */
    private var sources: MutableSet<ComponentHost>? = Collections.newSetFromMap(IdentityHashMap())

    /** The callbacks of [setWasi], in the same way. */
    private var callbacks: List<Any> = emptyList()

    /** What guests read that has to be closed; null once the store is. */
    private var readers: ArrayList<AutoCloseable>? = ArrayList()

    /** Any object that the host gives the store to carry, such as the state of host functions. */
    @Volatile
    public var data: Any? = null

    /** Makes an empty store, which carries [data]. */
    @JvmOverloads
    public constructor(engine: Engine, data: Any? = null) : this(new(engine)) {
        this.data = data
        callsHost = engine.hasWaits
        core(this) { NativeByHand.watch(raw.handle, this) }
    }

    /**
     * The fuel that is left, in units, 0 or more. A new value gives guests that much from now on. To read it never
     * waits: while another thread is in the store, it is the fuel that was left when the guest last called the host.
     * Fails with `Config` unless [Config.consumeFuel] is set, and with `Range` for a number below 0.
     */
    public var fuel: Long
        get() = core(this) { raw.fuel() }.toSize()
        set(fuel) = core(this) { raw.setFuel(natural(fuel, "the fuel")) }

    /**
     * Makes each call of a host function cost that much fuel, 0 or more, from now on. At first it costs nothing. A
     * guest that cannot pay traps with [TrapCode.OUT_OF_FUEL], and the store does not call the function. Fails with
     * `Config` unless [Config.consumeFuel] is set, and with `Range` for a number below 0.
     */
    public fun setHostCallFuel(fuel: Long): Unit = core(this) { raw.setHostCallFuel(natural(fuel, "the fuel")) }

    /** Whether the store is closed. */
    public val isClosed: Boolean
        get() = core { raw.isReleased() }

    /**
     * Lets guests run until the engine's epoch has advanced by [ticks]. Then they trap with [TrapCode.INTERRUPT]. At
     * first there is no such deadline. Fails with `Config` unless [Config.epochInterruption] is set, and with `Range`
     * for a number below 0.
     */
    public fun setEpochDeadline(ticks: Long): Unit = core(this) { raw.setEpochDeadline(ticks) }

    /**
     * Limits the time of each later run of a guest, from the outermost call or instantiation to its end. The time
     * begins when the caller is in the store. [Duration.INFINITE] is no limit, as at first. A guest that takes longer
     * traps with [WasmtimeException.TimeLimit], some 20 ms later at most.
     *
     * The limit takes effect in a guest's loops and calls, in an atomic wait, and in a sleep, a read or a write of WASI. It does
     * not interrupt a host function, but the function's time counts. Fails with `Config` unless
     * [Config.epochInterruption] is set, and with `Range` for a duration below 0.
     */
    @JvmSynthetic
    public fun setTimeout(timeout: Duration): Unit = limitRuns(timeout.milliseconds())

    /** Limits the time of each later run of a guest, as with a duration of Kotlin; null is no limit. */
    public fun setTimeout(timeout: JavaDuration?): Unit = limitRuns(timeout?.milliseconds())

    private fun limitRuns(milliseconds: Long?) {
        core(this) { raw.setTimeout(milliseconds?.let { time(it, "the timeout") }) }
        patience = minOf(milliseconds ?: LONGEST_PATIENCE, LONGEST_PATIENCE)
    }

    /**
     * Runs [block], and limits the time of all calls together that this thread makes into the store in it to [timeout].
     *
     * ```kotlin
     * val output = store.withDeadline(5.seconds) {
     *     val plugin = linker.instantiate(store, module)
     *     plugin.func(store, "run")(store)
     * }
     * ```
     *
     * Everything counts: waits for the store, guests, host functions, and the time between two calls. When the time is
     * over, the guest fails with [WasmtimeException.TimeLimit], and so does every later call of a guest.
     * [Duration.INFINITE] is no limit: then it only joins the calls, so that an [InterruptHandle] that somebody uses
     * between two of them ends the later ones. It does not affect other threads. Where deadlines lie in each other, the
     * earliest counts. For a virtual thread, a platform thread runs the whole block. Fails as [setTimeout] does.
     */
    @JvmSynthetic
    public fun <R> withDeadline(timeout: Duration, block: () -> R): R =
        limitedHere(timeout.milliseconds(), block)

    /** The same, as with a duration of Kotlin; null is no limit. What [block] throws comes out as it is. */
    public fun <R> withDeadline(timeout: JavaDuration?, block: Callable<R>): R =
        limitedHere(timeout?.milliseconds(), block::call)

    /** All of it on one platform thread, for a virtual one: the core knows the calls of a deadline by their thread. */
    private fun <R> limitedHere(milliseconds: Long?, block: () -> R): R {
        if (!Virtual.isCurrent()) return limited(milliseconds, block)
        // It fails at once where it would fail on any thread.
        limited(milliseconds) {}
        val begun = System.nanoTime()
        return onPlatformThread(milliseconds) {
            // Waiting for that thread counts as well.
            val waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)
            limited(milliseconds?.let { maxOf(it - waited, minOf(it, 0)) }, block)
        }
    }

    /** What [block] throws comes out as it is, and what the waiting fails with as of any call. */
    private fun <R> onPlatformThread(milliseconds: Long?, block: () -> R): R =
        try {
            Virtual.onPlatformThread(milliseconds, block)
        } catch (error: NativeException) {
            throw translated(error)
        }

    private inline fun <R> limited(milliseconds: Long?, block: () -> R): R {
        val deadline = core { raw.beginDeadline(milliseconds?.let { time(it, "the deadline") }) }
        try {
            return block()
        } finally {
            core { raw.endDeadline(deadline) }
        }
    }

    /**
     * Runs [block], and joins all calls that this thread makes into the store in it to one turn.
     *
     * ```kotlin
     * val total = store.inTurn {
     *     rows.sumOf { row -> add(store, row, 1) }
     * }
     * ```
     *
     * No other thread comes between the calls, and each call is a little faster, since the thread enters the store once
     * for all of them. Another thread waits as it waits for a call, and fails with `Busy` if the turn lasts for more
     * than 30 s without a guest that runs. Turns may lie in each other. A turn that a host function begins ends with
     * that function at the latest. For a virtual thread, a platform thread runs the whole block. Fails with `Busy` if
     * the thread may not enter the store, with `Closed` if the store is closed, and with what [block] throws.
     */
    @JvmSynthetic
    public fun <R> inTurn(block: () -> R): R =
        if (Virtual.isCurrent()) Virtual.inTurn(this) { turned(block) } else turned(block)

    /** The same, from Java. What [block] throws comes out as it is. */
    public fun <R> inTurn(block: Callable<R>): R = inTurn<R>(block::call)

    private inline fun <R> turned(block: () -> R): R {
        core(this) { raw.beginTurn() }
        try {
            return block()
        } finally {
            core { raw.endTurn() }
        }
    }

    /** A handle that stops the guest of this store from any thread. Fails with `Config` as [setTimeout] does. */
    public fun interruptHandle(): InterruptHandle = InterruptHandle.of(core(this) { raw.interruptHandle() })

    /**
     * Limits what guests may use from now on. This replaces all earlier limits. What exists already stays.
     *
     * Past a limit, `memory.grow` and `table.grow` give -1 in a guest, and trap with
     * [StoreLimits.trapOnGrowFailure]; growing from the host and instantiating fail with `Limit`. An instance that has
     * a shared memory, of its own or imported, whose maximum is greater than [StoreLimits.memorySize], fails with
     * `Limit`: a shared memory grows without its store.
     *
     * Fails with `Limit` if the store has such an instance already, with `Config` if [Config.wasmStackSwitching] lets
     * guests take memory that [StoreLimits.memorySize] would not bound, with `Busy` in a host function, and with
     * `Range` for a number below 0.
     */
    override fun setLimits(limits: StoreLimits): Unit = core(this) { raw.setLimits(limits.toRaw()) }

    /** The same, from Java: `store.setLimits(limits -> limits.memorySize(1 << 20).instances(10))`. */
    public fun setLimits(configure: UnaryOperator<StoreLimits.Builder>): Unit =
        setLimits(configure.apply(StoreLimits.builder()).build())

    /**
     * Says what guests of this store may do through WASI ([Linker.defineWasi]). This replaces everything that an
     * earlier call said. The call opens the files and directories, and fails with `Io`, which has the path, if it
     * cannot open one. Fails with `Config` if two directories have the same path for guests, with `Range` if
     * [WasiConfig.maxTransfer] is out of its range, and with `Limit` if the directories and the three standard streams
     * are more than [StoreLimits.fileDescriptors]. Then nothing has changed.
     */
    public fun setWasi(config: WasiConfig) {
        core(this, config) { raw.setWasi(config.toRaw(this)) }
        callsHost = true
        synchronized(raw) { if (hosts != null) callbacks = config.callbacks.toList() }
    }

    /** Says what guests may do through WASI, as in `store.setWasi { argv("program") }`. */
    @JvmSynthetic
    public fun setWasi(configure: WasiConfig.() -> Unit): Unit = setWasi(WasiConfig().apply(configure))

    /** Says what guests may do through WASI, from Java: `store.setWasi(wasi -> wasi.argv("program"))`. */
    public fun setWasi(configure: Consumer<WasiConfig>): Unit = setWasi(WasiConfig().also(configure::accept))

    /** Collects garbage now: references that nothing holds any more. */
    public fun gc(): Unit = core(this) { raw.gc() }

    /**
     * Closes the store, after the thread that is inside has left it. When this returns, the store's memory is free, and
     * every later use of the store or of its objects fails with `Closed`. Memory that a view shows ([Memory.view])
     * stays until the last view is gone. In a host function of this very store, its guests still return to their
     * callers first. A second `close` does nothing.
     *
     * `Thread.interrupt` ends the wait for another thread with an [InterruptedException], and a deadline
     * ([withDeadline]) ends it with [WasmtimeException.TimeLimit]. The store is closed then all the same, and its
     * memory is free when that thread has left it.
     */
    override fun close() {
        try {
            core(this) { raw.release() }
        } catch (interrupted: InterruptedException) {
            if (isClosed) throw interrupted
            // A virtual thread waits outside of the core, which closes the store at once for one that is interrupted.
            Thread.currentThread().interrupt()
            core { raw.release() }
        } finally {
            if (isClosed) letGo()
        }
    }

    /** Its number, which no other store of this process has, and whether it is closed. */
    override fun toString(): String =
        shown("Store") { " ${Owned.STORE.storeNumber(made(raw))}${if (isClosed) ", closed" else ""}" }

    private fun letGo() {
        NativePressure.closed(pressure)
        synchronized(raw) { readers.also { readers = null } }?.forEach(AutoCloseable::close)
        synchronized(raw) { sources.also { sources = null } }?.forEach(ComponentHost::gone)
        synchronized(raw) {
            hosts = null
            suspending.clear()
            callbacks = emptyList()
            componentHosts.clear()
        }
    }

    /** Has what a guest reads close with the store. */
    @JvmSynthetic
    internal fun keep(reader: AutoCloseable) {
        synchronized(raw) { readers?.add(reader) } ?: reader.close()
    }

    /** Keeps what guests may read, until they do so no more ([leaves]). */
    @JvmSynthetic
    internal fun readsFrom(source: ComponentHost) {
        if (source.isSuspending) suspends = true
        callsHost = true
        synchronized(raw) { sources?.add(source) }
    }

    /** No guest reads that any more. */
    @JvmSynthetic
    internal fun leaves(source: ComponentHost) {
        synchronized(raw) { sources?.remove(source) }
    }

    /** Keeps what components may call, as the body of a host function. */
    @JvmSynthetic
    internal fun keepHosts(all: List<ComponentHost>) {
        if (all.any { it.isSuspending }) suspends = true
        callsHost = true
        synchronized(raw) { if (hosts != null) componentHosts.addAll(all) }
    }

    /** Keeps the body of a host function until the store is closed, or is garbage itself. */
    @JvmSynthetic
    internal fun keep(host: HostCallback) {
        callsHost = true
        synchronized(raw) { hosts?.add(host) }
    }

    /** Keeps a suspending host function in the same way. Gives its number. */
    @JvmSynthetic
    internal fun keep(host: Suspending): Long {
        suspends = true
        return synchronized(raw) {
            suspending.add(host)
            suspending.lastIndex.toLong()
        }
    }

    /** The suspending host function of that number; null once the store is closed. */
    @JvmSynthetic
    internal fun suspending(number: Long): Suspending? = synchronized(raw) { suspending.getOrNull(number.toInt()) }

    private companion object {
        /** As long as the core waits for a thread that is in one host function, in milliseconds. */
        const val LONGEST_PATIENCE = 30_000L

        fun new(engine: Engine): Raw = NativePressure.withRoom { core(engine) { Raw(engine.raw) } }
    }
}
