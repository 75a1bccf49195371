import Synchronization
import Testing
import Trimaran

/// Events: what a listener is told, and that it changes nothing.
struct EventsTests {
  private static let text = """
    (module $sums
      (import "env" "tick" (func $tick))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "ticks") (call $tick))
      (func (export "trap") unreachable))
    """

  /// What a listener was told.
  final class Told: Sendable {
    private let kept = Mutex<[Event]>([])
    var events: [Event] { kept.withLock { $0 } }

    func hear(_ event: Event) { kept.withLock { $0.append(event) } }
  }

  /// An engine with such a listener.
  private struct Heard: Sendable {
    let engine: Engine
    let told = Told()
    var events: [Event] { told.events }
    var kinds: [String] { events.map { "\($0.kind) \($0.name ?? "-")" } }

    init(calls: Bool = false) throws {
      engine = try testEngine()
      try engine.setListener(calls: calls) { [told] in told.hear($0) }
    }

    func instance(_ tick: @escaping @Sendable () -> Void = {}) throws -> (Store, Instance) {
      let (module, store) = (try Module(engine, EventsTests.text), try Store(engine))
      return (store, try Instance(store, module, [try Func(store) { tick() }]))
    }
  }

  private static func add(_ store: Store, _ instance: Instance) throws {
    let sum: Int32 = try instance.function(store, "add")(store, Int32(1), Int32(2))
    #expect(sum == 3)
  }

  private static func trap(_ store: Store, _ instance: Instance) {
    #expect(throws: WasmtimeError.self) { try instance.function(store, "trap")(store) }
  }

  @Test func aListenerIsToldOfModulesInstancesAndTraps() throws {
    let heard = try Heard()
    let (store, instance) = try heard.instance()
    try Self.add(store, instance)
    Self.trap(store, instance)
    #expect(heard.kinds == ["compile sums", "instantiate sums", "trap -"])
    let events = heard.events
    #expect(events[0].size == UInt64(Self.text.utf8.count) && events[0].error == nil && events[0].duration > .zero)
    #expect("\(events[0])".hasPrefix("compiled sums, \(Self.text.utf8.count) bytes, in "))
    #expect(events[1].size == nil)
    #expect("\(events[2])" == "a guest trapped: \(events[2].error ?? "")")
  }

  @Test func whatFailsIsToldWithItsError() throws {
    let heard = try Heard()
    do {
      _ = try Module(heard.engine, [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 11] as [UInt8])
      Issue.record("there is no such section")
    } catch {
      #expect(heard.events.map(\.error) == ["\(error)"])
    }
  }

  @Test func callsAreToldWhereTheyAreWanted() async throws {
    let heard = try Heard(calls: true)
    let (store, instance) = try heard.instance()
    try Self.add(store, instance)
    Self.trap(store, instance)
    #expect(heard.kinds.dropFirst(2) == ["call add", "call trap", "trap -"])
    let slow = try Store(heard.engine)
    let tick = try Func(slow) { () async throws in try await Task.sleep(for: .milliseconds(10)) }
    let waiting = try await Instance.makeAsync(slow, Module(heard.engine, Self.text), [tick])
    try await waiting.function(slow, "ticks").callAsync(slow)
    #expect(heard.kinds.suffix(3) == ["compile sums", "instantiate sums", "call ticks"])
    #expect(try #require(heard.events.last).duration >= .milliseconds(10))
  }

  @Test func aTrapThatAHostFunctionCatchesIsNotTold() throws {
    let heard = try Heard(calls: true)
    let guest = Mutex<(Store, Instance)?>(nil)
    let made = try heard.instance {
      if let (store, instance) = guest.withLock({ $0 }) { Self.trap(store, instance) }
    }
    guest.withLock { $0 = made }
    try made.1.function(made.0, "ticks")(made.0)
    #expect(heard.kinds.dropFirst(2) == ["call trap", "call ticks"])
  }

  @Test func aListenerMayUseTheEngineAndIsNotToldOfThat() throws {
    let heard = try Heard()
    let (engine, count) = (heard.engine, Told())
    try engine.setListener(calls: true) { event in
      count.hear(event)
      try? Self.add(engine)
    }
    let (store, instance) = try heard.instance()
    try Self.add(store, instance)
    #expect(count.events.count == 3)
    try engine.removeListener()
  }

  private static func add(_ engine: Engine) throws {
    let store = try Store(engine)
    try add(store, Instance(store, Module(engine, text), [Func(store) {}]))
  }

  @Test func oneListenerTakesThePlaceOfTheOther() throws {
    let (heard, others) = (try Heard(), Told())
    try heard.engine.setListener { others.hear($0) }
    _ = try heard.instance()
    #expect((heard.events.count, others.events.count) == (0, 2))
    try heard.engine.removeListener()
    try heard.engine.removeListener()
    _ = try heard.instance()
    #expect(others.events.count == 2)
  }

  @Test func twoThreadsAtOnce() async throws {
    let heard = try Heard(calls: true)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          let (store, instance) = try heard.instance()
          for _ in 0..<200 { try Self.add(store, instance) }
        }
      }
      try await group.waitForAll()
    }
    #expect(heard.kinds.count { $0 == "call add" } == 400)
    #expect(heard.events.count == 404)
  }

  @Test func theEndOfAnEngineLetsGoOfItsListener() throws {
    final class Listener: Sendable { func hear(_: Event) {} }
    let engine = try testEngine()
    var listener: Listener? = Listener()
    weak var held = listener
    try engine.setListener { [listener] in listener?.hear($0) }
    listener = nil
    #expect(held != nil)
    engine.close()
    #expect(held == nil)
    #expect(throws: WasmtimeError.self) { try engine.setListener { _ in } }
    #expect(throws: WasmtimeError.self) { try engine.removeListener() }
  }
}
