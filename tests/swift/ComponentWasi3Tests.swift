import Foundation
import Testing
import TrimaranComponent

/// Components of WASI 0.3: they give the thread back while they wait, and keep what `WasiConfig` promises.
@Suite("Components of WASI 0.3")
struct ComponentWasi3Tests {
  private static let hour: UInt64 = 3_600_000_000_000

  private struct Program {
    let store: Store
    let instance: Instance

    init(mayEnd: Bool = false, _ wasi: (inout WasiConfig) -> Void = { _ in }) throws {
      let engine = try testEngine {
        $0.wasmComponentModelAsync = true
        $0.epochInterruption = mayEnd
      }
      store = try Store(engine)
      try store.setWasi(wasi)
      let linker = try Linker(engine)
      try linker.defineWasi()
      let file = folder("modules").appendingPathComponent("component_wasi3.wat").path
      instance = try linker.instantiate(store, Component(engine, fromFile: file))
    }

    func sleep(_ nanoseconds: UInt64) async throws {
      try await instance.function(store, "sleep").callAsync(store, values: [.u64(nanoseconds)])
    }
  }

  @Test(arguments: [false, true]) func aCommandIsCalledAndAwaited(isAwaited: Bool) async throws {
    let output = try OutputPipe()
    let program = try Program {
      $0.stdin = .text("world")
      $0.stdout = .pipe(output)
    }
    let run = try program.instance.function(program.store, "wasi:cli/run@0.3.0", "run")
    let done = isAwaited ? try await run.callAsync(program.store, values: []) : try run.call(program.store, [])
    #expect(done == .ok(nil))
    #expect(try output.text == "hello\nworld")
  }

  @Test func aSleepLastsAsLongAsItShould() async throws {
    let program = try Program()
    let start = ContinuousClock.now
    try await program.sleep(20_000_000)
    #expect(ContinuousClock.now - start >= .milliseconds(20))
    // A call that is not awaited sleeps on its thread.
    try program.instance.function(program.store, "sleep").call(program.store, [.u64(1_000_000)])
  }

  /// They would take turns otherwise, as there are few threads for tasks.
  @Test func fiftyGuestsSleepAtOnce() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        let program = try Program()
        group.addTask {
          try await program.instance.function(program.store, "naps")
            .callAsync(program.store, values: [.u32(20), .u64(20_000_000)])
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func aGuestThatSleepsIsCancelled() async throws {
    let program = try Program()
    let task = Task { try await program.sleep(Self.hour) }
    try await Task.sleep(for: .milliseconds(10))
    task.cancel()
    #expect(await failure { try await task.value } is CancellationError)
    #expect(await failure { try await program.sleep(1) } as? WasmtimeError == .poisoned)
  }

  @Test func aTimeLimitEndsASleep() async throws {
    let program = try Program(mayEnd: true)
    try program.store.setTimeout(.milliseconds(30))
    let error = await failure { try await program.sleep(Self.hour) } as? WasmtimeError
    #expect(error?.isTimeLimit == true)
    let other = try Program(mayEnd: true)
    try other.store.setTimeout(.milliseconds(30))
    let late = failure { try other.instance.function(other.store, "sleep").call(other.store, [.u64(Self.hour)]) }
    #expect(late?.isTimeLimit == true)
  }

  @Test func aStoreIsClosedWhileItsGuestSleeps() async throws {
    // A guest that nothing can interrupt sleeps its time at once.
    let program = try Program(mayEnd: true)
    let task = Task { try await program.sleep(Self.hour) }
    try await Task.sleep(for: .milliseconds(10))
    program.store.close()
    guard case .closed? = await failure({ try await task.value }) as? WasmtimeError else {
      Issue.record("it is not closed")
      return
    }
  }

  @Test func whatAClosureThrowsIsThrown() throws {
    struct Mine: Error {}
    let program = try Program { $0.stdout = .callback { _ in throw Mine() } }
    let print = try program.instance.function(program.store, "print")
    let error = failure { try print.call(program.store, [.string("hello")]) }
    guard case .thrown(let thrown)? = error, thrown is Mine else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
