package dev.trimaran

import dev.trimaran.internal.FoundMemory
import dev.trimaran.internal.HostCallback
import dev.trimaran.internal.KnownFuncs
import dev.trimaran.internal.Lane
import dev.trimaran.internal.Living
import dev.trimaran.internal.Virtual
import java.util.concurrent.Callable
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.ReentrantLock
import kotlin.time.Duration
import dev.trimaran.internal.ffi.Store as Raw
import java.time.Duration as JavaDuration

/**
 * Holds instances and everything that they own: memories, tables, globals, functions, and those of the host as well.
 *
 * A store may be used from any thread, by one at a time: another thread waits for its turn. Objects of one
 * store do not work with another. Close a store to give its memory back at once.
 *
 * A virtual thread that waits for its turn leaves its carrier to others. Where guests may call the host, or wait by WASI or in
 * a shared memory, a call from a virtual thread runs on a platform thread, and so do the host functions; the virtual
 * thread waits for it, and an interrupt of the one is an interrupt of the other. There are 256 such threads at most, or as
 * many as the system property `trimaran.virtualThreads` says; more calls wait for one of them.
 *
 * With [Config.epochInterruption], a thread that is interrupted ([Thread.interrupt]) while its guest runs leaves it with an
 * [InterruptedException], and so a coroutine that is cancelled leaves `runInterruptible { }`. In every store, so does a thread
 * that waits for its turn.
 */
public class Store private constructor(@get:JvmSynthetic internal val raw: Raw) : AutoCloseable {
    private val living = Living.made(this)

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

    /** What guests may call, which the library does not keep alive; null once the store is closed. */
    private var hosts: ArrayList<HostCallback>? = ArrayList()

    /** The callbacks of [setWasi], in the same way. */
    private var callbacks: List<Any> = emptyList()

    /** What the host has given the store to carry, such as the state of its functions: any object. */
    @Volatile
    public var data: Any? = null

    /** Makes an empty store, which carries [data]. */
    @JvmOverloads
    public constructor(engine: Engine, data: Any? = null) : this(new(engine)) {
        this.data = data
        callsHost = engine.hasWaits
        core(this) { Lane.watch(raw.handle) }
    }

    /**
     * The fuel that is left, in units, 0 or more; setting it gives guests that much from now on. While another thread is in
     * the store, reading does not wait for that one: then it is what was left when the guest last called the host. Fails
     * with `Config` unless [Config.consumeFuel] is set, and with `Range` for a number below 0.
     */
    public var fuel: Long
        get() = core(this) { raw.fuel() }.toSize()
        set(fuel) = core(this) { raw.setFuel(natural(fuel, "the fuel")) }

    /**
     * Has guests pay so much fuel, 0 or more, for each call of a host function from now on; at first it is nothing. A
     * guest that cannot pay traps with [TrapCode.OUT_OF_FUEL], and the function is not called. Fails with `Config` unless
     * [Config.consumeFuel] is set, and with `Range` for a number below 0.
     */
    public fun setHostCallFuel(fuel: Long): Unit = core(this) { raw.setHostCallFuel(natural(fuel, "the fuel")) }

    /** Whether the store is closed. */
    public val isClosed: Boolean
        get() = core { raw.isReleased() }

    /**
     * Lets guests run until the engine's epoch has been incremented [ticks] times; then they trap with
     * [TrapCode.INTERRUPT]. At first there is no such deadline. Fails with `Config` unless [Config.epochInterruption] is set,
     * and with `Range` for a number below 0.
     */
    public fun setEpochDeadline(ticks: Long): Unit = core(this) { raw.setEpochDeadline(ticks) }

    /**
     * How long each later run of a guest may take, from the outermost call or instantiation to its end; the time begins when
     * the caller is in the store. [Duration.INFINITE] is for ever, as it is at first. A guest that takes longer traps with
     * [WasmtimeException.TimeLimit], some 20 ms later at most.
     *
     * It takes effect in a guest's loops and calls, in an atomic wait, and in a sleep or a read of WASI. A host function is not
     * interrupted, but what it takes counts. Fails with `Config` unless [Config.epochInterruption] is set, and with `Range` for a
     * duration below 0.
     */
    @JvmSynthetic
    public fun setTimeout(timeout: Duration): Unit = limitRuns(timeout.takeIf { it.isFinite() }?.inWholeMilliseconds)

    /** How long a run of a guest may take from now on, as by a duration of Kotlin; null is for ever. */
    public fun setTimeout(timeout: JavaDuration?): Unit = limitRuns(timeout?.milliseconds())

    private fun limitRuns(milliseconds: Long?) {
        core(this) { raw.setTimeout(milliseconds?.let { natural(it, "the timeout") }) }
        patience = minOf(milliseconds ?: LONGEST_PATIENCE, LONGEST_PATIENCE)
    }

    /**
     * Runs [block], in which all calls that this thread makes into the store have [timeout] together.
     *
     * ```kotlin
     * val output = store.withDeadline(5.seconds) {
     *     val plugin = linker.instantiate(store, module)
     *     plugin.func(store, "run")(store)
     * }
     * ```
     *
     * All of it counts: waiting for the store, guests, host functions, and what lies between two calls. A guest whose time is
     * over fails with [WasmtimeException.TimeLimit], and so does every later call of a guest. [Duration.INFINITE] is no time:
     * then it only makes the calls one, so that an [InterruptHandle] that is used between two of them ends the later ones.
     * Other threads are not affected. Deadlines may lie in each other: the earliest counts. For a virtual thread, a platform
     * thread runs the whole block. Fails as [setTimeout] does.
     */
    @JvmSynthetic
    public fun <R> withDeadline(timeout: Duration, block: () -> R): R =
        limitedHere(timeout.takeIf { it.isFinite() }?.inWholeMilliseconds, block)

    /** The same, as by a duration of Kotlin; null is no time. What [block] throws comes out as it is. */
    public fun <R> withDeadline(timeout: JavaDuration?, block: Callable<R>): R =
        limitedHere(timeout?.milliseconds(), block::call)

    /** All of it on one platform thread, for a virtual one: the core knows the calls of a deadline by their thread. */
    private fun <R> limitedHere(milliseconds: Long?, block: () -> R): R {
        if (!Virtual.isCurrent()) return limited(milliseconds, block)
        val begun = System.nanoTime()
        return Virtual.onPlatformThread {
            // Waiting for that thread counts as well.
            val waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)
            limited(milliseconds?.let { maxOf(it - waited, minOf(it, 0)) }, block)
        }
    }

    private inline fun <R> limited(milliseconds: Long?, block: () -> R): R {
        val deadline = core { raw.beginDeadline(milliseconds?.let { natural(it, "the deadline") }) }
        try {
            return block()
        } finally {
            core { raw.endDeadline(deadline) }
        }
    }

    /**
     * Runs [block], in which all calls that this thread makes into the store are one turn.
     *
     * ```kotlin
     * val total = store.inTurn {
     *     rows.sumOf { row -> add(store, row, 1) }
     * }
     * ```
     *
     * No other thread comes between them, and each is a little faster: the store is entered once for all of them. Another thread
     * that wants to enter waits as it waits for a call, and fails with `Busy` where the turn lasts for more than 30 s without a
     * guest that runs. Turns may lie in each other. One that a host function begins ends with it at the latest. For a virtual
     * thread, a platform thread runs the whole block. Fails with `Busy` where the store may not be entered, with `Closed` where it
     * is closed, and with what [block] throws.
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

    /** Something that stops the guest of this store from any thread. Fails with `Config` as [setTimeout] does. */
    public fun interruptHandle(): InterruptHandle = InterruptHandle.of(core(this) { raw.interruptHandle() })

    /**
     * Limits what the store may have from now on, instead of what was said before. What is there already stays. Fails with
     * `Range` for a number below 0.
     */
    public fun setLimits(limits: StoreLimits): Unit = core(this) { raw.setLimits(limits.toRaw()) }

    /**
     * Limits what the store may have from now on, as [StoreLimits] says, as in `store.setLimits(memorySize = 1 shl 20)`,
     * instead of what was said before: what is not named is not limited. To change one limit of some others, copy those:
     * `store.setLimits(StoreLimits.untrusted().copy(memories = 1))`.
     */
    @JvmSynthetic
    public fun setLimits(
        memorySize: Long? = null,
        tableElements: Long? = null,
        instances: Long? = null,
        tables: Long? = null,
        memories: Long? = null,
        trapOnGrowFailure: Boolean = false,
        fileDescriptors: Long? = null,
    ) {
        val limits =
            StoreLimits(memorySize, tableElements, instances, tables, memories, trapOnGrowFailure, fileDescriptors)
        setLimits(limits)
    }

    /**
     * Says what guests of this store may do through WASI ([Linker.defineWasi]), instead of what was said before. Files and
     * directories are opened now: fails with `Io`, which has the path, where one cannot be.
     */
    public fun setWasi(config: WasiConfig) {
        core(this, config) { raw.setWasi(config.toRaw()) }
        callsHost = true
        synchronized(raw) { if (hosts != null) callbacks = config.callbacks.toList() }
    }

    /** Says what guests may do through WASI, as in `store.setWasi { argv("program") }`. */
    public fun setWasi(configure: WasiConfig.() -> Unit): Unit = setWasi(WasiConfig().apply(configure))

    /** Collects garbage now: references that nobody holds any more. */
    public fun gc(): Unit = core(this) { raw.gc() }

    /**
     * Closes the store, after the thread that is inside has left it. When this returns, its memory is back, and
     * every later use of it or of what it held fails with `Closed`; only what is still viewed ([Memory.view]) stays
     * until the last view is gone. In a host function of this very store, its guests still return to their callers
     * first. Closing twice does nothing.
     *
     * While it waits for another thread, `Thread.interrupt` ends it with an [InterruptedException], and a deadline
     * ([withDeadline]) with [WasmtimeException.TimeLimit]. Then the store is closed all the same, and its memory is back when
     * that thread has left it.
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

    private fun letGo() {
        Living.closed(living)
        synchronized(raw) {
            hosts = null
            callbacks = emptyList()
        }
    }

    /** Keeps the body of a host function until the store is closed, or is garbage itself. */
    @JvmSynthetic
    internal fun keep(host: HostCallback) {
        callsHost = true
        synchronized(raw) { hosts?.add(host) }
    }

    private companion object {
        /** As long as the core waits for a thread that is in one host function, in milliseconds. */
        const val LONGEST_PATIENCE = 30_000L

        fun new(engine: Engine): Raw = Living.withRoom { core(engine) { Raw(engine.raw) } }
    }
}
