package dev.trimaran

/**
 * The body of a host function, as the library calls it: by these names and types.
 *
 * A pass names the call for as long as it lasts. Numbers are passed by their bits, those of 32 in the low half. What a
 * method throws is kept by the library, and comes out of the outer call.
 *
 * It lies beside the public classes, and not with the internal ones: the compiler inlines classes that extend it into modules of
 * others, which see only what this module exports.
 *
 * @suppress It is no part of the API: only what the compiler inlines from the package extends it.
 */
@PublishedApi
internal abstract class HostCallback {
    // The one that fits is called for functions of numbers with up to four parameters and up to one result.

    open fun call0(pass: Long): Long = absent()

    open fun call1(pass: Long, a: Long): Long = absent()

    open fun call2(pass: Long, a: Long, b: Long): Long = absent()

    open fun call3(pass: Long, a: Long, b: Long, c: Long): Long = absent()

    open fun call4(pass: Long, a: Long, b: Long, c: Long, d: Long): Long = absent()

    /** For all other functions: [slots] are those of `Slots`, with the arguments before and the results after. */
    open fun callSlots(pass: Long, slots: LongArray): Unit = absent()

    private fun absent(): Nothing = error("the host function was called with other types than it was made for")
}
