import Foundation
import Testing
import Trimaran
import TrimaranFoundation

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
    if case .trap(.interrupt, _, _, _) = error { true } else { false }
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
      handle.interrupt()
      Thread.sleep(forTimeInterval: 0.005)
    }
    #expect(isInterrupt(try worker.join()))
    #expect(try guest.function("seven")(store) == [.i32(7)])
  }

  /// Runs `work` while so many other threads call the same store, again and again.
  private func crowded<R>(_ others: Int, _ work: () throws -> R) throws -> R {
    let (store, seven, done) = (guest.store, try guest.function("seven"), Flag())
    let workers = (0..<others).map { _ in
      Worker {
        while !done.isSet {
          try seven(store)
          Thread.sleep(forTimeInterval: 0.002)
        }
      }
    }
    defer { done.raise() }
    let result = try work()
    done.raise()
    for worker in workers { try worker.join() }
    return result
  }

  @Test(arguments: [1, 2, 7])
  func aTimeoutHoldsHoweverManyOthersCall(_ others: Int) throws {
    let (store, spin) = (guest.store, try guest.function("spin"))
    try store.setTimeout(.milliseconds(200))
    let error = try crowded(others) { failure { try spin(store) } }
    #expect(error?.isTimeLimit == true)
    #expect(try guest.function("seven")(store) == [.i32(7)])
  }

  private func goesOn() throws {
    #expect(try guest.function("seven")(guest.store) == [.i32(7)])
  }

  @Test func aDeadlineCoversAllCallsOfItsThread() throws {
    let (store, spin, seven) = (guest.store, try guest.function("spin"), try guest.function("seven"))
    try store.withDeadline(.milliseconds(200)) {
      try goesOn()
      let error = failure { try spin(store) }
      #expect(error?.isTimeLimit == true && isInterrupt(error))
      #expect(error?.description.hasPrefix("wasm trap: interrupt: its time limit has passed") == true)
      #expect(failure { try seven(store) }?.isTimeLimit == true)
      let elsewhere = try Worker { try seven(store) }.join()
      #expect(elsewhere == [.i32(7)])
    }
    // The earliest counts, in both orders, beside the time of each run as well.
    try store.setTimeout(.seconds(60))
    try store.withDeadline(.milliseconds(50)) {
      try store.withDeadline(.seconds(60)) { #expect(failure { try spin(store) }?.isTimeLimit == true) }
    }
    try store.withDeadline(.seconds(60)) {
      try store.withDeadline(.milliseconds(50)) { #expect(failure { try spin(store) }?.isTimeLimit == true) }
      try goesOn()
    }
    let other = try Store(testEngine())
    guard case .config? = failure({ try other.withDeadline(.seconds(1)) {} }) else {
      Issue.record("there is no error")
      return
    }
  }

  @Test func aDeadlineAndATaskEndWaitingForTheStore() async throws {
    let (store, spin, seven) = (guest.store, try guest.function("spin"), try guest.function("seven"))
    let handle = try store.interruptHandle()
    let spinner = Worker { failure { try spin(store) } }
    try await Task.sleep(for: .milliseconds(50))
    try store.withDeadline(.milliseconds(50)) {
      #expect(failure { try seven(store) }?.isTimeLimit == true)
    }
    let task = Task.detached { failure { try seven(store) } }
    cancel(task)
    guard case .thrown(is CancellationError)? = await task.value else {
      Issue.record("it was not cancelled")
      return
    }
    #expect(!spinner.isFinished)
    #expect(handle.interrupt())
    guard case .trap(_, _, .handle, _)? = try spinner.join() else {
      Issue.record("it was not stopped")
      return
    }
    #expect(try seven(store) == [.i32(7)])
  }

  @Test func aDeadlineAndATaskEndWaitingToCloseAStore() async throws {
    for isTask in [true, false] {
      let other = try Guest(#"(module (func (export "spin") (loop $again (br $again))))"#) {
        $0.epochInterruption = true
      }
      let (store, spin) = (other.store, try other.function("spin"))
      let handle = try store.interruptHandle()
      let spinner = Worker { failure { try spin(store) } }
      try await Task.sleep(for: .milliseconds(50))
      if isTask {
        let task = Task.detached { () -> WasmtimeError? in
          store.close()
          return nil
        }
        cancel(task)
        _ = await task.value
      } else {
        try store.withDeadline(.milliseconds(50)) { store.close() }
      }
      #expect(store.isClosed && !spinner.isFinished)
      #expect(handle.interrupt())
      guard case .trap(_, _, .handle, _)? = try spinner.join() else {
        Issue.record("it was not stopped")
        return
      }
      guard case .closed? = failure({ try spin(store) }) else {
        Issue.record("the store is open")
        return
      }
    }
  }

  @Test func aHandleBetweenTheCallsOfADeadline() throws {
    let (store, seven) = (guest.store, try guest.function("seven"))
    let handle = try store.interruptHandle()
    #expect(!handle.interrupt())
    try store.withDeadline(nil) {
      try goesOn()
      #expect(handle.interrupt())
      guard case .trap(_, _, .handle, _)? = failure({ try seven(store) }) else {
        Issue.record("it was not stopped")
        return
      }
    }
    #expect(try seven(store) == [.i32(7)])
  }

  @Test func noTimeIsBelowZero() throws {
    let store = guest.store
    let refused = WasmtimeError.range(reason: "the timeout is -0.001 seconds: expected 0 or more")
    #expect(failure { try store.setTimeout(.milliseconds(-1)) } == refused)
    #expect(failure { try store.withDeadline(.milliseconds(-1)) { Issue.record("it ran") } } == refused)
    try store.setTimeout(.zero)
    try store.setTimeout(nil)
  }

  @Test(.enabled(if: !isInterpreter, "wasmtime's interpreter has no threads"))
  func noWaitOfTheHostIsBelowZero() throws {
    let refused = WasmtimeError.range(reason: "the timeout is -0.001 seconds: expected 0 or more")
    let shared = try SharedMemory(testEngine { $0.wasmThreads = true }, MemoryType(Limits(1, 1), shared: true))
    #expect(failure { _ = try shared.wait32(at: 0, expected: 0, timeout: .milliseconds(-1)) } == refused)
    #expect(failure { _ = try shared.wait64(at: 0, expected: 0, timeout: .milliseconds(-1)) } == refused)
  }

  /// Cancels a task soon. Guests keep the threads that tasks run on, so that this takes one of its own.
  private func cancel(_ task: Task<WasmtimeError?, Never>) {
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.02)
      task.cancel()
    }
  }

  @Test(.enabled(if: !isInterpreter, "wasmtime's interpreter has no threads"))
  func aCancelledTaskWaitsNoLongerInASharedMemory() async throws {
    let memory = try SharedMemory(testEngine { $0.wasmThreads = true }, MemoryType(Limits(1, 1)))
    for timeout in [nil, Duration.seconds(600)] {
      let task = Task.detached { failure { try memory.wait32(at: 0, expected: 0, timeout: timeout) } }
      cancel(task)
      guard case .thrown(is CancellationError)? = await task.value else {
        Issue.record("it was not cancelled")
        return
      }
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
    #expect(WasmtimeError.thrown(error).original is CancellationError)
    // The store goes on in other tasks.
    #expect(try seven(store) == [.i32(7)])
  }

  /// The guest has no loop, and calls nothing of its own: it would never be asked.
  @Test func aTaskThatIsCancelledInAHostFunction() async throws {
    let store = guest.store
    let calls = Kept<Int>()
    calls.value = 0
    let stop = try Func(store) {
      calls.value = (calls.value ?? 0) + 1
      withUnsafeCurrentTask { $0?.cancel() }
    }
    let module = try Module(
      guest.engine,
      #"(module (import "" "" (func $stop)) (func (export "run") (call $stop) (call $stop)))"#
    )
    let run = try Instance(store, module, [stop]).function(store, "run")
    let error = await Task.detached { failure { try run(store) } }.value
    #expect(error?.isCancellation == true && calls.value == 1)
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

  @Test func untrustedModules() throws {
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

@Suite("Interruption of what waits")
struct WaitInterruptionTests {
  let store: Store
  let exports: Exports

  /// How a guest waits: at an address, and by WASI for an hour. There are no atomic waits without threads.
  static let waits = (isInterpreter ? [] : ["wait32", "wait64"]) + ["relative", "absolute", "both"]

  init() throws {
    let engine = try testEngine {
      $0.epochInterruption = true
      $0.wasmThreads = !isInterpreter
    }
    store = try Store(engine)
    try store.setWasi(WasiConfig())
    let linker = try Linker(engine)
    try linker.defineWasi()
    let atomics = """
      (memory $shared 1 1 shared)
      (func (export "wait32") (drop (call $wait (i32.const 0) (i64.const -1))))
      (func (export "wait64")
        (drop (memory.atomic.wait64 $shared (i32.const 8) (i64.const 0) (i64.const -1))))
      (func $wait (export "wait") (param i32 i64) (result i32)
        (memory.atomic.wait32 $shared (i32.const 0) (local.get 0) (local.get 1)))
      (func (export "notify") (result i32)
        (memory.atomic.notify $shared (i32.const 0) (i32.const 1)))
      """
    let text = """
      (module
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
        (memory $memory (export "memory") 1)
        \(isInterpreter ? "" : atomics)
        ;; Subscriptions to the monotonic clock: after an hour, and when an hour has passed from now on.
        (data (i32.const 16) "\\01\\00\\00\\00")
        (data (i32.const 24) "\\00\\a0\\b8\\30\\46\\03\\00\\00")
        (data (i32.const 64) "\\01\\00\\00\\00")
        (data (i32.const 88) "\\01\\00")
        (func $sleep (param $first i32) (param $count i32)
          (drop (call $now (i32.const 1) (i64.const 1) (i32.const 72)))
          (i64.store (i32.const 72) (i64.add (i64.load (i32.const 72)) (i64.load (i32.const 24))))
          (drop (call $poll (local.get $first) (i32.const 256) (local.get $count) (i32.const 512))))
        (func (export "relative") (call $sleep (i32.const 0) (i32.const 1)))
        (func (export "absolute") (call $sleep (i32.const 48) (i32.const 1)))
        (func (export "both") (call $sleep (i32.const 0) (i32.const 2)))
        (func (export "seven") (result i32) (i32.const 7)))
      """
    exports = try linker.instantiate(store, Module(engine, text)).exports(store)
  }

  /// Whether an error says that a guest was interrupted, and the store goes on.
  private func isInterrupt(_ error: WasmtimeError?) throws -> Bool {
    guard case .trap(.interrupt, _, _, _) = error else { return false }
    return try exports.function("seven")(store) == [.i32(7)]
  }

  @Test(arguments: waits)
  func aTimeout(_ wait: String) throws {
    let wait = try exports.function(wait)
    try store.setTimeout(.milliseconds(50))
    #expect(try isInterrupt(failure { try wait(store) }))
    #expect(try isInterrupt(failure { try wait(store) }))
  }

  @Test(arguments: waits)
  func aHandle(_ wait: String) throws {
    let (store, wait) = (store, try exports.function(wait))
    let handle = try store.interruptHandle()
    let worker = Worker { failure { try wait(store) } }
    while !worker.isFinished {
      Thread.sleep(forTimeInterval: 0.005)
      handle.interrupt()
    }
    #expect(try isInterrupt(try worker.join()))
  }

  @Test(arguments: waits)
  func aCancelledTask(_ wait: String) async throws {
    let (store, wait) = (store, try exports.function(wait))
    let task = Task.detached { failure { try wait(store) } }
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.02)
      task.cancel()
    }
    guard case .thrown(is CancellationError)? = await task.value else {
      Issue.record("it was not cancelled")
      return
    }
    #expect(try exports.function("seven")(store) == [.i32(7)])
  }

  /// Waits that nobody interrupts end as they always did.
  @Test(.enabled(if: !isInterpreter, "wasmtime's interpreter has no threads"))
  func whatAWaitGives() throws {
    let (store, wait, notify) = (store, try exports.function("wait"), try exports.function("notify"))
    #expect(try wait(store, 1, -1) == [.i32(1)])
    #expect(try wait(store, 0, 0) == [.i32(2)])
    // Longer than guests go without being asked whether they may go on.
    #expect(try wait(store, 0, 60_000_000) == [.i32(2)])
    #expect(try notify(store) == [.i32(0)])
  }
}
