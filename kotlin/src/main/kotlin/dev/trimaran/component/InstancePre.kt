package dev.trimaran.component

import dev.trimaran.Store
import dev.trimaran.core
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.NativePressure
import dev.trimaran.internal.Running
import dev.trimaran.internal.component.ComponentHost
import dev.trimaran.internal.component.ComponentRunning
import dev.trimaran.internal.future
import dev.trimaran.internal.keepReachable
import dev.trimaran.internal.shown
import dev.trimaran.made
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ForkJoinPool
import dev.trimaran.internal.ffi.ComponentInstance as RawInstance
import dev.trimaran.internal.ffi.ComponentInstancePre as Raw
import dev.trimaran.internal.ffi.ComponentServing as RawServing

/**
 * A component whose imports are found: [Linker.instantiatePre] makes it. It may be instantiated any number of times, on
 * any thread. What its linker defines later does not change it.
 */
public class InstancePre private constructor(raw: Raw, private val hosts: List<ComponentHost>) : AutoCloseable {
    private val raw: Raw = raw
        get() = made(field)

    @Volatile
    private var isClosed = false

    /** Makes an instance in [store], and runs its start functions. Fails as [Linker.instantiate] does. */
    public fun instantiate(store: Store): Instance {
        // The library has weak references to the functions.
        store.keepHosts(hosts)
        val made =
            core(this, store, runsGuests = true) {
                NativePressure.withRoomForGuest { raw.instantiate(store.raw) }
            }
        return Instance.of(made)
    }

    /**
     * Makes an instance in the caller's own coroutine: its start functions may wait for suspending host functions
     * ([LinkerInstance.suspending]). Otherwise as [instantiate] and [Func.callSuspend].
     */
    @JvmSynthetic
    public suspend fun instantiateSuspend(store: Store): Instance {
        store.keepHosts(hosts)
        val frame = Running.frame(1)
        Running.toEnd(store, frame, { ComponentRunning(store, it, frame) }) { run, call ->
            NativePressure.withRoomForGuest {
                NativeByHand.startComponent(raw.handle, store.raw.handle, run, call, frame)
            }
        }
        keepReachable(this)
        return Instance.of(RawInstance(frame[0]))
    }

    /** Makes an instance, for Java, and gives a future of it. Otherwise as [instantiate] and [Func.callFuture]. */
    public fun instantiateFuture(store: Store): CompletableFuture<Instance> =
        future(ForkJoinPool.commonPool()) { instantiateSuspend(store) }

    /** Fails with `NotFound` unless the component answers HTTP requests, and with `Closed` where this is closed. */
    @JvmSynthetic
    internal fun checkHandler(): Unit = core(this) { raw.checkHandler() }

    /** Has an instance of its own answer a request. */
    @JvmSynthetic
    internal fun serve(serving: RawServing, store: Store) {
        store.keepHosts(hosts)
        core(this, store, serving, runsGuests = true) {
            NativePressure.withRoomForGuest { serving.run(raw, store.raw) }
        }
    }

    /** Closes it. Instances that it has made go on working. Closing twice does nothing. */
    override fun close() {
        core { raw.release() }
        isClosed = true
    }

    /** What it is, and whether it is closed. */
    override fun toString(): String = shown("InstancePre") { raw.run { if (isClosed) ", closed" else "" } }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw, hosts: List<ComponentHost>): InstancePre = InstancePre(raw, hosts)
    }
}
