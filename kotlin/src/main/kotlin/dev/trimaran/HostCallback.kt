package dev.trimaran

/**
 * The body of a host function, as the library calls it: by these names and types.
 *
 * `callId` is the number of the call, and is valid until the call returns. Numbers are passed by their bits, those of
 * 32 in the low half. The library keeps what a method throws, and the outer call throws it.
 *
 * It lies beside the public classes, and not with the internal ones: the compiler inlines classes that extend it into modules of
 * others, which see only what this module exports.
 *
 * @suppress It is no part of the API: only what the compiler inlines from the package extends it.
 */
@PublishedApi
internal abstract class HostCallback {
    // The one that fits is called for functions of numbers with up to four parameters and up to one result.

    open fun call0(callId: Long): Long = absent()

    open fun call1(callId: Long, a: Long): Long = absent()

    open fun call2(callId: Long, a: Long, b: Long): Long = absent()

    open fun call3(callId: Long, a: Long, b: Long, c: Long): Long = absent()

    open fun call4(callId: Long, a: Long, b: Long, c: Long, d: Long): Long = absent()

    /** For all other functions: [slots] are those of `Slots`, with the arguments before and the results after. */
    open fun callSlots(callId: Long, slots: LongArray): Unit = absent()

    private fun absent(): Nothing = error("the host function was called with other types than it was made for")
}
