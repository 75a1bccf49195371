package dev.trimaran

import dev.trimaran.internal.ffi.untrustedLimits
import java.io.Serializable

/**
 * How much a store may have, all of its instances together. A property that is null has no limit. Each number is 0 or
 * more; a number below 0 fails with `Range`.
 *
 * Past a limit a guest's `memory.grow` and `table.grow` give -1. A call of the host fails with `Limit`.
 *
 * @property memorySize The greatest size of each memory, and of the store's heap of garbage-collected values, in
 *   bytes. Of a shared memory the maximum counts, because it grows without its store.
 * @property tableElements The greatest size of each table, in elements.
 * @property instances How many instances in all; each counts until the store is closed.
 * @property tables How many tables instances define in all. Those that the host makes do not count.
 * @property memories How many memories instances define in all. Those that the host makes do not count.
 * @property trapOnGrowFailure Whether a guest that cannot grow something fails with `Limit`. If not, it gets -1.
 * @property fileDescriptors How many file descriptors guests have of WASI at a time. The three standard streams and granted
 *   directories count; a guest that opens one more gets the error number `mfile`.
 */
public data class StoreLimits @JvmOverloads constructor(
    public val memorySize: Long? = null,
    public val tableElements: Long? = null,
    public val instances: Long? = null,
    public val tables: Long? = null,
    public val memories: Long? = null,
    public val trapOnGrowFailure: Boolean = false,
    public val fileDescriptors: Long? = null,
) : Serializable {
    /** Other ways to limits. */
    public companion object {
        private const val serialVersionUID = 1L

        /**
         * Limits for untrusted guests. `StoreLimits.untrusted().copy(memories = 1)` are the same limits, except for
         * one.
         */
        @JvmStatic
        public fun untrusted(): StoreLimits = core { untrustedLimits() }.toPublic()
    }
}
