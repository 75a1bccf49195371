import Testing
import Trimaran

@Suite("Stores")
struct StoreTests {
  @Test func closeTwice() throws {
    let store = try Store(testEngine())
    #expect(!store.isClosed)
    store.close()
    #expect(store.isClosed)
    store.close()
    let closed = WasmtimeError.closed(what: "store")
    #expect(throws: closed) { try store.gc() }
    #expect(throws: closed) { try store.fuel }
    #expect(throws: closed) { try store.setFuel(1) }
    #expect(throws: closed) { try store.setEpochDeadline(1) }
  }

  @Test func aScopeClosesItsStore() throws {
    struct Mine: Error {}
    let engine = try testEngine()
    var kept: [Store] = []
    let size = try engine.withStore { store in
      kept.append(store)
      return try Memory(store, MemoryType(Limits(2))).size(store)
    }
    #expect(size == 2)
    #expect(throws: Mine.self) {
      try engine.withStore { store in
        kept.append(store)
        throw Mine()
      }
    }
    #expect(kept.map(\.isClosed) == [true, true])
  }

  @Test func fuelIsUsedUp() throws {
    let guest = try Guest("(module (func (export \"spin\") (loop $again (br $again))))") { $0.consumeFuel = true }
    #expect(try guest.store.fuel == 0)
    try guest.store.setFuel(1_000)
    let error = failure { try guest.function("spin")(guest.store) }
    guard case .trap(.outOfFuel, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try guest.store.fuel == 0)
    try guest.store.setFuel(.max)
    #expect(try guest.store.fuel == .max)
  }

  @Test func fuelNeedsItsSetting() throws {
    let store = try Store(testEngine())
    #expect(throws: WasmtimeError.config(reason: "fuel needs an engine with consume_fuel")) { try store.fuel }
    #expect(throws: WasmtimeError.config(reason: "fuel needs an engine with consume_fuel")) { try store.setFuel(1) }
    #expect(throws: WasmtimeError.range(reason: "the epoch deadline is -1: expected 0 or more")) {
      try store.setEpochDeadline(-1)
    }
  }
}
