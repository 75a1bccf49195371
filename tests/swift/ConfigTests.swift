import Testing
import Trimaran

@Suite("Configurations and engines")
struct ConfigTests {
  @Test func aConfigurationIsAValue() throws {
    var one = Config()
    #expect(one == Config())
    one.wasmThreads = true
    var two = one
    two.wasmThreads = false
    #expect(one.wasmThreads == true && two.wasmThreads == false && one != two)
    #expect(Set([Config(), one, two, one]).count == 3)
  }

  @Test func everySwitchMakesAnEngineOrAnError() {
    let switches: [WritableKeyPath<Config, Bool?>] = [
      \.debugInfo, \.wasmThreads, \.wasmTailCall, \.wasmReferenceTypes, \.wasmSIMD, \.wasmBulkMemory,
      \.wasmMultiValue, \.wasmMultiMemory, \.wasmMemory64, \.wasmRelaxedSIMD, \.wasmRelaxedSIMDDeterministic,
      \.wasmComponentModel, \.wasmComponentModelMap,
      \.wasmComponentModelFixedLengthLists, \.wasmExceptions, \.wasmFunctionReferences, \.wasmGC,
      \.wasmWideArithmetic, \.wasmCustomPageSizes, \.wasmStackSwitching, \.craneliftDebugVerifier,
      \.craneliftNaNCanonicalization, \.epochInterruption, \.consumeFuel, \.parallelCompilation, \.sharedMemory,
      \.gcSupport, \.memoryMayMove, \.memoryInitCOW, \.nativeUnwindInfo, \.macOSUseMachPorts,
      \.signalsBasedTraps,
    ]
    for path in switches {
      for value in [true, false] {
        do {
          _ = try testEngine { $0[keyPath: path] = value }
        } catch {
          guard case .config? = error as? WasmtimeError else {
            Issue.record("\(path) \(value): \(error)")
            continue
          }
        }
      }
    }
  }

  @Test func theOtherSettings() throws {
    _ = try testEngine {
      $0.strategy = .cranelift
      $0.craneliftOptLevel = .speedAndSize
      $0.profiler = Config.ProfilingStrategy.none
      $0.collector = .deferredReferenceCounting
      $0.maxWasmStack = 256 << 10
      $0.memoryReservation = 1 << 20
      $0.memoryGuardSize = 1 << 16
      $0.memoryReservationForGrowth = 1 << 20
    }
  }

  @Test func settingsThatCannotBe() {
    let wrong: [(inout Config) -> Void] = [
      { $0.maxWasmStack = 0 },
      { $0.target = "abacus" },
      { $0.cache = .file(path: "/nowhere/cache.toml") },
      { $0.craneliftFlags = [Config.CraneliftFlag("no_such_flag")] },
      { $0.craneliftFlags = [Config.CraneliftFlag("no_such_flag", "7")] },
    ]
    for change in wrong {
      let error = failure { _ = try Engine(change) }
      guard case .config(let reason) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(!reason.isEmpty)
    }
  }

  @Test func theInterpreter() throws {
    #expect(try Engine { $0.target = "pulley64" }.isPulley)
    #expect(try Engine().isPulley == false)
    #expect(try testEngine().isPulley == isInterpreter)
  }

  @Test func afterClose() throws {
    let engine = try testEngine()
    let store = try Store(engine)
    let module = try Module(engine, "(module (func (export \"f\") (result i32) (i32.const 7)))")
    engine.close()
    engine.close()
    let closed = WasmtimeError.closed(what: "engine")
    #expect(throws: closed) { try engine.isPulley }
    #expect(throws: closed) { try engine.incrementEpoch() }
    #expect(throws: closed) { try Store(engine) }
    #expect(throws: closed) { try Module(engine, "(module)") }
    #expect(throws: closed) { try Module.validate(engine, "(module)") }
    #expect(throws: closed) { try SharedMemory(engine, MemoryType(Limits(1, 1))) }
    #expect(throws: closed) { try engine.withStore { _ in } }
    // What was made with it goes on.
    #expect(try Instance(store, module).function(store, "f")(store) == [.i32(7)])
  }

  @Test func theVersion() {
    #expect(Engine.version.split(separator: ".").count == 3)
  }

  @Test func anEngineKnowsItsConfiguration() throws {
    var config = Config()
    config.target = testTarget
    config.strategy = .cranelift
    config.craneliftOptLevel = .speedAndSize
    config.collector = .copying
    config.profiler = Config.ProfilingStrategy.none
    config.maxWasmStack = 256 << 10
    config.wasmTailCall = true
    config.craneliftFlags = [Config.CraneliftFlag("enable_verifier", "false")]
    config.moduleLimits = ModuleLimits(size: 1 << 20, nesting: 100, compileTime: .milliseconds(1_500))
    // A thousand memories of 4 GiB each are more addresses than ThreadSanitizer leaves.
    config.allocation = .pooling(
      PoolingConfig {
        $0.totalCoreInstances = 3
        $0.totalMemories = 3
      }
    )
    #expect(try Engine(config).config == config)
    config.allocation = .onDemand
    #expect(try Engine(config).config == config)
  }

  @Test func oneEngineForAConfiguration() throws {
    var config = Config()
    config.target = testTarget
    let (one, two) = (try Engine.shared(for: config), try Engine.shared(for: config))
    let module = try Module(one, "(module)")
    _ = try Instance(Store(two), module)
    let its = try module.engine
    #expect(one == two && its == one && Set([one, two, its]).count == 1)
    let (mine, other) = (try testEngine(), try testEngine())
    let again = try Module(mine, "(module)").engine
    #expect(mine != other && mine != one && again == mine)
    config.consumeFuel = true
    #expect(throws: WasmtimeError.self) { try Instance(Store(Engine.shared(for: config)), module) }
  }

  @Test func aPool() throws {
    let engine = try testEngine {
      $0.allocation = .pooling(
        PoolingConfig {
          $0.totalCoreInstances = 2
          $0.totalMemories = 2
          $0.totalTables = 2
          $0.maxMemorySize = 1 << 20
        }
      )
    }
    let module = try Module(engine, "(module (memory 1))")
    let stores = try (0..<2).map { _ in try Store(engine) }
    for store in stores { _ = try Instance(store, module) }
    guard case .limit? = failure({ try Instance(Store(engine), module) }) else {
      Issue.record("the pool has no end")
      return
    }
    stores[0].close()
    _ = try Instance(Store(engine), module)
  }

  @Test func aLimitForTheTimeOfCompiling() throws {
    let hasty = try testEngine { $0.moduleLimits = ModuleLimits(compileTime: .zero) }
    guard case .limit? = failure({ try Module(hasty, "(module)") }) else {
      Issue.record("there is no limit")
      return
    }
    #expect(Config.untrusted.moduleLimits?.compileTime == .seconds(10))
    let reason = "compile_time is -0.001 seconds: expected 0 or more"
    #expect(throws: WasmtimeError.range(reason: reason)) {
      try Engine { $0.moduleLimits = ModuleLimits(compileTime: .milliseconds(-1)) }
    }
  }
}
