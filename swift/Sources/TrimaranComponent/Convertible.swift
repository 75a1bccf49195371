import Trimaran

/// A type of Swift whose values go into components, and come out of them: numbers, `Bool`, `String`, `Unicode.Scalar`, arrays and
/// optionals of such, ``Resource``, ``Record`` and ``ComponentValue`` itself.
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
  public static func componentList(_ values: [Self]) -> ComponentValue { .list(values.map(\.componentValue)) }

  /// The values of a list, one by one.
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Self] {
    guard let elements = list.elements else { throw list.isNot("a list") }
    return try elements.map { (value) throws(WasmtimeError) in try Self(value) }
  }
}

extension ComponentValue: ComponentConvertible {
  /// The value itself.
  public var componentValue: ComponentValue { self }

  /// The value itself.
  public init(_ value: ComponentValue) { self = value }

  /// The error for a value that is not what the context asks for.
  func isNot(_ expected: String) -> WasmtimeError { .type(reason: "the result is \(word): expected \(expected)") }
}

extension ComponentConvertible where Self: FixedWidthInteger {
  /// The integer that a value holds.
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    let (number, text): (Self?, String) =
      switch value {
      case .s8(let number): (Self(exactly: number), "\(number)")
      case .u8(let number): (Self(exactly: number), "\(number)")
      case .s16(let number): (Self(exactly: number), "\(number)")
      case .u16(let number): (Self(exactly: number), "\(number)")
      case .s32(let number): (Self(exactly: number), "\(number)")
      case .u32(let number): (Self(exactly: number), "\(number)")
      case .s64(let number): (Self(exactly: number), "\(number)")
      case .u64(let number): (Self(exactly: number), "\(number)")
      default: throw value.isNot("an integer")
      }
    guard let number else { throw .range(reason: "the result is \(text), which is no \(Self.self)") }
    self = number
  }
}

extension Int: ComponentConvertible {
  public var componentValue: ComponentValue { .s64(Int64(self)) }
}
extension UInt: ComponentConvertible {
  public var componentValue: ComponentValue { .u64(UInt64(self)) }
}
extension Int8: ComponentConvertible {
  public var componentValue: ComponentValue { .s8(self) }
  public static func componentList(_ values: [Int8]) -> ComponentValue { .s8s(values) }
}
extension UInt8: ComponentConvertible {
  public var componentValue: ComponentValue { .u8(self) }
  public static func componentList(_ values: [UInt8]) -> ComponentValue { .bytes(values) }
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [UInt8] {
    if case .bytes(let values) = list { return values }
    guard let elements = list.elements else { throw list.isNot("a list") }
    return try elements.map { (value) throws(WasmtimeError) in try UInt8(value) }
  }
}
extension Int16: ComponentConvertible {
  public var componentValue: ComponentValue { .s16(self) }
  public static func componentList(_ values: [Int16]) -> ComponentValue { .s16s(values) }
}
extension UInt16: ComponentConvertible {
  public var componentValue: ComponentValue { .u16(self) }
  public static func componentList(_ values: [UInt16]) -> ComponentValue { .u16s(values) }
}
extension Int32: ComponentConvertible {
  public var componentValue: ComponentValue { .s32(self) }
  public static func componentList(_ values: [Int32]) -> ComponentValue { .s32s(values) }
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Int32] {
    if case .s32s(let values) = list { return values }
    guard let elements = list.elements else { throw list.isNot("a list") }
    return try elements.map { (value) throws(WasmtimeError) in try Int32(value) }
  }
}
extension UInt32: ComponentConvertible {
  public var componentValue: ComponentValue { .u32(self) }
  public static func componentList(_ values: [UInt32]) -> ComponentValue { .u32s(values) }
}
extension Int64: ComponentConvertible {
  public var componentValue: ComponentValue { .s64(self) }
  public static func componentList(_ values: [Int64]) -> ComponentValue { .s64s(values) }
}
extension UInt64: ComponentConvertible {
  public var componentValue: ComponentValue { .u64(self) }
  public static func componentList(_ values: [UInt64]) -> ComponentValue { .u64s(values) }
}

extension Float: ComponentConvertible {
  public var componentValue: ComponentValue { .f32(self) }
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .f32(let number) = value else { throw value.isNot("an f32") }
    self = number
  }
  public static func componentList(_ values: [Float]) -> ComponentValue { .f32s(values) }
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Float] {
    guard case .f32s(let values) = list else { throw list.isNot("a list of f32") }
    return values
  }
}

extension Double: ComponentConvertible {
  public var componentValue: ComponentValue { .f64(self) }
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    switch value {
    case .f64(let number): self = number
    case .f32(let number): self = Double(number)
    default: throw value.isNot("a float")
    }
  }
  public static func componentList(_ values: [Double]) -> ComponentValue { .f64s(values) }
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Double] {
    if case .f64s(let values) = list { return values }
    guard case .f32s(let values) = list else { throw list.isNot("a list of floats") }
    return values.map(Double.init)
  }
}

extension Bool: ComponentConvertible {
  public var componentValue: ComponentValue { .bool(self) }
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .bool(let bool) = value else { throw value.isNot("a bool") }
    self = bool
  }
}

extension String: ComponentConvertible {
  public var componentValue: ComponentValue { .string(self) }
  /// The text of a string, and the name of an enum's case.
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    switch value {
    case .string(let text), .enum(let text): self = text
    default: throw value.isNot("a string")
    }
  }
}

extension Unicode.Scalar: ComponentConvertible {
  public var componentValue: ComponentValue { .char(self) }
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .char(let scalar) = value else { throw value.isNot("a char") }
    self = scalar
  }
}

extension Array: ComponentConvertible where Element: ComponentConvertible {
  public var componentValue: ComponentValue { Element.componentList(self) }
  public init(_ value: ComponentValue) throws(WasmtimeError) { self = try Element.values(value) }
}

extension Optional: ComponentConvertible where Wrapped: ComponentConvertible {
  public var componentValue: ComponentValue { .option(self?.componentValue) }
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .option(let inner) = value else { throw value.isNot("an option") }
    switch inner {
    case let inner?: self = try Wrapped(inner)
    case nil: self = nil
    }
  }
}

extension Record: ComponentConvertible {
  public var componentValue: ComponentValue { .record(self) }
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .record(let record) = value else { throw value.isNot("a record") }
    self = record
  }
}
