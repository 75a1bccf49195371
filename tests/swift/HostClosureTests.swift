import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("How long closures live")
struct HostClosureTests {
  let engine: Engine
  let store: Store

  init() throws {
    engine = try testEngine()
    store = try Store(engine)
  }

  @Test func closuresAreLetGo() throws {
    weak var first: Seen?
    weak var second: Seen?
    var store: Store? = try Store(engine)
    do {
      let (one, two) = (Seen(), Seen())
      (first, second) = (one, two)
      let open = try #require(store)
      _ = try Func(open) { (value: Int32) in one.add(value) }
      _ = try Func(open, FuncType([], [])) { _, _ in
        two.add(1)
        return []
      }
    }
    #expect(first != nil && second != nil)
    store?.close()
    #expect(first == nil && second == nil)

    do {
      let three = Seen()
      first = three
      store = try Store(engine)
      _ = try Func(try #require(store)) { (value: Int32) in three.add(value) }
    }
    #expect(first != nil)
    store = nil
    #expect(first == nil)
  }

  @Test func aClosureIsLetGoThoughItsFunctionIsKept() throws {
    weak var seen: Seen?
    let function = Kept<Func>()
    do {
      let mine = Seen()
      seen = mine
      // It even refers to the function itself.
      function.value = try Func(store) { (value: Int32) -> Int32 in
        mine.add(value)
        return function.value == nil ? 0 : 1
      }
    }
    #expect(try function.value?(store, 1) == [.i32(1)])
    #expect(seen != nil)
    store.close()
    #expect(seen == nil)
    let kept = try #require(function.value)
    #expect(throws: WasmtimeError.closed(what: "store")) { try kept(store, 1) }
  }

  @Test func aClosureThatCapturesItsStoreGoesWhenThatIsClosed() throws {
    weak var kept: Store?
    do {
      let store = try Store(engine)
      kept = store
      _ = try Func(store) { () -> Int32 in store.isClosed ? 1 : 0 }
      store.close()
    }
    #expect(kept == nil)
    do {
      let store = try Store(engine)
      kept = store
      _ = try Func(store) { [weak store] () -> Int32 in store == nil ? 1 : 0 }
    }
    #expect(kept == nil)
  }
}

/// What `body` gives on another thread, while this one waits for it.
func elsewhere<R: Sendable>(_ body: () -> R) throws -> R {
  try withoutActuallyEscaping(body) { body in
    let lent = Lent(body)
    return try #require(try Worker { lent.run() }.join())
  }
}

/// A closure that is run once. The thread that does so lets go of it then, and may itself live on for a while.
private final class Lent<R>: @unchecked Sendable {
  private var body: (() -> R)?

  init(_ body: @escaping () -> R) { self.body = body }

  func run() -> R? {
    defer { body = nil }
    return body?()
  }
}

/// What a closure has seen.
final class Seen: @unchecked Sendable {
  // The lock guards them.
  private let lock = NSLock()
  private var seen: [Int32] = []

  func add(_ value: Int32) { lock.withLock { seen.append(value) } }

  var values: [Int32] { lock.withLock { seen } }
}

/// Something that a closure keeps.
final class Kept<Value: Sendable>: @unchecked Sendable {
  // The lock guards it.
  private let lock = NSLock()
  private var kept: Value?

  var value: Value? {
    get { lock.withLock { kept } }
    set { lock.withLock { kept = newValue } }
  }
}
