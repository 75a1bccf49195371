import Testing
import Trimaran

/// Setting one option keeps every other option: every pair, in both orders.
@Suite("Settings beside each other")
struct SettingsTests {
  @Test func aBlockForLimitsChangesWhatItNames() throws {
    let all = Config.untrusted
    var made = Config.untrusted { $0.moduleLimits { $0.functions = 10 } }
    var wanted = try #require(all.moduleLimits)
    wanted.functions = 10
    #expect(made.moduleLimits == wanted)
    #expect(ModuleLimits.untrusted { $0.functions = 10 } == wanted)
    made.moduleLimits { $0.types = 3 }
    made.moduleLimits { $0.nesting = nil }
    wanted.types = 3
    wanted.nesting = nil
    #expect(made.moduleLimits == wanted)
    made.moduleLimits = all.moduleLimits
    #expect(made == all)
    #expect(ModuleLimits.untrusted == all.moduleLimits)
    // The engine has them all, and where there were none, there are those that were set.
    #expect(try Engine(.untrusted { $0.moduleLimits { $0.functions = 10 } }).config.moduleLimits?.types == 10_000)
    var plain = Config()
    plain.moduleLimits { $0.functions = 1 }
    #expect(plain.moduleLimits == ModuleLimits(functions: 1))
  }

  @Test func aBlockForAPoolChangesWhatItNames() {
    var made = Config()
    made.pooling { $0.totalMemories = 10 }
    made.pooling { $0.totalTables = 5 }
    let both = PoolingConfig {
      $0.totalMemories = 10
      $0.totalTables = 5
    }
    #expect(made.allocation == .pooling(both))
    made.allocation = .onDemand
    made.pooling { $0.totalTables = 6 }
    #expect(made.allocation == .pooling(PoolingConfig { $0.totalTables = 6 }))
  }

  @Test func limitsButForOne() throws {
    let guest = try Guest("(module (memory 1))")
    try guest.store.setLimits(.untrusted { $0.memories = 1 })
    #expect(failure { try Instance(guest.store, guest.module) } != nil)
    var wanted = StoreLimits.untrusted
    wanted.memories = 1
    #expect(StoreLimits.untrusted { $0.memories = 1 } == wanted)
  }

  /// What a value has, by name.
  private func fields<Value>(_ value: Value) -> [String: String] {
    Dictionary(uniqueKeysWithValues: Mirror(reflecting: value).children.map { ($0.label ?? "", "\($0.value)") })
  }

  /// Sets each pair in both orders. Every setting has to be here.
  private func everyPair<Value>(of base: Value, _ settings: [String: (inout Value) -> Void]) {
    #expect(Set(fields(base).keys) == Set(settings.keys))
    for (first, one) in settings {
      for (second, other) in settings where first != second {
        var alone = (base, base)
        one(&alone.0)
        other(&alone.1)
        var made = base
        one(&made)
        other(&made)
        let changes = [first: fields(alone.0)[first] ?? "", second: fields(alone.1)[second] ?? ""]
        let wanted = fields(base).merging(changes) { $1 }
        #expect(fields(made) == wanted, "\(first), then \(second)")
      }
    }
  }

  @Test func everyPairOfAConfiguration() {
    let settings: [String: (inout Config) -> Void] = [
      "debugInfo": { $0.debugInfo = true },
      "wasmBacktraceDetails": { $0.wasmBacktraceDetails = true },
      "coredumpOnTrap": { $0.coredumpOnTrap = true },
      "wasmThreads": { $0.wasmThreads = true },
      "wasmTailCall": { $0.wasmTailCall = true },
      "wasmReferenceTypes": { $0.wasmReferenceTypes = true },
      "wasmSIMD": { $0.wasmSIMD = true },
      "wasmBulkMemory": { $0.wasmBulkMemory = true },
      "wasmMultiValue": { $0.wasmMultiValue = true },
      "wasmMultiMemory": { $0.wasmMultiMemory = true },
      "wasmMemory64": { $0.wasmMemory64 = true },
      "wasmRelaxedSIMD": { $0.wasmRelaxedSIMD = true },
      "wasmRelaxedSIMDDeterministic": { $0.wasmRelaxedSIMDDeterministic = true },
      "wasmComponentModel": { $0.wasmComponentModel = true },
      "wasmComponentModelMap": { $0.wasmComponentModelMap = true },
      "wasmComponentModelAsync": { $0.wasmComponentModelAsync = true },
      "wasmComponentModelMoreAsyncBuiltins": { $0.wasmComponentModelMoreAsyncBuiltins = true },
      "wasmComponentModelAsyncStackful": { $0.wasmComponentModelAsyncStackful = true },
      "wasmComponentModelThreading": { $0.wasmComponentModelThreading = true },
      "wasmComponentModelFixedLengthLists": { $0.wasmComponentModelFixedLengthLists = true },
      "wasmExceptions": { $0.wasmExceptions = true },
      "wasmFunctionReferences": { $0.wasmFunctionReferences = true },
      "wasmGC": { $0.wasmGC = true },
      "wasmWideArithmetic": { $0.wasmWideArithmetic = true },
      "wasmCustomPageSizes": { $0.wasmCustomPageSizes = true },
      "wasmStackSwitching": { $0.wasmStackSwitching = true },
      "strategy": { $0.strategy = .cranelift },
      "craneliftDebugVerifier": { $0.craneliftDebugVerifier = true },
      "craneliftOptLevel": { $0.craneliftOptLevel = .speed },
      "craneliftNaNCanonicalization": { $0.craneliftNaNCanonicalization = false },
      "profiler": { $0.profiler = Config.ProfilingStrategy.none },
      "cache": { $0.cache = .standard },
      "epochInterruption": { $0.epochInterruption = false },
      "consumeFuel": { $0.consumeFuel = true },
      "parallelCompilation": { $0.parallelCompilation = true },
      "sharedMemory": { $0.sharedMemory = true },
      "maxWasmStack": { $0.maxWasmStack = 1 << 20 },
      "gcSupport": { $0.gcSupport = true },
      "collector": { $0.collector = .copying },
      "memoryMayMove": { $0.memoryMayMove = true },
      "memoryReservation": { $0.memoryReservation = 1 << 20 },
      "memoryGuardSize": { $0.memoryGuardSize = 1 << 20 },
      "memoryReservationForGrowth": { $0.memoryReservationForGrowth = 1 << 20 },
      "memoryInitCOW": { $0.memoryInitCOW = true },
      "nativeUnwindInfo": { $0.nativeUnwindInfo = true },
      "target": { $0.target = "pulley64" },
      "macOSUseMachPorts": { $0.macOSUseMachPorts = true },
      "signalsBasedTraps": { $0.signalsBasedTraps = true },
      "allocation": { $0.pooling { $0.totalTables = 5 } },
      "moduleLimits": { $0.moduleLimits { $0.functions = 7 } },
      "craneliftFlags": { $0.craneliftFlags.append(Config.CraneliftFlag("opt_level", "speed")) },
    ]
    everyPair(of: Config(), settings)
    everyPair(of: .untrusted, settings)
  }

  @Test func everyPairOfLimits() {
    let store: [String: (inout StoreLimits) -> Void] = [
      "memorySize": { $0.memorySize = 1 },
      "tableElements": { $0.tableElements = 2 },
      "instances": { $0.instances = 3 },
      "tables": { $0.tables = 4 },
      "memories": { $0.memories = 5 },
      "fileDescriptors": { $0.fileDescriptors = 6 },
      "trapOnGrowFailure": { $0.trapOnGrowFailure = true },
    ]
    everyPair(of: StoreLimits.untrusted, store)
    let module: [String: (inout ModuleLimits) -> Void] = [
      "size": { $0.size = 1 },
      "types": { $0.types = 2 },
      "functions": { $0.functions = 3 },
      "imports": { $0.imports = 4 },
      "exports": { $0.exports = 5 },
      "globals": { $0.globals = 6 },
      "locals": { $0.locals = 7 },
      "functionSize": { $0.functionSize = 8 },
      "nesting": { $0.nesting = 9 },
      "compileTime": { $0.compileTime = .seconds(3) },
    ]
    everyPair(of: ModuleLimits.untrusted, module)
  }
}
