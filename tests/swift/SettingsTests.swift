import Testing
import Trimaran

/// No setting undoes another one.
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
}
