// Numbers as values of components.

import Trimaran

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
    guard let number else { throw .range(reason: "\(digits) is no \(Number.self)") }
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
