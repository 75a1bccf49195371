// Streams that guests give: the host reads them part by part.

import Trimaran

/// A stream that a guest gave. It belongs to one store.
///
/// Its elements come in parts, as a list of the type would: `.bytes` where they are bytes. As an `AsyncSequence` it gives one part
/// after the other. The guest that writes waits until somebody reads, and no part has more than that asks for.
///
/// ```swift
/// guard case .stream(let stream) = try await count.callAsync(store, values: [3, 4]) else { return }
/// for try await part in stream { print(part) }
/// ```
///
/// To read it has the guests of its store go on that wait. No other call may go on meanwhile; in an async host function, the call goes
/// on that the function is of. Such a function closes a stream that it does not read: its guest may wait for that. Where it is given to a
/// guest, that fails with `type` if the host has begun to read it, and with `closed` if it was given away.
///
/// It keeps its store. One that nobody closes is closed when nothing refers to it any more.
public final class ComponentStream: Sendable {
  let end: End

  init(_ end: End) { self.end = end }

  /// Whether it can still be read: it was neither closed nor given away nor read to its end, and its store is open.
  public var isAlive: Bool { end.isAlive }

  /// Closes it, on any thread and without waiting: who writes to it sees, when it goes on, that nobody reads it. To close it twice, or after it
  /// was given away, does nothing.
  public func close() { end.close() }

  /// Reads the next elements.
  ///
  /// - Parameter most: How many at most, from 1 to 2^32 - 1. No part has more than 1,048,576.
  /// - Returns: A list. An empty one is the end.
  /// - Throws: `suspend` where nothing can come, or only what an async host function has to give first; `trap` where the guest traps
  ///   that writes, and `poisoned` after that; `closed` where it was closed, given away, or read to its end; `busy` where it is being
  ///   read already, or in a host function that an async function has called; `range` for another number.
  public func read(most: Int = 1 << 16) throws(WasmtimeError) -> ComponentValue { try part(end.read(most)) }

  /// Reads the next elements in the present task, which goes on with other work while guests wait for async host functions.
  ///
  /// Where the task is cancelled while guests wait, nothing is lost: the next read gets what came. Where it is cancelled while it awaits
  /// a host function for a guest, or a guest computes, the next read fails with `poisoned`.
  ///
  /// - Parameters:
  ///   - most: How many at most, from 1 to 2^32 - 1. No part has more than 1,048,576.
  ///   - isolation: The caller's actor. Leave it out.
  /// - Returns: A list. An empty one is the end.
  /// - Throws: As ``read(most:)``; the very error that a host function threw, and `CancellationError` where the task was cancelled.
  public func readAsync(
    most: Int = 1 << 16,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> ComponentValue {
    try part(await end.start(most).finish(isolation: isolation))
  }

  private func part(_ read: ComponentValue?) throws(WasmtimeError) -> ComponentValue {
    guard let read else { throw .unexpected(reason: "a stream gave no list") }
    return read
  }
}

extension ComponentStream: AsyncSequence {
  /// A part: a list.
  public typealias Element = ComponentValue
  /// Whatever ``ComponentStream/readAsync(most:isolation:)`` throws.
  public typealias Failure = any Error

  /// Goes through the parts that are still to come.
  public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
    fileprivate let stream: ComponentStream

    /// The next part, of 65,536 elements at most; `nil` at the end, and where the stream is gone.
    public mutating func next() async throws -> ComponentValue? { try await next(isolation: nil) }

    /// The same on the caller's actor.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws -> ComponentValue? {
      guard stream.isAlive else { return nil }
      let part = try await stream.readAsync(isolation: actor)
      // To Swift, the `nil` of `isOver ? nil : part` is a value.
      if part.count == 0 { return nil }
      return part
    }
  }

  /// Goes through the parts that are still to come. Whoever stops early leaves the rest to the next one.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}

extension ComponentStream: ComponentConvertible {
  /// The stream as a value.
  public var componentValue: ComponentValue { .stream(self) }

  /// The stream that a value is. Fails with `type` for anything else.
  public convenience init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .stream(let stream) = value else { throw value.isNot("a stream") }
    self.init(stream.end)
  }
}

extension ComponentStream: CustomStringConvertible {
  /// What it is, and whether it is gone.
  public var description: String { isAlive ? "a stream" : "a stream that is gone" }
}
