package dev.trimaran

import java.io.Serializable
import dev.trimaran.internal.ffi.Allocation as RawAllocation

/** Where instances get their memories and tables from. */
public sealed class Allocation : Serializable {
    /** From the system, when they are made. */
    public data object OnDemand : Allocation()

    /**
     * From a pool that is reserved, as addresses and not as memory, when the engine is made: instances are made faster.
     * The pool limits how many instances exist.
     *
     * @property pooling How much room there is.
     */
    public data class Pooling(public val pooling: PoolingConfig) : Allocation()
}

/**
 * How much room a pool has ([Config.pooling]). What is null keeps the default of wasmtime 48; each number is 0 or more.
 *
 * @property totalCoreInstances How many instances there can be at once, in all stores of the engine.
 * @property totalMemories How many memories there can be at once.
 * @property totalTables How many tables there can be at once.
 * @property totalGcHeaps How many heaps for garbage-collected values there can be at once: one a store that needs one.
 * @property maxCoreInstanceSize What an instance needs at most for itself, in bytes.
 * @property maxMemoriesPerModule How many memories a module may define.
 * @property maxTablesPerModule How many tables a module may define.
 * @property maxMemorySize The greatest size of a memory, in bytes.
 * @property tableElements The greatest size of a table, in elements.
 * @property maxUnusedWarmSlots How many places are kept as they were for the module that used them last.
 * @property linearMemoryKeepResident How many bytes of a memory stay with the process when its instance goes.
 * @property tableKeepResident How many bytes of a table stay with the process when its instance goes.
 */
public data class PoolingConfig @JvmOverloads constructor(
    public var totalCoreInstances: Int? = null,
    public var totalMemories: Int? = null,
    public var totalTables: Int? = null,
    public var totalGcHeaps: Int? = null,
    public var maxCoreInstanceSize: Long? = null,
    public var maxMemoriesPerModule: Int? = null,
    public var maxTablesPerModule: Int? = null,
    public var maxMemorySize: Long? = null,
    public var tableElements: Long? = null,
    public var maxUnusedWarmSlots: Int? = null,
    public var linearMemoryKeepResident: Long? = null,
    public var tableKeepResident: Long? = null,
) : Serializable {
    // From Java, which makes a `long` of an `int`, and no `Long`.

    /** Sets [maxCoreInstanceSize], from Java. */
    public fun setMaxCoreInstanceSize(maxCoreInstanceSize: Long) {
        this.maxCoreInstanceSize = maxCoreInstanceSize
    }

    /** Sets [maxMemorySize], from Java. */
    public fun setMaxMemorySize(maxMemorySize: Long) {
        this.maxMemorySize = maxMemorySize
    }

    /** Sets [tableElements], from Java. */
    public fun setTableElements(tableElements: Long) {
        this.tableElements = tableElements
    }

    /** Sets [linearMemoryKeepResident], from Java. */
    public fun setLinearMemoryKeepResident(linearMemoryKeepResident: Long) {
        this.linearMemoryKeepResident = linearMemoryKeepResident
    }

    /** Sets [tableKeepResident], from Java. */
    public fun setTableKeepResident(tableKeepResident: Long) {
        this.tableKeepResident = tableKeepResident
    }

    private companion object {
        private const val serialVersionUID = 1L
    }
}

@JvmSynthetic
internal fun Allocation.toRaw(): RawAllocation =
    when (this) {
        Allocation.OnDemand -> RawAllocation.OnDemand
        is Allocation.Pooling -> RawAllocation.Pooling(pooling.toRaw())
    }

@JvmSynthetic
internal fun RawAllocation.toPublic(): Allocation =
    when (this) {
        RawAllocation.OnDemand -> Allocation.OnDemand
        is RawAllocation.Pooling -> Allocation.Pooling(pooling.toPublic())
    }
