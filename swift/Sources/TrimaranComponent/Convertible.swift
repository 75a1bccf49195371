import Trimaran

/// A type of Swift whose values go into components, and come out of them: numbers, `Bool`, `String`, `Unicode.Scalar`, arrays and
/// optionals of such, ``Resource``, ``Record``, ``ComponentStream``, ``ComponentFuture``, ``ComponentSource`` and ``ComponentValue`` itself.
public protocol ComponentConvertible {
  /// The value for a component.
  var componentValue: ComponentValue { get }

  /// The value of Swift that a component's is.
  ///
  /// - Parameter value: What a component gave.
  /// - Throws: `type` for a value of another type, `range` for a number that does not fit.
  init(_ value: ComponentValue) throws(WasmtimeError)

  /// A list of such values; lists of numbers are their bytes.
  static func componentList(_ values: [Self]) -> ComponentValue

  /// The values of a list.
  static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Self]
}

extension ComponentConvertible {
  /// A list of the values, one by one.
  @inlinable
  public static func componentList(_ values: [Self]) -> ComponentValue { .list(values.map(\.componentValue)) }

  /// The values of a list, one by one.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Self] {
    try list.each()
  }
}

extension ComponentValue: ComponentConvertible {
  /// The value itself.
  @inlinable
  public var componentValue: ComponentValue { self }

  /// The value itself.
  @inlinable
  public init(_ value: ComponentValue) { self = value }

  /// The error for a value that is not what the context asks for.
  @usableFromInline
  func isNot(_ expected: String) -> WasmtimeError {
    // No plain type of Swift has such values.
    let more =
      switch self {
      case .tuple, .variant, .flags, .ok, .error: ": take it as a `ComponentValue`"
      default: ""
      }
    return .type(reason: "expected \(expected), found \(word)\(more)")
  }
}

extension WasmtimeError {
  /// The same error of a value, with the place of that in front.
  @usableFromInline
  func inside(_ place: String) -> WasmtimeError {
    switch self {
    case .type(let reason): .type(reason: "\(place): \(reason)")
    case .range(let reason): .range(reason: "\(place): \(reason)")
    default: self
    }
  }
}

extension Bool: ComponentConvertible {
  /// The value as a bool.
  @inlinable
  public var componentValue: ComponentValue { .bool(self) }

  /// The value of a bool. Fails with `type` for anything else.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .bool(let bool) = value else { throw value.isNot("a bool") }
    self = bool
  }
}

extension String: ComponentConvertible {
  /// The text as a string; it goes into a char and an enum as well.
  @inlinable
  public var componentValue: ComponentValue { .string(self) }

  /// The text of a string, and the name of an enum's case. Fails with `type` for anything else.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    switch value {
    case .string(let text), .enum(let text): self = text
    default: throw value.isNot("a string")
    }
  }
}

extension Unicode.Scalar: ComponentConvertible {
  /// The scalar value as a char.
  @inlinable
  public var componentValue: ComponentValue { .char(self) }

  /// The scalar value of a char. Fails with `type` for anything else.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .char(let scalar) = value else { throw value.isNot("a char") }
    self = scalar
  }
}

extension Array: ComponentConvertible where Element: ComponentConvertible {
  /// The elements as a list.
  @inlinable
  public var componentValue: ComponentValue { Element.componentList(self) }

  /// The elements of a list, or the fields of a tuple. Fails with `type` for anything else.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) { self = try Element.values(value) }
}

extension Optional: ComponentConvertible where Wrapped: ComponentConvertible {
  /// The value as an option.
  @inlinable
  public var componentValue: ComponentValue { .option(self?.componentValue) }

  /// The value of an option. Fails with `type` for anything else.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .option(let inner) = value else { throw value.isNot("an option") }
    self = nil
    if let inner { self = try Wrapped(inner) }
  }
}

extension Record: ComponentConvertible {
  /// The record as a value.
  @inlinable
  public var componentValue: ComponentValue { .record(self) }

  /// The record that a value is. Fails with `type` for anything else.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .record(let record) = value else { throw value.isNot("a record") }
    self = record
  }
}
