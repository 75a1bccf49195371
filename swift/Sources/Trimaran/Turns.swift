// Tasks that have something one after the other.

/// Lets guests read a source one after the other: most sources have one reader at a time.
final class Turns: Sendable {
  private typealias Waiting = CheckedContinuation<Void, any Error>

  private struct State {
    var isTaken = false
    /// The tasks that wait, in their order, and the number of the last one.
    var line: [(number: UInt64, task: Waiting)] = []
    var last: UInt64 = 0
  }

  /// What a task reads, and what it was reading when that began.
  private final class Reading: Sendable {
    let turns: Turns
    let outer: Reading?

    init(_ turns: Turns, _ outer: Reading?) { (self.turns, self.outer) = (turns, outer) }
  }

  private static let reading = TaskLocal<Reading?>(wrappedValue: nil)

  private let state = Locked(State())

  /// What `work` gives, which runs once no other one does.
  func take<Result: Sendable>(_ work: @Sendable () async throws -> Result) async throws -> Result {
    let outer = Self.reading.get()
    var reading = outer
    while let here = reading {
      if here.turns === self {
        throw WasmtimeError.busy(
          reason: "the standard input is being read by this very task: what reads it cannot have a guest read it"
        )
      }
      reading = here.outer
    }
    try await wait()
    defer { end() }
    return try await Self.reading.withValue(Reading(self, outer)) { try await work() }
  }

  /// Waits for the turn, or until the task is cancelled.
  private func wait() async throws {
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (task: Waiting) in
        let begins: Swift.Result<Void, any Error>? = state.withLock { state in
          // Who cancels it later finds it in the line.
          if Task.isCancelled { return .failure(CancellationError()) }
          if state.isTaken {
            state.line.append((number, task))
            return nil
          }
          state.isTaken = true
          return .success(())
        }
        if let begins { task.resume(with: begins) }
      }
    } onCancel: {
      let task = state.withLock { state in
        state.line.firstIndex { $0.number == number }.map { state.line.remove(at: $0).task }
      }
      task?.resume(throwing: CancellationError())
    }
  }

  /// Hands the turn to whoever is next.
  private func end() {
    let next = state.withLock { state in
      if state.line.isEmpty {
        state.isTaken = false
        return nil as Waiting?
      }
      return state.line.removeFirst().task
    }
    next?.resume()
  }
}
