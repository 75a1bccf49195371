package dev.trimaran

/**
 * The body of a suspending host function, as the package calls it.
 *
 * `callId` is the number of the call, and is valid until the call returns. [slots] are those of `Slots`, with the arguments
 * before and the results after: at least one.
 *
 * It lies here as [HostCallback] does, for what the compiler inlines.
 *
 * @suppress It is no part of the API: only what the compiler inlines from the package extends it.
 */
@PublishedApi
internal abstract class SuspendingCallback {
    abstract suspend fun call(callId: Long, slots: LongArray)
}

/** A suspending function of Kotlin over numbers, as guests call it: its type, and what gives its body for a store. */
@PublishedApi
internal class SuspendingHost(val type: FuncType, val body: (Store) -> SuspendingCallback)

/** The caller, where [T] is that, and otherwise the number in the first slot. */
@PublishedApi
internal inline fun <reified T : Any> callerOrSlot(store: Store, callId: Long, slots: LongArray): T =
    if (T::class.java == Caller::class.java) callerAs(store, callId) else slot(slots, 0)
