package dev.trimaran

import java.io.Serializable
import dev.trimaran.internal.ffi.Allocation as RawAllocation
import dev.trimaran.internal.ffi.PoolingConfig as RawPoolingConfig

/** Where instances get their memories and tables from. */
public sealed class Allocation : Serializable {
    /** From the system, when they are made. */
    public data object OnDemand : Allocation()

    /**
     * From a pool that is reserved, as addresses and not as memory, when the engine is made: instances are made faster, and
     * there is a limit to them.
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
    /** Fails with `Range` for a number below 0. */
    @JvmSynthetic
    internal fun toRaw(): RawPoolingConfig =
        RawPoolingConfig(
            totalCoreInstances = count(totalCoreInstances, "total_core_instances"),
            totalMemories = count(totalMemories, "total_memories"),
            totalTables = count(totalTables, "total_tables"),
            totalGcHeaps = count(totalGcHeaps, "total_gc_heaps"),
            maxCoreInstanceSize = size(maxCoreInstanceSize, "max_core_instance_size"),
            maxMemoriesPerModule = count(maxMemoriesPerModule, "max_memories_per_module"),
            maxTablesPerModule = count(maxTablesPerModule, "max_tables_per_module"),
            maxMemorySize = size(maxMemorySize, "max_memory_size"),
            tableElements = size(tableElements, "table_elements"),
            maxUnusedWarmSlots = count(maxUnusedWarmSlots, "max_unused_warm_slots"),
            linearMemoryKeepResident = size(linearMemoryKeepResident, "linear_memory_keep_resident"),
            tableKeepResident = size(tableKeepResident, "table_keep_resident"),
        )

    private companion object {
        private const val serialVersionUID = 1L
    }
}

private fun count(number: Int?, setting: String): UInt? = number?.let { natural(it.toLong(), setting).toUInt() }

@JvmSynthetic
internal fun size(number: Long?, setting: String): ULong? = number?.let { natural(it, setting) }

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

private fun RawPoolingConfig.toPublic(): PoolingConfig =
    PoolingConfig(
        totalCoreInstances = totalCoreInstances?.toInt(),
        totalMemories = totalMemories?.toInt(),
        totalTables = totalTables?.toInt(),
        totalGcHeaps = totalGcHeaps?.toInt(),
        maxCoreInstanceSize = maxCoreInstanceSize?.toSize(),
        maxMemoriesPerModule = maxMemoriesPerModule?.toInt(),
        maxTablesPerModule = maxTablesPerModule?.toInt(),
        maxMemorySize = maxMemorySize?.toSize(),
        tableElements = tableElements?.toSize(),
        maxUnusedWarmSlots = maxUnusedWarmSlots?.toInt(),
        linearMemoryKeepResident = linearMemoryKeepResident?.toSize(),
        tableKeepResident = tableKeepResident?.toSize(),
    )
