// Futures that guests give: the host reads their value, once.

import Trimaran

/// A future that a guest gave. It belongs to one store, and gives its value once.
///
/// ```swift
/// guard case .future(let future) = try await later.callAsync(store, values: []) else { return }
/// print(try await future.readAsync() as Any)
/// ```
///
/// What ``ComponentStream`` says of reading holds here as well.
public final class ComponentFuture: Sendable {
  let end: End

  init(_ end: End) { self.end = end }

  /// Whether it can still be read: it was neither closed nor given away nor read, and its store is open.
  public var isAlive: Bool { end.isAlive }

  /// Closes it, as a ``ComponentStream`` is closed.
  public func close() { end.close() }

  /// Reads its value.
  ///
  /// - Returns: The value; `nil` where the type has none.
  /// - Throws: As ``ComponentStream/read(most:)``.
  public func read() throws(WasmtimeError) -> ComponentValue? { try end.read(1) }

  /// Reads its value in the present task, as ``ComponentStream/readAsync(most:isolation:)`` does.
  ///
  /// - Parameter isolation: The caller's actor. Leave it out.
  /// - Returns: The value; `nil` where the type has none.
  /// - Throws: As that.
  public func readAsync(isolation: isolated (any Actor)? = #isolation) async throws -> ComponentValue? {
    try await end.start(1).finish(isolation: isolation)
  }
}

extension ComponentFuture: ComponentConvertible {
  /// The future as a value.
  public var componentValue: ComponentValue { .future(self) }

  /// The future that a value is. Fails with `type` for anything else.
  public convenience init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .future(let future) = value else { throw value.isNot("a future") }
    self.init(future.end)
  }
}

extension ComponentFuture: CustomStringConvertible {
  /// What it is, and whether it is gone.
  public var description: String { isAlive ? "a future" : "a future that is gone" }
}
