/// A queue of pieces with a bound: guests write to it by ``WasiOutput/queue(_:)``, and wait while it is full. Whoever reads it goes through
/// it with `for await`. It may be the standard input of another guest, by ``WasiInput/stream(_:)``.
///
/// ```swift
/// let output = OutputQueue(capacity: 4)
/// try store.setWasi { $0.stdout = .queue(output) }
/// async let done: Void = run.callAsync(store)
/// for await piece in output { … }
/// ```
///
/// It ends when ``finish()`` is called, and not by itself: guests of several stores and calls may write to one queue. Several tasks may
/// read it; each piece goes to one of them.
public final class OutputQueue: AsyncSequence, Sendable {
  /// A piece.
  public typealias Element = [UInt8]
  /// It throws nothing.
  public typealias Failure = Never

  private struct State {
    var pieces: [[UInt8]] = []
    var isFinished = false
    var last: UInt64 = 0
    /// Those who wait for a piece, and those who wait for room.
    var readers: [(number: UInt64, task: CheckedContinuation<Void, Never>)] = []
    var writers: [(number: UInt64, task: CheckedContinuation<Void, Never>)] = []
  }

  private let capacity: Int
  private let state = Locked(State())

  /// Makes an empty queue.
  ///
  /// - Parameter capacity: How many pieces it holds: one at least. A piece has 64 KiB at most.
  public init(capacity: Int = 1) { self.capacity = Swift.max(capacity, 1) }

  /// Puts a piece in, once there is room. In a cancelled task, and once the queue is finished, the piece is gone.
  public func send(_ piece: [UInt8]) async {
    while true {
      enum Outcome { case done, full, wakes(CheckedContinuation<Void, Never>) }
      let outcome = state.withLock { state -> Outcome in
        guard !state.isFinished && !Task.isCancelled else {
          // The room that this task was woken for is another one's.
          let isFree = state.pieces.count < capacity && !state.writers.isEmpty
          return isFree ? .wakes(state.writers.removeFirst().task) : .done
        }
        if state.pieces.count >= capacity { return .full }
        state.pieces.append(piece)
        return state.readers.isEmpty ? .done : .wakes(state.readers.removeFirst().task)
      }
      switch outcome {
      case .done: return
      case .wakes(let task): return task.resume()
      case .full: await wait(\.writers) { !$0.isFinished && $0.pieces.count >= self.capacity }
      }
    }
  }

  /// Ends the queue: readers get what is in it, and then its end.
  public func finish() {
    let waiting = state.withLock { state in
      state.isFinished = true
      return swapping(&state.readers, []) + swapping(&state.writers, [])
    }
    for (_, task) in waiting { task.resume() }
  }

  /// Goes through the pieces.
  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    fileprivate let queue: OutputQueue

    /// The next piece, once there is one; `nil` at the end, and in a task that is cancelled.
    public mutating func next() async -> [UInt8]? { await queue.next() }
  }

  /// Goes through the pieces that nobody has taken.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(queue: self) }

  private func next() async -> [UInt8]? {
    while true {
      let (piece, writer, isOver) = state.withLock { state in
        if state.pieces.isEmpty { return (nil as [UInt8]?, nil as CheckedContinuation<Void, Never>?, state.isFinished) }
        let piece = state.pieces.removeFirst()
        return (piece, state.writers.isEmpty ? nil : state.writers.removeFirst().task, false)
      }
      writer?.resume()
      if piece != nil || isOver || Task.isCancelled { return piece }
      await wait(\.readers) { !$0.isFinished && $0.pieces.isEmpty }
    }
  }

  /// Waits in a line until somebody wakes the task or it is cancelled, if it has to wait at all.
  private func wait(
    _ line: WritableKeyPath<State, [(number: UInt64, task: CheckedContinuation<Void, Never>)]> & Sendable,
    while hasToWait: @Sendable (State) -> Bool
  ) async {
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { task in
        let waits = state.withLock { state in
          if Task.isCancelled || !hasToWait(state) { return false }
          state[keyPath: line].append((number, task))
          return true
        }
        if !waits { task.resume() }
      }
    } onCancel: {
      let task = state.withLock { state in
        state[keyPath: line].firstIndex { $0.number == number }.map { state[keyPath: line].remove(at: $0).task }
      }
      task?.resume()
    }
  }
}
