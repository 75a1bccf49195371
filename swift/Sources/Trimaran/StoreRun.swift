// Work that blocks, on a thread of its own: tasks share a few, and a guest that computes keeps the one that it runs on.

internal import CTrimaran

extension Store {
  /// Runs `body` on a thread of its own, and gives what it gives. The task waits without one.
  ///
  /// ```swift
  /// let sum: Int = try await store.run { try add(store, 1, 2) }
  /// ```
  ///
  /// Use it for guests that compute for long, and for calls that may have to wait for their store: tasks share as many threads as the machine
  /// has cores, and none of them is kept. A guest in it ends where the task is cancelled, with
  /// ``Config/epochInterruption``. In an async host function, calls into the guest that waits go on top of it, as in the function itself.
  /// Task-locals of your own are not there.
  ///
  /// - Parameters:
  ///   - body: What may block.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: What `body` gives.
  /// - Throws: `CancellationError` where the task was cancelled before, or a guest was ended by that; `limit` where the system has no room for a
  ///   thread; and what `body` throws.
  public func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> Result {
    try Task.checkCancellation()
    let (cancellation, site) = (Cancellation(), HostCallSite.current.get())
    do {
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { task in
          let work = BlockingWork {
            let result = Cancellation.current.withValue(cancellation) {
              HostCallSite.current.withValue(site) { Swift.Result(catching: body) }
            }
            task.resume(with: result)
          }
          do throws(WasmtimeError) { try work.start() } catch { task.resume(throwing: error) }
        }
      } onCancel: {
        cancellation.raise()
      }
    } catch {
      guard let ours = error as? WasmtimeError, ours.isCancellation else { throw error }
      throw ours.original
    }
  }
}

/// Whether a task is cancelled that waits for the work of another thread.
final class Cancellation: Sendable {
  private let isRaised = Locked(false)

  /// Of the task that waits for what runs here.
  static let current = TaskLocal<Cancellation?>(wrappedValue: nil)

  /// Whether a task waits for this thread, and is cancelled.
  static var isOnThread: Bool { current.get()?.isRaised.withLock { $0 } ?? false }

  func raise() { isRaised.withLock { $0 = true } }
}

/// Work for a thread of its own.
private final class BlockingWork: Sendable {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  /// Fails with `limit` where there is no room for a thread. It has not run then.
  func start() throws(WasmtimeError) {
    let context = Unmanaged.passRetained(self)
    do throws(WasmtimeError) {
      try entering(self) { trimaran_on_thread(runWork, context.toOpaque(), $0) }
    } catch {
      context.release()
      throw error
    }
  }

  fileprivate func run() { body() }
}

private func runWork(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<BlockingWork>.fromOpaque($0).takeRetainedValue().run() }
}
