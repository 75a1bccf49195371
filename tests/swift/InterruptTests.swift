import Foundation
import Testing
import Trimaran

@Suite("Interruption")
struct InterruptTests {
  let guest: Guest

  init() throws {
    guest = try Guest(
      """
      (module
        (func (export "spin") (loop $again (br $again)))
        (func (export "seven") (result i32) (i32.const 7)))
      """
    ) { $0.epochInterruption = true }
  }

  /// Whether an error says that a guest was interrupted.
  private func isInterrupt(_ error: WasmtimeError?) -> Bool {
    if case .trap(.interrupt, _, _) = error { true } else { false }
  }

  @Test func aTimeout() throws {
    try guest.store.setTimeout(.milliseconds(30))
    let clock = ContinuousClock()
    let start = clock.now
    #expect(isInterrupt(failure { try guest.function("spin")(guest.store) }))
    #expect(clock.now - start >= .milliseconds(30))
    #expect(try guest.function("seven")(guest.store) == [.i32(7)])
    try guest.store.setTimeout(nil)
    #expect(try guest.function("seven")(guest.store) == [.i32(7)])
    let other = try Store(testEngine())
    for error in [failure { try other.setTimeout(.seconds(1)) }, failure { try other.interruptHandle() }] {
      guard case .config? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func aHandleStopsTheGuest() throws {
    let (store, spin) = (guest.store, try guest.function("spin"))
    let handle = try store.interruptHandle()
    let worker = Worker { failure { try spin(store) } }
    while !worker.isFinished {
      try handle.interrupt()
      Thread.sleep(forTimeInterval: 0.005)
    }
    #expect(isInterrupt(try worker.join()))
    #expect(try guest.function("seven")(store) == [.i32(7)])
  }

  /// Cancels a task soon. Guests keep the threads that tasks run on, so that this takes one of its own.
  private func cancel(_ task: Task<WasmtimeError?, Never>) {
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.02)
      task.cancel()
    }
  }

  @Test func aCancelledTaskStopsItsGuest() async throws {
    let (store, spin, seven) = (guest.store, try guest.function("spin"), try guest.function("seven"))
    let task = Task.detached { failure { try spin(store) } }
    cancel(task)
    guard case .thrown(let error)? = await task.value else {
      Issue.record("it was not cancelled")
      return
    }
    #expect(error is CancellationError)
    // The store goes on in other tasks.
    #expect(try seven(store) == [.i32(7)])
  }

  @Test func aTaskIsCancelledThroughTheHost() async throws {
    let (store, spin) = (guest.store, try guest.function("spin"))
    let host = try Func(store) { (caller: borrowing Caller) in try spin(caller.store) }
    let task = Task.detached { failure { try host(store) } }
    cancel(task)
    guard case .thrown(is CancellationError)? = await task.value else {
      Issue.record("it was not cancelled")
      return
    }
  }

  @Test func strangers() throws {
    var config = Config.untrusted
    config.target = testTarget
    let engine = try Engine(config)
    #expect(config.epochInterruption == true && config.moduleLimits != nil)
    let store = try Store(engine)
    try store.setLimits(.untrusted)
    #expect(StoreLimits.untrusted.memorySize != nil)
    try store.setTimeout(.milliseconds(20))
    let spin = try Instance(store, Module(engine, #"(module (func (export "spin") (loop (br 0))))"#))
    #expect(isInterrupt(failure { try spin.function(store, "spin")(store) }))
    let limited = try testEngine { $0.moduleLimits = ModuleLimits(functions: 1) }
    guard case .limit? = failure({ try Module(limited, "(module (func) (func))") }) else {
      Issue.record("there is no limit")
      return
    }
  }
}
