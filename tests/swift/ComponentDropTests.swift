import Foundation
import Testing
import TrimaranComponent
import TrimaranFoundation

/// An object of the host.
private final class Note: Sendable {
  let number: UInt32

  init(_ number: UInt32) { self.number = number }
}

/// What was dropped, and what a drop uses.
private final class Drops: @unchecked Sendable {
  private let lock = NSLock()
  private var numbers: [UInt32] = []
  private var errors: [WasmtimeError] = []
  private var guest: (Store, Instance)?

  var dropped: [UInt32] { lock.withLock { numbers } }
  var failures: [WasmtimeError] { lock.withLock { errors } }

  func use(_ guest: (Store, Instance)?) { lock.withLock { self.guest = guest } }

  func drop(_ object: any AnyObject & Sendable) {
    guard let note = object as? Note else { return }
    let guest = lock.withLock {
      numbers.append(note.number)
      return self.guest
    }
    guard let (store, instance) = guest else { return }
    do throws(WasmtimeError) { try instance.function(store, "lose")(store, 1) } catch {
      lock.withLock { errors.append(error) }
    }
  }
}

@Suite("What guests drop")
struct ComponentDropTests {
  private let engine: Engine
  private let linker: Linker
  private let owner: Component
  private let seen = Drops()

  init() throws {
    engine = try testEngine()
    linker = try Linker(engine)
    owner = try Component(
      engine,
      """
      (component (import "h" (type $h (sub resource))) (core func $drop (canon resource.drop $h))
        (core module $m (import "" "drop" (func $drop (param i32)))
          (func (export "lose") (param i32) (call $drop (local.get 0)))
          (func (export "take") (param i32) (result i32) (local.get 0))
          (func (export "trap") unreachable))
        (core instance $m (instantiate $m (with "" (instance (export "drop" (func $drop))))))
        (func (export "lose") (param "h" u32) (canon lift (core func $m "lose")))
        (func (export "take") (param "h" (own $h)) (result u32) (canon lift (core func $m "take")))
        (func (export "trap") (canon lift (core func $m "trap"))))
      """
    )
    try linker.root.defineResource("h", ResourceType { [seen] in seen.drop($0) })
  }

  private func guest() throws -> (Store, Instance) {
    let store = try Store(engine)
    return (store, try linker.instantiate(store, owner))
  }

  private func take(_ guest: (Store, Instance), _ number: UInt32) throws -> UInt32 {
    let (store, instance) = guest
    guard case .u32(let handle)? = try instance.function(store, "take").call(store, [.object(Note(number))]) else {
      throw Problem("it gives no handle")
    }
    return handle
  }

  @Test func theHostIsToldOnce() throws {
    let (store, instance) = try guest()
    let handle = try take((store, instance), 1)
    _ = try take((store, instance), 2)
    #expect(seen.dropped == [])
    try instance.function(store, "lose")(store, handle)
    #expect(seen.dropped == [1])
    store.close()
    store.close()
    #expect(seen.dropped == [1, 2])
  }

  @Test func theHostIsToldWhenNothingRefersToTheStore() throws {
    do { _ = try take(guest(), 3) }
    #expect(seen.dropped == [3])
  }

  @Test func theHostIsToldAfterATrap() throws {
    let (store, instance) = try guest()
    _ = try take((store, instance), 1)
    guard case .trap = failure({ try instance.function(store, "trap")(store) }) else { throw Problem("it traps") }
    #expect(seen.dropped == [])
    store.close()
    #expect(seen.dropped == [1])
  }

  @Test func noComponentIsEnteredMeanwhile() throws {
    let (store, instance) = try guest()
    let handle = try take((store, instance), 1)
    seen.use((store, instance))
    try instance.function(store, "lose")(store, handle)
    seen.use(nil)
    guard case .busy(let reason)? = seen.failures.first else { throw Problem("\(seen.failures)") }
    #expect(reason.hasPrefix("a guest has dropped a resource of the host"))
    // That is over.
    _ = try take((store, instance), 2)
    store.close()
    #expect(seen.dropped == [1, 2])
  }

  @Test func threadsUseAndCloseTheStore() async throws {
    for _ in 0..<20 {
      let guest = try guest()
      let before = seen.dropped.count
      async let used = Task.detached { [self] in
        var taken = 0
        for number in UInt32(0)..<50 {
          guard (try? take(guest, number)) != nil else { break }
          taken += 1
        }
        return taken
      }.value
      guest.0.close()
      #expect(await seen.dropped.count - before == used)
    }
  }
}
