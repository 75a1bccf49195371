// Configurations on their way to the core and back.

extension Config {
  #if os(iOS) || os(tvOS) || os(watchOS) || os(visionOS)
    /// Apps may not generate code there: guests run on the interpreter.
    private static let defaultTarget: String? = "pulley64"
  #else
    private static let defaultTarget: String? = nil
  #endif

  init(_ core: Core.Config) {
    debugInfo = core.debugInfo
    wasmThreads = core.wasmThreads
    wasmTailCall = core.wasmTailCall
    wasmReferenceTypes = core.wasmReferenceTypes
    wasmSIMD = core.wasmSimd
    wasmBulkMemory = core.wasmBulkMemory
    wasmMultiValue = core.wasmMultiValue
    wasmMultiMemory = core.wasmMultiMemory
    wasmMemory64 = core.wasmMemory64
    wasmRelaxedSIMD = core.wasmRelaxedSimd
    wasmRelaxedSIMDDeterministic = core.wasmRelaxedSimdDeterministic
    wasmComponentModel = core.wasmComponentModel
    wasmComponentModelMap = core.wasmComponentModelMap
    wasmExceptions = core.wasmExceptions
    wasmFunctionReferences = core.wasmFunctionReferences
    wasmGC = core.wasmGc
    wasmWideArithmetic = core.wasmWideArithmetic
    wasmCustomPageSizes = core.wasmCustomPageSizes
    wasmStackSwitching = core.wasmStackSwitching
    strategy = core.strategy.map(Strategy.init)
    craneliftDebugVerifier = core.craneliftDebugVerifier
    craneliftOptLevel = core.craneliftOptLevel.map(OptLevel.init)
    craneliftNaNCanonicalization = core.craneliftNanCanonicalization
    profiler = core.profiler.map(Profiler.init)
    cache = core.cache.map(Cache.init)
    epochInterruption = core.epochInterruption
    consumeFuel = core.consumeFuel
    parallelCompilation = core.parallelCompilation
    sharedMemory = core.sharedMemory
    maxWasmStack = core.maxWasmStack
    gcSupport = core.gcSupport
    collector = core.collector.map(Collector.init)
    memoryMayMove = core.memoryMayMove
    memoryReservation = core.memoryReservation
    memoryGuardSize = core.memoryGuardSize
    memoryReservationForGrowth = core.memoryReservationForGrowth
    memoryInitCOW = core.memoryInitCow
    nativeUnwindInfo = core.nativeUnwindInfo
    target = core.target
    macOSUseMachPorts = core.macosUseMachPorts
    signalsBasedTraps = core.signalsBasedTraps
    allocation = core.allocation.map(Allocation.init)
    moduleLimits = core.moduleLimits.map(ModuleLimits.init)
    craneliftFlags = core.craneliftFlags.map(CraneliftFlag.init)
  }

  var core: Core.Config {
    get throws(WasmtimeError) {
      try Core.Config(
        debugInfo: debugInfo,
        wasmThreads: wasmThreads,
        wasmTailCall: wasmTailCall,
        wasmReferenceTypes: wasmReferenceTypes,
        wasmSimd: wasmSIMD,
        wasmBulkMemory: wasmBulkMemory,
        wasmMultiValue: wasmMultiValue,
        wasmMultiMemory: wasmMultiMemory,
        wasmMemory64: wasmMemory64,
        wasmRelaxedSimd: wasmRelaxedSIMD,
        wasmRelaxedSimdDeterministic: wasmRelaxedSIMDDeterministic,
        wasmComponentModel: wasmComponentModel,
        wasmComponentModelMap: wasmComponentModelMap,
        wasmExceptions: wasmExceptions,
        wasmFunctionReferences: wasmFunctionReferences,
        wasmGc: wasmGC,
        wasmWideArithmetic: wasmWideArithmetic,
        wasmCustomPageSizes: wasmCustomPageSizes,
        wasmStackSwitching: wasmStackSwitching,
        strategy: strategy?.core,
        craneliftDebugVerifier: craneliftDebugVerifier,
        craneliftOptLevel: craneliftOptLevel?.core,
        craneliftNanCanonicalization: craneliftNaNCanonicalization,
        profiler: profiler?.core,
        cache: cache?.core,
        epochInterruption: epochInterruption,
        consumeFuel: consumeFuel,
        parallelCompilation: parallelCompilation,
        sharedMemory: sharedMemory,
        maxWasmStack: maxWasmStack,
        gcSupport: gcSupport,
        collector: collector?.core,
        memoryMayMove: memoryMayMove,
        memoryReservation: memoryReservation,
        memoryGuardSize: memoryGuardSize,
        memoryReservationForGrowth: memoryReservationForGrowth,
        memoryInitCow: memoryInitCOW,
        nativeUnwindInfo: nativeUnwindInfo,
        target: target ?? Self.defaultTarget,
        macosUseMachPorts: macOSUseMachPorts,
        signalsBasedTraps: signalsBasedTraps,
        allocation: allocation?.core,
        moduleLimits: moduleLimits?.core,
        craneliftFlags: craneliftFlags.map(\.core)
      )
    }
  }
}
