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

  @Test func aClosedEngineSaysNothing() throws {
    let engine = try testEngine { $0.consumeFuel = true }
    let module = try Module(engine, "(module)")
    engine.close()
    #expect(throws: WasmtimeError.closed(what: "engine")) { try engine.config }
    // What was made with it goes on working, and travels with the configuration.
    #expect(try Module(unpack: module.pack()).engine.config.consumeFuel == true)
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

  @Test func itKeepsDataOfTheHost() throws {
    let engine = try testEngine()
    #expect(try Store(engine).data == nil)
    weak var seen: Seen?
    let store: Store
    do {
      let mine = Seen()
      seen = mine
      store = try Store(engine, data: mine)
      #expect(store.data as? Seen === mine)
    }
    #expect(seen != nil)
    store.data = 7
    #expect(seen == nil && store.data as? Int == 7)
    do {
      let mine = Seen()
      seen = mine
      // Data that refers to its own store goes when that is closed.
      store.data = [mine, store] as [any Sendable]
    }
    #expect(seen != nil)
    store.close()
    #expect(seen == nil && store.data == nil)
    // It keeps nothing any more.
    store.data = 7
    #expect(store.data == nil)
  }

  @Test func hostFunctionsFindTheData() throws {
    let store = try Store(testEngine(), data: 40)
    let host = try Func(store) { (caller: borrowing Caller, a: Int32) -> Int32 in
      a + Int32(caller.store.data as? Int ?? 0)
    }
    #expect(try host(store, 2) == [.i32(42)])
  }

  @Test func limits() throws {
    let store = try Store(testEngine())
    let memory = try Memory(store, MemoryType(Limits(1)))
    try store.setLimits(memorySize: 2 << 16, memories: 2)
    try memory.grow(store, by: 1)
    guard case .limit? = failure({ try memory.grow(store, by: 1) }) else {
      Issue.record("there is no limit")
      return
    }
    #expect(try memory.size(store) == 2)
    try store.setLimits(StoreLimits())
    try memory.grow(store, by: 1)
    #expect(StoreLimits(tables: 1) != StoreLimits(memories: 1))
  }
}
