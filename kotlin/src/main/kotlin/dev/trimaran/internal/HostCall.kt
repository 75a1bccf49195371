package dev.trimaran.internal

import dev.trimaran.Store
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn

/**
 * A call of a suspending host function by a guest of [store], which waits for it. The function has it in its coroutine
 * context, and its calls into the store go by it: they go on top of the guest that waits, and not behind it.
 *
 * [run] and [call] are the numbers of the guest's run and of the call. [outer] is the host call that the guest was called in.
 */
internal class HostCall(private val store: Store, val run: Long, val call: Long, private val outer: HostCall?) :
    AbstractCoroutineContextElement(Key) {
    /** The innermost one of that store, of this and those around it. */
    fun of(store: Store): HostCall? = generateSequence(this) { it.outer }.firstOrNull { it.store === store }

    /** Runs the host function in the coroutine that calls this, as a part of it. */
    suspend fun <T> run(function: suspend () -> T): T =
        suspendCoroutineUninterceptedOrReturn { waiting ->
            val inner = Coroutines.found.within(waiting.context, this)
            work { function.startCoroutineUninterceptedOrReturn(Completion(inner, waiting)) }
        }

    /** What goes on after the function, in the context that was there before it. */
    private class Completion<T>(override val context: CoroutineContext, private val waiting: Continuation<T>) :
        Continuation<T> {
        override fun resumeWith(result: Result<T>): Unit =
            waiting.context[Key].work { waiting.resumeWith(result) }
    }

    /** Does [work], which may call the store, natively as a part of this host call. */
    fun <R> native(work: () -> R): R {
        val numbers = longArrayOf(Owned.STORE.storeNumber(store.raw), run, call)
        NativeByHand.swapWork(numbers)
        try {
            return work()
        } finally {
            NativeByHand.swapWork(numbers)
        }
    }

    companion object Key : CoroutineContext.Key<HostCall> {
        private val current = ThreadLocal<HostCall?>()

        /** The one that this thread works for. */
        fun current(): HostCall? = current.get()

        /** From now on, this thread works for that one. Gives the one before. */
        fun swap(call: HostCall?): HostCall? {
            val before = current.get()
            if (call == null) current.remove() else current.set(call)
            return before
        }
    }
}

/** Does [work] on this thread for that host call, or for none. */
internal inline fun <R> HostCall?.work(work: () -> R): R {
    val before = HostCall.swap(this)
    try {
        return work()
    } finally {
        HostCall.swap(before)
    }
}

/** Whether this thread may work for a host call of the store that is among the arguments. */
internal fun worksFor(argument: Any?, another: Any?, third: Any?): Boolean {
    val store = argument as? Store ?: another as? Store ?: third as? Store
    return store != null && store.suspends && HostCall.current() != null
}

/** Calls the core for a virtual thread, or for a thread that may work for a host call. The store is among the arguments. */
internal fun <R> enter(argument: Any?, another: Any?, third: Any?, runsGuests: Boolean, call: () -> R): R {
    val store = argument as? Store ?: another as? Store ?: third as? Store ?: return call()
    val host = if (runsGuests) HostCall.current()?.of(store) else null
    val work = if (host == null) call else ({ host.native(call) })
    return if (Virtual.isCurrent()) Virtual.call(store, runsGuests, host != null, work) else work()
}
