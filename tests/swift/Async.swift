import Foundation
import Trimaran

/// What host functions throw.
final class Mine: Error {}

/// A store with a guest that has an async host function, `wait`, and one that is not, `now`.
struct AsyncGuest {
  static let text = """
    (module
      (import "host" "wait" (func $wait (param i32) (result i32)))
      (import "host" "now" (func $now (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "once") (param i32) (result i32)
        (i32.store (i32.const 0) (local.get 0))
        (i32.add (call $wait (local.get 0)) (i32.load (i32.const 0))))
      (func (export "twice") (param i32) (result i32) (call $wait (call $wait (local.get 0))))
      (func (export "plain") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "calls") (param i32) (result i32) (call $now (local.get 0)))
      (func (export "traps") (param i32) (result i32) (drop (call $wait (local.get 0))) (unreachable))
      (func (export "spin") (loop $again (br $again)))
      (func (export "count") (param i32) (result i32)
        (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i32.const 7)))
    """

  let store: Store
  let instance: Instance

  init(
    _ configure: (inout Config) -> Void = { _ in },
    now: @escaping @Sendable (borrowing Caller, Int32) throws -> Int32 = { _, value in value },
    wait: @escaping @Sendable (AsyncCaller, Int32) async throws -> Int32
  ) throws {
    try self.init(in: testEngine(configure), now: now, wait: wait)
  }

  init(
    in engine: Engine,
    now: @escaping @Sendable (borrowing Caller, Int32) throws -> Int32 = { _, value in value },
    wait: @escaping @Sendable (AsyncCaller, Int32) async throws -> Int32
  ) throws {
    store = try Store(engine)
    let (wait, now) = (try Func(store, wait), try Func(store, now))
    instance = try Instance(store, Module(engine, Self.text), [wait, now])
  }

  func function(_ name: String) throws -> Func { try instance.function(store, name) }

  func callAsync(_ name: String, _ argument: Int32) async throws -> Int32 {
    try await function(name).callAsync(store, argument)
  }

  /// Whether the store can be used.
  var isUsable: Bool { (try? function("plain")(store, 41)) == [.i32(42)] }
}

/// Lets tasks through when it is open, and knows how many wait.
actor Barrier {
  private(set) var waiting = 0
  private var isOpen = false
  private var tasks: [CheckedContinuation<Void, Never>] = []

  /// Waits until it is open, whatever happens to the task.
  func pass() async {
    waiting += 1
    if !isOpen { await withCheckedContinuation { tasks.append($0) } }
    waiting -= 1
  }

  func open() {
    isOpen = true
    for task in tasks { task.resume() }
    tasks = []
  }

  /// Waits until so many tasks do.
  nonisolated func fill(_ count: Int) async {
    while await waiting < count { try? await Task.sleep(for: .milliseconds(1)) }
  }
}

/// What `body` fails with, in the present task.
func failure<R: Sendable>(
  isolation: isolated (any Actor)? = #isolation,
  _ body: () async throws -> R
) async -> (any Error)? {
  do {
    _ = try await body()
    return nil
  } catch {
    return error
  }
}
