import Testing
import Trimaran

/// Guests that sleep by WASI: they give the thread back.
@Suite("Guests that sleep by WASI")
struct AsyncWasiTests {
  private static let hour: Int64 = 3_600_000_000_000

  /// `sleep` waits for so many nanoseconds by the monotonic clock, and gives the error number.
  private static let text = """
    (module
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "sleep") (param i64) (result i32)
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (local.get 0))
        (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))
    """

  private struct Sleeper {
    let store: Store
    let function: Func

    init(_ engine: Engine, isPrepared: Bool = false) async throws {
      store = try Store(engine)
      try store.setWasi { _ in }
      let linker = try Linker(engine)
      try linker.defineWasi()
      let module = try Module(engine, AsyncWasiTests.text)
      let instance =
        isPrepared
        ? try await linker.instantiatePre(module).instantiateAsync(store)
        : try await linker.instantiateAsync(store, module)
      function = try instance.function(store, "sleep")
    }

    func sleep(_ nanoseconds: Int64) async throws -> Int32 { try await function.callAsync(store, nanoseconds) }
  }

  @Test(arguments: [false, true]) func othersGoOnWhileAGuestSleeps(isPrepared: Bool) async throws {
    let sleeper = try await Sleeper(testEngine(), isPrepared: isPrepared)
    let start = ContinuousClock.now
    #expect(try await sleeper.sleep(20_000_000) == 0)
    #expect(ContinuousClock.now - start >= .milliseconds(20))
    // A call that is not awaited sleeps on its thread.
    let result: Int32 = try sleeper.function(sleeper.store, 1_000_000 as Int64)
    #expect(result == 0)
  }

  /// They would take turns otherwise, as there are few threads for tasks.
  @Test func guestsSleepAtOnce() async throws {
    let engine = try testEngine()
    let numbers = try await withThrowingTaskGroup(of: Int32.self) { group in
      for _ in 0..<20 { group.addTask { try await Sleeper(engine).sleep(20_000_000) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(numbers == Array(repeating: 0, count: 20))
  }

  @Test func aGuestThatSleepsIsCancelled() async throws {
    let sleeper = try await Sleeper(testEngine())
    let task = Task { try await sleeper.sleep(Self.hour) }
    try await Task.sleep(for: .milliseconds(10))
    task.cancel()
    #expect(await failure { try await task.value } is CancellationError)
    #expect(try await sleeper.sleep(1) == 0)
  }

  @Test func aTimeLimitEndsASleep() async throws {
    let sleeper = try await Sleeper(testEngine { $0.epochInterruption = true })
    try sleeper.store.setTimeout(.milliseconds(30))
    let error = await failure { try await sleeper.sleep(Self.hour) } as? WasmtimeError
    #expect(error?.isTimeLimit == true)
    try sleeper.store.setTimeout(nil)
    #expect(try await sleeper.sleep(1) == 0)
  }
}
