// What a host function gets: who calls it, and with what.

import Trimaran

/// The caller of a host function. The function borrows it: it cannot be kept.
public struct ComponentCaller: ~Copyable {
  /// The store of the call. A host function may use it, except for the instance that called it, which is in a call.
  public let store: Store

  init(_ store: Store) { self.store = store }

  // Without it the optimiser (6.0) takes the caller apart as if it were copyable, and crashes.
  deinit {}
}

/// The arguments of a host function, taken one after the other.
@usableFromInline
struct Arguments {
  private let values: [ComponentValue]
  /// That of the function, in words.
  @usableFromInline let name: String
  @usableFromInline private(set) var taken = 0

  init(_ values: [ComponentValue], _ name: String) { (self.values, self.name) = (values, name) }

  @usableFromInline
  mutating func next() -> ComponentValue {
    defer { taken += 1 }
    return values[taken]
  }

  @inlinable
  mutating func next<Value: ComponentConvertible>(as: Value.Type) throws(WasmtimeError) -> Value {
    try Self.argument(next(), taken, name)
  }

  /// The one argument of a function.
  @inlinable
  static func only<Value: ComponentConvertible>(_ value: ComponentValue, _ name: String) throws(WasmtimeError) -> Value
  {
    try argument(value, 1, name)
  }

  @inlinable
  static func argument<Value: ComponentConvertible>(
    _ value: ComponentValue,
    _ number: Int,
    _ name: String
  ) throws(WasmtimeError) -> Value {
    do throws(WasmtimeError) {
      return try Value(value)
    } catch {
      throw error.inside("\(name): argument \(number)")
    }
  }
}
