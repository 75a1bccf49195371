import Foundation
import Testing
import Trimaran
import TrimaranFoundation

/// Instances of `tests/modules/shared_counter.wat`, a store each, over one shared memory.
struct Counters: Sendable {
  let engine: Engine
  let memory: SharedMemory
  let module: Module

  init() throws {
    engine = try testEngine { $0.wasmThreads = true }
    memory = try SharedMemory(engine, MemoryType(Limits(1, 5)))
    module = try Module(engine, fromFile: folder("modules").appendingPathComponent("shared_counter.wat").path)
  }

  /// What a new instance in `store` exports.
  func exports(_ store: Store) throws -> Exports {
    try Instance(store, module, [memory]).exports(store)
  }

  /// Returns when a guest is about to sleep at address 0, and so is inside its store.
  func waitUntilAsleep() throws {
    while try memory.read(at: 4, count: 1) == Data([0]) { sched_yield() }
  }

  /// Wakes the guest that sleeps at address 0, even if it does not sleep yet.
  func wake() throws {
    while try memory.notify(at: 0, count: 1) == 0 { sched_yield() }
  }
}

/// Twenty seconds in nanoseconds: far longer than a test takes.
private let long = 20_000_000_000

@Suite("Threads", .enabled(if: !isInterpreter, "wasmtime's interpreter has no threads"))
struct ThreadsTests {
  @Test func fourThreadsCountInOneMemory() throws {
    let counters = try Counters()
    let workers = (0..<4).map { _ in
      Worker {
        let store = try Store(counters.engine)
        try counters.exports(store).function("add")(store, 8, 20_000)
      }
    }
    for worker in workers { try worker.join() }
    let store = try Store(counters.engine)
    #expect(try counters.memory.asMemory(store).loadI32(store, at: 8) == 80_000)
  }

  @Test func theHostReadsAndWritesWhileAGuestCounts() throws {
    let counters = try Counters()
    let guest = Worker {
      let store = try Store(counters.engine)
      try counters.exports(store).function("add")(store, 0, 100_000)
    }
    let store = try Store(counters.engine)
    let view = try counters.memory.asMemory(store)
    var last: Int32 = 0
    repeat {
      try view.write(store, "beside the counter", at: 64)
      let now = try view.loadI32(store, at: 0)
      #expect(now >= last)
      last = now
    } while !guest.isFinished
    try guest.join()
    #expect(try view.readString(store, at: 64, count: 18) == "beside the counter")
    #expect(try view.loadI32(store, at: 0) == 100_000)
  }

  @Test func growthIsSeenByAll() throws {
    let counters = try Counters()
    let stores = try (0..<4).map { _ in try Store(counters.engine) }
    let sizes = try stores.map { store in (store, try counters.exports(store).function("size")) }
    let before: Int = try counters.exports(stores[0]).function("grow")(stores[0], 1)
    #expect(before == 1)
    let workers = sizes.map { store, size in Worker { try size(store) as Int } }
    #expect(try workers.map { try $0.join() } == [2, 2, 2, 2])
    #expect(try counters.memory.size == 2)
    #expect(try counters.memory.asMemory(stores[3]).dataLen(stores[3]) == 131_072)
  }

  @Test func aGuestWakesTheHostAndTheHostAGuest() throws {
    let counters = try Counters()
    let memory = counters.memory
    let host = Worker { try memory.wait32(at: 16, expected: 0, timeout: .seconds(20)) }
    let store = try Store(counters.engine)
    let notify = try counters.exports(store).function("notify")
    while try notify(store, 16, 1) as Int == 0 { sched_yield() }
    #expect(try host.join() == .ok)

    let guest = Worker {
      let store = try Store(counters.engine)
      return try counters.exports(store).function("sleep")(store, 0, long) as Int
    }
    try counters.wake()
    #expect(try guest.join() == 0)
  }

  @Test func aSecondThreadWaitsForTheCallToEnd() throws {
    let counters = try Counters()
    let store = try Store(counters.engine)
    let exports = try counters.exports(store)
    let (sleep, load) = (try exports.function("sleep"), try exports.function("load"))
    let first = Worker { try sleep(store, 0, long) as Int }
    try counters.waitUntilAsleep()
    // The guest sleeps in the store: this has to wait until it was woken.
    let second = Worker { try load(store, 4) as Int }
    Thread.sleep(forTimeInterval: 0.02)
    #expect(!second.isFinished)
    #expect(!first.isFinished)
    try counters.wake()
    #expect(try second.join() == 1)
    #expect(try first.join() == 0)
  }

  @Test func closeWaitsForTheCallOfAnotherThread() throws {
    let counters = try Counters()
    let store = try Store(counters.engine)
    let sleep = try counters.exports(store).function("sleep")
    let caller = Worker { try sleep(store, 0, long) as Int }
    try counters.waitUntilAsleep()
    let closer = Worker { store.close() }
    Thread.sleep(forTimeInterval: 0.02)
    #expect(!closer.isFinished)
    try counters.wake()
    #expect(try caller.join() == 0)
    try closer.join()
    #expect(throws: WasmtimeError.closed(what: "store")) { try sleep.type(store) }
  }

  @Test func aligned64BitNumbersAreNeverTorn() throws {
    let counters = try Counters()
    let writer = Worker {
      let store = try Store(counters.engine)
      let view = try counters.memory.asMemory(store)
      for round in 0..<5_000 { try view.storeU64(store, round.isMultiple(of: 2) ? 0 : .max, at: 8) }
    }
    let store = try Store(counters.engine)
    let view = try counters.memory.asMemory(store)
    while !writer.isFinished {
      let seen = try view.loadU64(store, at: 8)
      #expect(seen == 0 || seen == .max)
    }
    try writer.join()
  }
}

@Suite("One store, many threads")
struct OneStoreTests {
  private static let counting = """
    (module (global $n (mut i32) (i32.const 0))
      (func (export "next") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
    """

  @Test func eightThreadsUseOneStore() throws {
    let guest = try Guest(Self.counting)
    let workers = (0..<8).map { _ in
      Worker {
        let next = try guest.function("next")
        for _ in 0..<500 { try next(guest.store) }
      }
    }
    for worker in workers { try worker.join() }
    #expect(try guest.function("next")(guest.store) == [.i32(4_001)])
  }

  @Test func tasksUseOneStore() async throws {
    let guest = try Guest(Self.counting)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let next = try guest.function("next")
          for _ in 0..<100 { try next(guest.store) }
        }
      }
      try await group.waitForAll()
    }
    #expect(try guest.function("next")(guest.store) == [.i32(801)])
  }

  @Test func theLastReferenceMayGoOnAnyThread() throws {
    let engine = try testEngine()
    let module = try Module(engine, Self.counting)
    let workers = (0..<4).map { _ in
      Worker {
        for _ in 0..<50 {
          let store = try Store(engine)
          let next = try Instance(store, module).function(store, "next")
          try Worker { _ = try next(store) }.join()
        }
      }
    }
    for worker in workers { try worker.join() }
  }

  @Test func theEpochInterruptsAGuestFromAnotherThread() throws {
    let guest = try Guest("(module (func (export \"spin\") (loop $again (br $again))))") {
      $0.epochInterruption = true
    }
    try guest.store.setEpochDeadline(1)
    let spinner = Worker { failure { try guest.function("spin")(guest.store) } }
    while !spinner.isFinished { try guest.engine.incrementEpoch() }
    guard case .trap(let code, _, _, _) = try spinner.join() else {
      Issue.record("it did not trap")
      return
    }
    #expect(code == .interrupt)
  }

  @Test func aGuestThatRecursesTrapsOnEveryKindOfThread() async throws {
    let recurse = try recursion()
    #expect(try recurse() == "f")
    #expect(try await Task.detached(operation: recurse).value == "f")
    let queued = await withCheckedContinuation { done in
      DispatchQueue.global().async { done.resume(returning: try? recurse()) }
    }
    #expect(queued == "f")
    #expect(try Worker(stackSize: nil, recurse).join() == "f")
  }

  // Guests may use 512 KiB of stack, which these threads do not have.
  @Test(arguments: [128, 256, 512])
  func aGuestThatRecursesTrapsOnASmallStack(_ kibibytes: Int) throws {
    let recurse = try recursion()
    #expect(try Worker(stackSize: kibibytes << 10, recurse).join() == "f")
  }

  /// Has a guest recurse for ever, and gives the name of the function where its stack was used up.
  private func recursion() throws -> @Sendable () throws -> String? {
    let guest = try Guest("(module (func $f (export \"f\") (call $f)))")
    return {
      guard case .trap(.stackOverflow, _, _, let frames) = failure({ try guest.function("f")(guest.store) }) else {
        return nil
      }
      return frames.first?.funcName
    }
  }

  @Test func whatIsCalledLivesUntilItHasReturned() throws {
    let engine = try testEngine()
    let module = try Module(engine, Self.counting)
    // Nothing but the call itself refers to store and function.
    @Sendable func next() throws -> Int32 {
      let store = try Store(engine)
      return try Instance(store, module).function(store, "next").typed(store, as: (() -> Int32).self)(store)
    }
    let workers = (0..<4).map { _ in Worker { try (0..<200).map { _ in try next() } } }
    for worker in workers { #expect(try worker.join() == [Int32](repeating: 1, count: 200)) }
  }

  @Test func eightThreadsCallOneTypedFunction() throws {
    let guest = try Guest(Self.counting)
    let next = try guest.function("next").typed(guest.store, as: (() -> Int32).self)
    let workers = (0..<8).map { _ in Worker { for _ in 0..<2_000 { try next(guest.store) } } }
    for worker in workers { try worker.join() }
    #expect(try next(guest.store) == 16_001)
  }

  @Test func aStoreIsClosedWhileOthersCall() throws {
    let guest = try Guest(Self.counting)
    let next = try guest.function("next").typed(guest.store, as: (() -> Int32).self)
    let workers = (0..<4).map { _ in
      Worker { failure { while true { try next(guest.store) } } }
    }
    while try next(guest.store) < 1_000 {}
    guest.store.close()
    for worker in workers { #expect(try worker.join() == .closed(what: "store")) }
  }
}
