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
