/// A type of Swift that goes into a function of WebAssembly and comes out of one: the integers and floats of
/// Swift, ``Val``, ``Func`` and ``Reference``.
public protocol ValConvertible: Sendable {
  /// The value, to pass it on. Fails with `range` for an integer that 64 bits with a sign do not hold. A call and a ``Global`` take
  /// one of 64 bits without a sign all the same where they want an i64.
  var val: Val { get throws(WasmtimeError) }

  /// Takes what came out. Fails with `type` for a value of another type, and with `range` for a number that
  /// does not fit.
  init(_ val: Val) throws(WasmtimeError)
}

extension Val: ValConvertible {
  /// Itself.
  public var val: Val { self }

  /// The same value.
  public init(_ val: Val) { self = val }
}

extension ValConvertible where Self: FixedWidthInteger {
  /// The integer as an i64, which goes into any number that holds it exactly.
  public var val: Val {
    get throws(WasmtimeError) {
      guard let value = Int64(exactly: self) else {
        throw .range(reason: "\(self): expected an integer from \(Int64.min) to \(Int64.max)")
      }
      return .i64(value)
    }
  }

  /// The integer of an i32 or i64, in its signed reading for a signed type and in its unsigned reading for an
  /// unsigned one. Fails with `range` where it does not fit.
  public init(_ val: Val) throws(WasmtimeError) {
    switch val {
    case .i32(let value): self = try Self.fit(value, UInt32(bitPattern: value))
    case .i64(let value): self = try Self.fit(value, UInt64(bitPattern: value))
    default: throw val.isNot("an integer")
    }
  }

  private static func fit(_ signed: some BinaryInteger, _ unsigned: some BinaryInteger) throws(WasmtimeError) -> Self {
    guard let value = isSigned ? Self(exactly: signed) : Self(exactly: unsigned) else {
      let reading = isSigned ? "\(signed)" : "\(unsigned)"
      throw .range(reason: "\(reading): expected an integer from \(min) to \(max)")
    }
    return value
  }
}

/// An integer past those with a sign in its unsigned reading, as an i64, where that is what is wanted. WebAssembly gives an i64 no
/// sign.
func unsigned(_ value: any ValConvertible) -> Val? {
  func bits(_ value: some FixedWidthInteger) -> UInt64? { UInt64(exactly: value) }
  guard let integer = value as? any FixedWidthInteger, let bits = bits(integer) else { return nil }
  return .i64(Int64(bitPattern: bits))
}

extension Int8: ValConvertible {}
extension Int16: ValConvertible {}
extension Int64: ValConvertible {}
extension Int: ValConvertible {}
extension UInt8: ValConvertible {}
extension UInt16: ValConvertible {}
extension UInt32: ValConvertible {}
extension UInt64: ValConvertible {}
extension UInt: ValConvertible {}

extension Int32: ValConvertible {
  /// The integer as an i32, which goes into any number that holds it exactly.
  public var val: Val { .i32(self) }
}

@available(macOS 15, iOS 18, tvOS 18, watchOS 11, visionOS 2, *)
extension Int128: ValConvertible {}

@available(macOS 15, iOS 18, tvOS 18, watchOS 11, visionOS 2, *)
extension UInt128: ValConvertible {}

extension Float: ValConvertible {
  /// The float as an f32.
  public var val: Val { .f32(self) }

  /// The float of an f32. Fails with `type` for anything else.
  public init(_ val: Val) throws(WasmtimeError) {
    guard case .f32(let value) = val else { throw val.isNot("an f32") }
    self = value
  }
}

extension Double: ValConvertible {
  /// The float as an f64, which goes into an f32 by rounding.
  public var val: Val { .f64(self) }

  /// The float of an f64 or, exactly, of an f32. Fails with `type` for anything else.
  public init(_ val: Val) throws(WasmtimeError) {
    switch val {
    case .f64(let value): self = value
    case .f32(let value): self = Double(value)
    default: throw val.isNot("a float")
    }
  }
}
