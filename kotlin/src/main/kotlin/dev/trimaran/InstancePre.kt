package dev.trimaran

import dev.trimaran.internal.LinkedHost
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativePressure
import dev.trimaran.internal.future
import dev.trimaran.internal.shown
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ForkJoinPool
import dev.trimaran.internal.ffi.InstancePre as Raw

/**
 * A module whose imports are found and checked: [Linker.instantiatePre] makes it. It may be instantiated any number of
 * times, on any thread. What its linker defines later does not change it.
 */
public class InstancePre private constructor(raw: Raw, private val hosts: List<LinkedHost>) : AutoCloseable {
    private val raw: Raw = raw
        get() = made(field)

    @Volatile
    private var isClosed = false

    /**
     * Makes an instance in [store], and runs the module's start function.
     *
     * Fails with `WrongStore` where an import belongs to another store, with `Limit` where the store has no room, and with
     * `Trap` where an initialiser or the start function traps.
     */
    public fun instantiate(store: Store): Instance {
        // Its module may have the imports of WASI.
        store.callsHost = true
        // The library has weak references to the functions.
        val made =
            core(this, store, hosts, runsGuests = true) {
                NativePressure.withRoomForGuest { raw.instantiate(store.raw) }
            }
        return Instance.of(made)
    }

    /**
     * Makes an instance in the caller's own coroutine: the module's start function may wait for suspending host functions
     * ([Linker.suspending]). Otherwise as [instantiate] and [Func.callSuspend].
     */
    @JvmSynthetic
    public suspend fun instantiateSuspend(store: Store): Instance {
        store.callsHost = true
        return Instance.started(store, this) { frame, run, call ->
            NativeByHand.startPrepared(raw.handle, store.raw.handle, run, call, frame)
        }
    }

    /** Makes an instance, for Java, and gives a future of it. Otherwise as [instantiate] and [Func.callFuture]. */
    public fun instantiateFuture(store: Store): CompletableFuture<Instance> =
        future(ForkJoinPool.commonPool()) { instantiateSuspend(store) }

    /** Closes it. Instances that it has made go on working. Closing twice does nothing. */
    override fun close() {
        core { raw.release() }
        isClosed = true
    }

    /** What it is, and whether it is closed. */
    override fun toString(): String = shown("InstancePre") { raw.run { if (isClosed) ", closed" else "" } }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw, hosts: List<LinkedHost>): InstancePre = InstancePre(raw, hosts)
    }
}
