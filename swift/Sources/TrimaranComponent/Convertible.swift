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
  func isNot(_ expected: String) -> WasmtimeError { .type(reason: "the result is \(word): expected \(expected)") }
}

extension ComponentConvertible where Self: FixedWidthInteger {
  /// The integer that a value holds.
  public init(_ value: ComponentValue) throws(WasmtimeError) { self = try value.integer() }
}

extension ComponentValue {
  /// The integer that it is.
  @usableFromInline
  func integer<Number: FixedWidthInteger>() throws(WasmtimeError) -> Number {
    let number: Number? =
      switch self {
      case .s8(let number): Number(exactly: number)
      case .u8(let number): Number(exactly: number)
      case .s16(let number): Number(exactly: number)
      case .u16(let number): Number(exactly: number)
      case .s32(let number): Number(exactly: number)
      case .u32(let number): Number(exactly: number)
      case .s64(let number): Number(exactly: number)
      case .u64(let number): Number(exactly: number)
      default: throw isNot("an integer")
      }
    guard let number else { throw .range(reason: "the result is \(digits), which is no \(Number.self)") }
    return number
  }

  /// The elements of a list, one by one.
  @usableFromInline
  func each<Value: ComponentConvertible>() throws(WasmtimeError) -> [Value] {
    guard let elements else { throw isNot("a list") }
    return try elements.map { (value) throws(WasmtimeError) in try Value(value) }
  }
}

extension Int: ComponentConvertible {
  /// The integer, for any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .s64(Int64(self)) }
}

extension UInt: ComponentConvertible {
  /// The integer, for any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .u64(UInt64(self)) }
}

extension Int8: ComponentConvertible {
  /// The integer as an s8, which goes into any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .s8(self) }

  /// The integer of a value. Fails with `type` and `range`.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    if case .s8(let number) = value { self = number } else { self = try value.integer() }
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [Int8]) -> ComponentValue { .s8s(values) }

  /// The integers of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Int8] {
    if case .s8s(let values) = list { return values }
    return try list.each()
  }
}

extension UInt8: ComponentConvertible {
  /// The integer as a u8, which goes into any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .u8(self) }

  /// The integer of a value. Fails with `type` and `range`.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    if case .u8(let number) = value { self = number } else { self = try value.integer() }
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [UInt8]) -> ComponentValue { .bytes(values) }

  /// The integers of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [UInt8] {
    if case .bytes(let values) = list { return values }
    return try list.each()
  }
}

extension Int16: ComponentConvertible {
  /// The integer as an s16, which goes into any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .s16(self) }

  /// The integer of a value. Fails with `type` and `range`.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    if case .s16(let number) = value { self = number } else { self = try value.integer() }
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [Int16]) -> ComponentValue { .s16s(values) }

  /// The integers of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Int16] {
    if case .s16s(let values) = list { return values }
    return try list.each()
  }
}

extension UInt16: ComponentConvertible {
  /// The integer as a u16, which goes into any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .u16(self) }

  /// The integer of a value. Fails with `type` and `range`.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    if case .u16(let number) = value { self = number } else { self = try value.integer() }
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [UInt16]) -> ComponentValue { .u16s(values) }

  /// The integers of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [UInt16] {
    if case .u16s(let values) = list { return values }
    return try list.each()
  }
}

extension Int32: ComponentConvertible {
  /// The integer as an s32, which goes into any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .s32(self) }

  /// The integer of a value. Fails with `type` and `range`.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    if case .s32(let number) = value { self = number } else { self = try value.integer() }
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [Int32]) -> ComponentValue { .s32s(values) }

  /// The integers of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Int32] {
    if case .s32s(let values) = list { return values }
    return try list.each()
  }
}

extension UInt32: ComponentConvertible {
  /// The integer as a u32, which goes into any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .u32(self) }

  /// The integer of a value. Fails with `type` and `range`.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    if case .u32(let number) = value { self = number } else { self = try value.integer() }
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [UInt32]) -> ComponentValue { .u32s(values) }

  /// The integers of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [UInt32] {
    if case .u32s(let values) = list { return values }
    return try list.each()
  }
}

extension Int64: ComponentConvertible {
  /// The integer as an s64, which goes into any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .s64(self) }

  /// The integer of a value. Fails with `type` and `range`.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    if case .s64(let number) = value { self = number } else { self = try value.integer() }
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [Int64]) -> ComponentValue { .s64s(values) }

  /// The integers of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Int64] {
    if case .s64s(let values) = list { return values }
    return try list.each()
  }
}

extension UInt64: ComponentConvertible {
  /// The integer as a u64, which goes into any type that holds it.
  @inlinable
  public var componentValue: ComponentValue { .u64(self) }

  /// The integer of a value. Fails with `type` and `range`.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    if case .u64(let number) = value { self = number } else { self = try value.integer() }
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [UInt64]) -> ComponentValue { .u64s(values) }

  /// The integers of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [UInt64] {
    if case .u64s(let values) = list { return values }
    return try list.each()
  }
}

extension Float: ComponentConvertible {
  /// The float as an f32.
  @inlinable
  public var componentValue: ComponentValue { .f32(self) }

  /// The float of an f32. Fails with `type` for anything else.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .f32(let number) = value else { throw value.isNot("an f32") }
    self = number
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [Float]) -> ComponentValue { .f32s(values) }

  /// The floats of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Float] {
    if case .f32s(let values) = list { return values }
    return try list.each()
  }
}

extension Double: ComponentConvertible {
  /// The float as an f64, which goes into an f32 by rounding.
  @inlinable
  public var componentValue: ComponentValue { .f64(self) }

  /// The float of an f64 or, exactly, of an f32. Fails with `type` for anything else.
  @inlinable
  public init(_ value: ComponentValue) throws(WasmtimeError) {
    switch value {
    case .f64(let number): self = number
    case .f32(let number): self = Double(number)
    default: throw value.isNot("a float")
    }
  }

  /// Such a list, as its bytes.
  @inlinable
  public static func componentList(_ values: [Double]) -> ComponentValue { .f64s(values) }

  /// The floats of a list.
  @inlinable
  public static func values(_ list: ComponentValue) throws(WasmtimeError) -> [Double] {
    if case .f64s(let values) = list { return values }
    return try list.each()
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
