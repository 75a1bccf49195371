import Foundation
import Testing
import Trimaran
import TrimaranFoundation

private actor Home {
  var steps: [String] = []

  func add(_ step: String) { steps.append(step) }

  func visit(_ guest: AsyncGuest) async throws -> Int32 {
    steps.append("before")
    let result = try await guest.callAsync("once", 1)
    // What came in meanwhile is here.
    steps.append("after")
    return result
  }
}

private enum Names {
  @TaskLocal static var name = "none"
}

@Suite("Guests that wait, and the tasks that call them")
struct AsyncTasksTests {
  @Test func hostFunctionsRunInTheTaskThatCalls() async throws {
    let guest = try AsyncGuest { _, value in
      #expect(Names.name == "mine")
      await Task.yield()
      return Int32(Names.name.count) + value
    }
    let task = Task.detached {
      try await Names.$name.withValue("mine") { try await guest.callAsync("once", 1) }
    }
    #expect(try await task.value == 6)
  }

  @Test func anActorGoesOnWhileItsGuestWaits() async throws {
    let (home, barrier) = (Home(), Barrier())
    let guest = try AsyncGuest { _, value in
      await barrier.pass()
      return value
    }
    let task = Task { try await home.visit(guest) }
    await barrier.fill(1)
    await home.add("meanwhile")
    await barrier.open()
    #expect(try await task.value == 2)
    #expect(await home.steps == ["before", "meanwhile", "after"])
  }

  @Test @MainActor func theMainActorIsNotKeptFromItsWork() async throws {
    // Without epochs: a guest would keep the thread for as long as it computes.
    let (entered, left) = (Flag(), Flag())
    let guest = try AsyncGuest(now: { _, value in
      entered.raise()
      // Only the main actor lets it go.
      for _ in 0..<10_000 where !left.isSet { Thread.sleep(forTimeInterval: 0.001) }
      return left.isSet ? value : 0
    }) { _, value in await MainActor.run { value + 1 } }
    let task = Task { @MainActor in try await guest.callAsync("calls", 7) }
    while !entered.isSet { await Task.yield() }
    left.raise()
    #expect(try await task.value == 7)
    #expect(try await guest.callAsync("once", 1) == 3)
  }

  @Test func blockingWorkHasAThreadOfItsOwn() async throws {
    let guest = try AsyncGuest(
      { $0.epochInterruption = true },
      now: { caller, value in
        try caller.function("plain").typed(caller.store, as: ((Int32) -> Int32).self)(caller.store, value)
      }
    ) { caller, value in
      // A call of that thread goes on top of the guest that waits.
      let plain = try caller.function("calls")
      return try await caller.store.run {
        try plain.typed(caller.store, as: ((Int32) -> Int32).self)(caller.store, value)
      }
    }
    let (store, plain, spin) = (guest.store, try guest.function("plain"), try guest.function("spin"))
    let sum: Int = try await store.run { try plain(store, 1) }
    #expect(sum == 2)
    #expect(try await guest.callAsync("once", 1) == 3)
    let mine = Mine()
    #expect(await failure { try await store.run { throw mine } } as? Mine === mine)
    let trap = await failure { try await store.run { try guest.function("nowhere") } } as? WasmtimeError
    #expect(trap == failure { try guest.function("nowhere") })
    // Many at once, on more threads than tasks have.
    try await withThrowingTaskGroup(of: Void.self) { group in
      let (ready, count) = (Locks(), 20)
      for _ in 0..<count {
        group.addTask { try await store.run { ready.waitForAll(count) } }
      }
      try await group.waitForAll()
    }
    let task = Task { try await store.run { try spin(store) } }
    try await Task.sleep(for: .milliseconds(30))
    task.cancel()
    #expect(await failure { try await task.value } is CancellationError)
    #expect(guest.isUsable)
    let early = Task {
      while !Task.isCancelled { await Task.yield() }
      try await store.run { _ = Issue.record("it ran") }
    }
    early.cancel()
    #expect(await failure { try await early.value } is CancellationError)
  }
}

/// Threads that wait for each other.
private final class Locks: @unchecked Sendable {
  // The condition guards it.
  private let condition = NSCondition()
  private var count = 0

  func waitForAll(_ all: Int) {
    condition.lock()
    defer { condition.unlock() }
    count += 1
    condition.broadcast()
    while count < all { condition.wait() }
  }
}
