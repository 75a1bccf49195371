// How a task steps a guest to its end, and awaits what that waits for. The core awaits nothing: the task does.

package import CTrimaran

/// A guest waits for an async host function.
package protocol GuestCall: Sendable {
  associatedtype Answer: Sendable

  /// What the function gives, or throws.
  func answer(isolation: isolated (any Actor)?) async -> Answer
}

/// What a step of a guest came to.
package enum GuestStep<Call: GuestCall, Outcome: Sendable>: Sendable {
  /// It stands in line for its store.
  case waits
  case asks(Call)
  /// Others are to have a turn.
  case turn
  /// The guest sleeps.
  case later(Duration)
  case over(Outcome)
}

/// For how long a guest sleeps, as a step of the core's says it.
package func sleeping(_ nanoseconds: UInt64) -> Duration { .nanoseconds(Int64(clamping: nanoseconds)) }

/// A guest that goes on step by step.
package protocol GuestSteps: Sendable {
  associatedtype Call: GuestCall
  associatedtype Outcome: Sendable

  /// Takes one step, with the answer to what the last one asked. `wake` is called when a guest in line is to be stepped again.
  func step(_ answer: Call.Answer?, _ wake: Wake?) throws(WasmtimeError) -> GuestStep<Call, Outcome>
}

extension GuestSteps {
  /// Steps the guest to its end in the present task, which awaits its host functions, and throws what people outside of this package
  /// know.
  ///
  /// On an actor the guest runs there: that costs no change of threads. The main actor is not kept from its work, so a guest that is
  /// awaited there runs elsewhere.
  package func finish(isolation: isolated (any Actor)?) async throws -> Outcome {
    if let isolation, isolation === MainActor.shared { return try await finish(isolation: nil) }
    var answer: Call.Answer?
    var wake: Wake?
    while true {
      try Task.checkCancellation()
      let stepped: GuestStep<Call, Outcome>
      do throws(WasmtimeError) { stepped = try step(answer, wake) } catch { throw error.original }
      answer = nil
      switch stepped {
      case .waits:
        // At first there is nothing to wake: most calls find their store free.
        if let wake { await wake.wait(isolation: isolation) } else { wake = Wake() }
      case .asks(let call): answer = await call.answer(isolation: isolation)
      case .turn: await Task.yield()
      // Where the task is cancelled meanwhile, that is found above.
      case .later(let time): try? await Task.sleep(for: time)
      case .over(let outcome): return outcome
      }
    }
  }
}

/// Wakes a task that stands in line for a store.
package final class Wake: Sendable {
  package init() {}

  private struct State {
    var isWoken = false
    var task: CheckedContinuation<Void, Never>?
  }

  private let state = Locked(State())

  /// On any thread.
  fileprivate func wake() {
    let task = state.withLock { state in
      if state.task == nil { state.isWoken = true }
      return swapping(&state.task, nil)
    }
    task?.resume()
  }

  /// Waits until it is called, or the task is cancelled.
  fileprivate func wait(isolation: isolated (any Actor)?) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { task in
        let isWoken = state.withLock { state in
          if state.isWoken {
            state.isWoken = false
            return true
          }
          state.task = task
          return false
        }
        if isWoken { task.resume() }
      }
    } onCancel: {
      wake()
    }
  }

  /// For one step, which may have it called.
  package func waker() -> trimaran_waker {
    trimaran_waker(wake: wakeTask, release: releaseWake, context: Unmanaged.passRetained(self).toOpaque())
  }
}

private func wakeTask(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<Wake>.fromOpaque($0).takeUnretainedValue().wake() }
}

private func releaseWake(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<Wake>.fromOpaque($0).release() }
}
