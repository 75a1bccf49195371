import Foundation
import Testing
import Trimaran

/// Where guests spend their time.
struct ProfilerTests {
  private static let text = """
    (module
      (import "host" "sleep" (func $sleep))
      (func $work (param i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func $outer (export "outer") (param i32) (call $work (local.get 0)))
      (func $slow (export "slow") (call $sleep))
      (func $spin (export "spin") (loop (br 0))))
    """
  /// Some 20 ms or more.
  private static let work: Int32 = 50_000_000

  private struct Busy {
    let store: Store
    let instance: Instance

    init() throws {
      let engine = try testEngine { $0.epochInterruption = true }
      store = try Store(engine)
      let sleep = try Func(store) { Thread.sleep(forTimeInterval: 0.03) }
      instance = try Instance(store, Module(engine, ProfilerTests.text), [sleep])
    }

    func call(_ name: String) throws { try instance.function(store, name)(store) }
    func outer() throws { try instance.function(store, "outer")(store, ProfilerTests.work) }
  }

  private struct Profile: Decodable {
    struct Functions: Decodable { let name: [Int] }
    struct Samples: Decodable {
      let stack: [Int?]
      let weight: [Int]
    }
    struct Seen: Decodable {
      let funcTable: Functions
      let samples: Samples
      let stringArray: [String]
    }

    let threads: [Seen]

    init(_ json: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }

    var samples: Samples { threads[0].samples }
    var functions: Set<String> { Set(threads[0].funcTable.name.map { threads[0].stringArray[$0] }) }
  }

  @Test func aProfile() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("trimaran-\(UUID()).json").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let guest = try Busy()
    let profiler = try Profiler(guest.store)
    try guest.outer()
    // While it goes on as well.
    #expect(try Profile(profiler.json()).functions == ["outer", "work"])
    profiler.stop()
    let samples = profiler.samples
    #expect(samples > 0)
    // It has ended.
    try guest.outer()
    profiler.stop()
    #expect(profiler.samples == samples && profiler.lostSamples == 0)
    try profiler.save(toFile: file)
    let saved = try #require(FileManager.default.contents(atPath: file))
    #expect(try saved == Data(profiler.json().utf8))
    #expect(try Profile(profiler.json()).samples.stack.count == Int(samples))
    guard case .io? = failure({ try profiler.save(toFile: "/there/is/no/such/folder/profile.json") }) else {
      Issue.record("it wrote one")
      return
    }
  }

  @Test func hostFunctionsAndLimitsOfTime() throws {
    let guest = try Busy()
    try guest.store.setTimeout(.milliseconds(100))
    let profiler = try Profiler(guest.store, interval: .milliseconds(2))
    try guest.call("slow")
    #expect(try Profile(profiler.json()).samples.weight.reduce(0, +) >= 13)
    let trap = failure { try guest.call("spin") }
    guard case .trap(.interrupt, _, .timeLimit, _)? = trap else {
      Issue.record("\(String(describing: trap))")
      return
    }
    #expect(try Profile(profiler.json()).functions == ["slow", "spin"])
  }

  @Test func aBound() throws {
    let guest = try Busy()
    try guest.store.setTimeout(.milliseconds(200))
    let profiler = try Profiler(guest.store, maxSamples: 2)
    _ = failure { try guest.call("spin") }
    #expect(profiler.samples == 2 && profiler.lostSamples > 0)
  }

  @Test func whatCannotBeProfiled() throws {
    func isConfig(_ error: WasmtimeError?) -> Bool { if case .config? = error { true } else { false } }
    func isBusy(_ error: WasmtimeError?) -> Bool { if case .busy? = error { true } else { false } }
    func isRange(_ error: WasmtimeError?) -> Bool { if case .range? = error { true } else { false } }
    #expect(isConfig(failure { try Profiler(Store(testEngine())) }))
    let store = try Store(testEngine { $0.epochInterruption = true })
    do {
      let profiler = try Profiler(store)
      #expect(isBusy(failure { try Profiler(store) }))
      #expect(profiler.samples == 0)
    }
    // One that nothing refers to any more has ended.
    for interval in [Duration.zero, .milliseconds(-1), .seconds(61)] {
      #expect(isRange(failure { try Profiler(store, interval: interval) }))
    }
    for samples in [UInt64(0), 1_000_001] {
      #expect(isRange(failure { try Profiler(store, maxSamples: samples) }))
    }
    let kept = try Profiler(store)
    store.close()
    #expect(try Profile(kept.json()).functions == [])
    kept.stop()
    #expect(failure { try Profiler(store) } == .closed(what: "store"))
  }

  @Test func anotherThreadLooksAtAGuestThatRuns() throws {
    let guest = try Busy()
    let handle = try guest.store.interruptHandle()
    let running = Worker { failure { try guest.call("spin") } }
    let profiler = try Profiler(guest.store)
    while profiler.samples < 3 { Thread.sleep(forTimeInterval: 0.001) }
    profiler.stop()
    while !handle.interrupt() { Thread.sleep(forTimeInterval: 0.001) }
    guard case .trap? = try running.join() else {
      Issue.record("it went on")
      return
    }
    #expect(try Profile(profiler.json()).functions == ["spin"])
  }
}
