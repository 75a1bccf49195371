@file:JvmSynthetic

package dev.trimaran

import dev.trimaran.internal.ffi.Cache as RawCache
import dev.trimaran.internal.ffi.Collector as RawCollector
import dev.trimaran.internal.ffi.Config as RawConfig
import dev.trimaran.internal.ffi.CraneliftFlag as RawCraneliftFlag
import dev.trimaran.internal.ffi.OptLevel as RawOptLevel
import dev.trimaran.internal.ffi.Profiler as RawProfiler
import dev.trimaran.internal.ffi.Strategy as RawStrategy

// A configuration on its way to the core and back.

/** Fails with `Range` for a size below 0. */
internal fun Config.toRaw(): RawConfig =
    RawConfig(
        debugInfo = debugInfo,
        wasmThreads = wasmThreads,
        wasmTailCall = wasmTailCall,
        wasmReferenceTypes = wasmReferenceTypes,
        wasmSimd = wasmSimd,
        wasmBulkMemory = wasmBulkMemory,
        wasmMultiValue = wasmMultiValue,
        wasmMultiMemory = wasmMultiMemory,
        wasmMemory64 = wasmMemory64,
        wasmRelaxedSimd = wasmRelaxedSimd,
        wasmRelaxedSimdDeterministic = wasmRelaxedSimdDeterministic,
        wasmComponentModel = wasmComponentModel,
        wasmComponentModelMap = wasmComponentModelMap,
        wasmExceptions = wasmExceptions,
        wasmFunctionReferences = wasmFunctionReferences,
        wasmGc = wasmGc,
        wasmWideArithmetic = wasmWideArithmetic,
        wasmCustomPageSizes = wasmCustomPageSizes,
        wasmStackSwitching = wasmStackSwitching,
        strategy = strategy?.toRaw(),
        craneliftDebugVerifier = craneliftDebugVerifier,
        craneliftOptLevel = craneliftOptLevel?.toRaw(),
        craneliftNanCanonicalization = craneliftNanCanonicalization,
        profiler = profiler?.toRaw(),
        cache = cache?.toRaw(),
        allocation = allocation?.toRaw(),
        moduleLimits = moduleLimits?.toRaw(),
        epochInterruption = epochInterruption,
        consumeFuel = consumeFuel,
        parallelCompilation = parallelCompilation,
        sharedMemory = sharedMemory,
        maxWasmStack = size(maxWasmStack, "max_wasm_stack"),
        gcSupport = gcSupport,
        collector = collector?.toRaw(),
        memoryMayMove = memoryMayMove,
        memoryReservation = size(memoryReservation, "memory_reservation"),
        memoryGuardSize = size(memoryGuardSize, "memory_guard_size"),
        memoryReservationForGrowth = size(memoryReservationForGrowth, "memory_reservation_for_growth"),
        memoryInitCow = memoryInitCow,
        nativeUnwindInfo = nativeUnwindInfo,
        target = target,
        macosUseMachPorts = macosUseMachPorts,
        signalsBasedTraps = signalsBasedTraps,
        craneliftFlags = craneliftFlags.map { RawCraneliftFlag(it.name, it.value) },
    )

internal fun RawConfig.toPublic(): Config {
    val raw = this
    return Config().apply {
        debugInfo = raw.debugInfo
        wasmThreads = raw.wasmThreads
        wasmTailCall = raw.wasmTailCall
        wasmReferenceTypes = raw.wasmReferenceTypes
        wasmSimd = raw.wasmSimd
        wasmBulkMemory = raw.wasmBulkMemory
        wasmMultiValue = raw.wasmMultiValue
        wasmMultiMemory = raw.wasmMultiMemory
        wasmMemory64 = raw.wasmMemory64
        wasmRelaxedSimd = raw.wasmRelaxedSimd
        wasmRelaxedSimdDeterministic = raw.wasmRelaxedSimdDeterministic
        wasmComponentModel = raw.wasmComponentModel
        wasmComponentModelMap = raw.wasmComponentModelMap
        wasmExceptions = raw.wasmExceptions
        wasmFunctionReferences = raw.wasmFunctionReferences
        wasmGc = raw.wasmGc
        wasmWideArithmetic = raw.wasmWideArithmetic
        wasmCustomPageSizes = raw.wasmCustomPageSizes
        wasmStackSwitching = raw.wasmStackSwitching
        strategy = raw.strategy?.let { Strategy.valueOf(it.name) }
        craneliftDebugVerifier = raw.craneliftDebugVerifier
        craneliftOptLevel = raw.craneliftOptLevel?.let { OptLevel.valueOf(it.name) }
        craneliftNanCanonicalization = raw.craneliftNanCanonicalization
        profiler = raw.profiler?.let { Profiler.valueOf(it.name) }
        cache = raw.cache?.toPublic()
        allocation = raw.allocation?.toPublic()
        moduleLimits = raw.moduleLimits?.toPublic()
        epochInterruption = raw.epochInterruption
        consumeFuel = raw.consumeFuel
        parallelCompilation = raw.parallelCompilation
        sharedMemory = raw.sharedMemory
        maxWasmStack = raw.maxWasmStack?.toSize()
        gcSupport = raw.gcSupport
        collector = raw.collector?.let { Collector.valueOf(it.name) }
        memoryMayMove = raw.memoryMayMove
        memoryReservation = raw.memoryReservation?.toSize()
        memoryGuardSize = raw.memoryGuardSize?.toSize()
        memoryReservationForGrowth = raw.memoryReservationForGrowth?.toSize()
        memoryInitCow = raw.memoryInitCow
        nativeUnwindInfo = raw.nativeUnwindInfo
        target = raw.target
        macosUseMachPorts = raw.macosUseMachPorts
        signalsBasedTraps = raw.signalsBasedTraps
        craneliftFlags = raw.craneliftFlags.map { CraneliftFlag(it.name, it.value) }
    }
}

private fun Strategy.toRaw(): RawStrategy = RawStrategy.valueOf(name)

private fun OptLevel.toRaw(): RawOptLevel = RawOptLevel.valueOf(name)

private fun Profiler.toRaw(): RawProfiler = RawProfiler.valueOf(name)

private fun Collector.toRaw(): RawCollector = RawCollector.valueOf(name)

private fun Cache.toRaw(): RawCache =
    when (this) {
        Cache.Standard -> RawCache.Standard
        is Cache.File -> RawCache.File(path)
    }

private fun RawCache.toPublic(): Cache =
    when (this) {
        RawCache.Standard -> Cache.Standard
        is RawCache.File -> Cache.File(path)
    }
