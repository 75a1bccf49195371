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
    /**
     * Makes limits in Java, where no parameter has a name: `StoreLimits.builder().memorySize(1 << 20).build()`. Each of
     * its methods gives another builder.
     */
    public class Builder internal constructor(private val limits: StoreLimits) {
        /** The limits. */
        public fun build(): StoreLimits = limits

        /** Sets [StoreLimits.memorySize]. */
        public fun memorySize(bytes: Long): Builder = Builder(limits.copy(memorySize = bytes))

        /** Sets [StoreLimits.tableElements]. */
        public fun tableElements(number: Long): Builder = Builder(limits.copy(tableElements = number))

        /** Sets [StoreLimits.instances]. */
        public fun instances(number: Long): Builder = Builder(limits.copy(instances = number))

        /** Sets [StoreLimits.tables]. */
        public fun tables(number: Long): Builder = Builder(limits.copy(tables = number))

        /** Sets [StoreLimits.memories]. */
        public fun memories(number: Long): Builder = Builder(limits.copy(memories = number))

        /** Sets [StoreLimits.fileDescriptors]. */
        public fun fileDescriptors(number: Long): Builder = Builder(limits.copy(fileDescriptors = number))

        /** Sets [StoreLimits.trapOnGrowFailure]. */
        public fun trapOnGrowFailure(traps: Boolean): Builder = Builder(limits.copy(trapOnGrowFailure = traps))
    }

    /** A builder that begins with these limits. */
    public fun toBuilder(): Builder = Builder(this)

    /** Other ways to limits. */
    public companion object {
        private const val serialVersionUID = 1L

        /** A builder that begins without a limit. */
        @JvmStatic
        public fun builder(): Builder = Builder(StoreLimits())

        /**
         * Limits for untrusted guests. `StoreLimits.untrusted().copy(memories = 1)` are the same limits, except for
         * one.
         */
        @JvmStatic
        public fun untrusted(): StoreLimits = core { untrustedLimits() }.toPublic()
    }
}
