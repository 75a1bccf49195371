import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Guests that wait, and their ends")
struct AsyncEndsTests {
  private func isTimeLimit(_ error: (any Error)?) -> Bool { (error as? WasmtimeError)?.isTimeLimit == true }

  @Test func cancelledWhileItWaits() async throws {
    let barrier = Barrier()
    let guest = try AsyncGuest { _, value in
      async let waits: Void = barrier.pass()
      try await Task.sleep(for: .seconds(1_000))
      await waits
      return value
    }
    let task = Task { try await guest.callAsync("once", 1) }
    await barrier.fill(1)
    await barrier.open()
    task.cancel()
    #expect(await failure { try await task.value } is CancellationError)
    #expect(guest.isUsable)
    #expect(await failure { try await cancelled { try await guest.callAsync("plain", 1) } } is CancellationError)
    #expect(guest.isUsable)
  }

  /// Runs something in a task that is cancelled already.
  private func cancelled<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await body()
    }
    task.cancel()
    return try await task.value
  }

  @Test func cancelledInAHostFunctionThatDoesNotLook() async throws {
    let (barrier, seen) = (Barrier(), Seen())
    let guest = try AsyncGuest { _, value in
      await barrier.pass()
      seen.add(value)
      return value
    }
    let task = Task { try await guest.callAsync("twice", 1) }
    await barrier.fill(1)
    task.cancel()
    await barrier.open()
    #expect(await failure { try await task.value } is CancellationError)
    // The guest did not go on.
    #expect(seen.values == [1])
    #expect(guest.isUsable)
  }

  @Test func cancelledWithANestedGuest() async throws {
    let barrier = Barrier()
    let guest = try AsyncGuest { caller, value in
      if value > 0 { return try await caller.function("once").callAsync(caller.store, value - 1) }
      async let waits: Void = barrier.pass()
      try await Task.sleep(for: .seconds(1_000))
      await waits
      return value
    }
    let task = Task { try await guest.callAsync("once", 5) }
    await barrier.fill(1)
    await barrier.open()
    task.cancel()
    #expect(await failure { try await task.value } is CancellationError)
    #expect(guest.isUsable)
  }

  @Test func cancelledWhileItComputes() async throws {
    let guest = try AsyncGuest({ $0.epochInterruption = true }) { _, value in value }
    let (store, spin) = (guest.store, try guest.function("spin"))
    let task = Task { try await spin.callAsync(store) }
    try await Task.sleep(for: .milliseconds(30))
    task.cancel()
    #expect(await failure { try await task.value } is CancellationError)
    #expect(guest.isUsable)
    // A race with a sleep, as a time-out is written with task groups.
    let outcome = try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await spin.callAsync(store)
        return false
      }
      group.addTask {
        try await Task.sleep(for: .milliseconds(30))
        return true
      }
      defer { group.cancelAll() }
      return try await group.next()
    }
    #expect(outcome == true)
    #expect(guest.isUsable)
  }

  @Test func aTimeLimitGoesOnWhileItWaits() async throws {
    let guest = try AsyncGuest({ $0.epochInterruption = true }) { _, value in
      try await Task.sleep(for: .milliseconds(value == 0 ? 0 : 100))
      return value
    }
    try guest.store.setTimeout(.milliseconds(50))
    let spin = try guest.function("spin")
    #expect(isTimeLimit(await failure { try await spin.callAsync(guest.store) }))
    #expect(isTimeLimit(await failure { try await guest.callAsync("once", 1) }))
    try guest.store.setTimeout(nil)
    #expect(try await guest.callAsync("once", 0) == 0)
    let handle = try guest.store.interruptHandle()
    let task = Task { try await spin.callAsync(guest.store) }
    while !handle.interrupt() { try await Task.sleep(for: .milliseconds(1)) }
    let error = await failure { try await task.value } as? WasmtimeError
    #expect(error?.trapCode == .interrupt && error?.isTimeLimit == false)
    #expect(guest.isUsable)
  }

  @Test func othersHaveTheirTurnWhileGuestsCompute() async throws {
    let engine = try testEngine { $0.epochInterruption = true }
    // As many as there are threads for tasks, and more.
    let guests = try (0..<ProcessInfo.processInfo.activeProcessorCount + 2).map { _ in
      try AsyncGuest(in: engine) { _, value in value }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for guest in guests {
        group.addTask { try await guest.function("spin").callAsync(guest.store) }
      }
      for _ in 0..<5 { try await Task.sleep(for: .milliseconds(1)) }
      group.cancelAll()
      while let result = await group.nextResult() {
        guard case .failure(let error) = result else { throw Mine() }
        #expect(error is CancellationError)
      }
    }
  }

  @Test func closedWhileItWaits() async throws {
    let barrier = Barrier()
    let guest = try AsyncGuest { _, value in
      await barrier.pass()
      return value
    }
    let (store, mine) = (guest.store, Mine())
    let task = Task { try await guest.callAsync("once", 1) }
    await barrier.fill(1)
    store.close()
    await barrier.open()
    #expect(await failure { try await task.value } as? WasmtimeError == .closed(what: "store"))
    #expect(await failure { try await guest.callAsync("once", 1) } as? WasmtimeError == .closed(what: "store"))
    // What its host function throws then, nobody takes.
    weak var thrown: Mine?
    do {
      let error = Mine()
      thrown = error
      let kept = Kept<Mine>()
      kept.value = error
      let other = try AsyncGuest { caller, _ in
        caller.store.close()
        defer { kept.value = nil }
        throw kept.value ?? mine
      }
      #expect(await failure { try await other.callAsync("once", 1) } as? WasmtimeError == .closed(what: "store"))
    }
    #expect(thrown == nil)
  }
}
