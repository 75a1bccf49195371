// Calls of functions whose values are numbers, truth values and characters alone. Each has a slot with its bits: see
// core/src/component/abi/plain.rs. What is above them means nothing on the way in, and is 0 on the way out.

internal import CTrimaran
import Trimaran

extension Wit.Function {
  /// Calls the function with as many of the slots as it has parameters.
  ///
  /// - Parameters:
  ///   - first: The slot of its first parameter.
  ///   - second: That of its second one.
  ///   - third: That of its third one.
  ///   - fourth: That of its fourth one.
  /// - Returns: The slot of the result; 0 where there is none.
  /// - Throws: As `Func.call` does.
  @discardableResult
  public func plain(
    _ first: UInt64 = 0,
    _ second: UInt64 = 0,
    _ third: UInt64 = 0,
    _ fourth: UInt64 = 0
  ) throws(WasmtimeError) -> UInt64 {
    try enterPlain((first, second, third, fourth), nil)
  }

  /// Calls a method.
  ///
  /// - Parameters:
  ///   - resource: The resource, which is lent.
  ///   - second: The slot of the first parameter behind it.
  ///   - third: That of the next one.
  ///   - fourth: That of the last one.
  /// - Returns: The slot of the result; 0 where there is none.
  /// - Throws: As `Func.call` does.
  @discardableResult
  public func plain(
    _ resource: Resource,
    _ second: UInt64 = 0,
    _ third: UInt64 = 0,
    _ fourth: UInt64 = 0
  ) throws(WasmtimeError) -> UInt64 {
    try withExtendedLifetime(resource) { () throws(WasmtimeError) in
      try enterPlain((0, second, third, fourth), resource.core.pointer)
    }
  }

  @inline(__always)
  private func enterPlain(
    _ slots: (UInt64, UInt64, UInt64, UInt64),
    _ resource: OpaquePointer?
  ) throws(WasmtimeError) -> UInt64 {
    var (slots, result, error) = (slots, UInt64(0), trimaran_bytes())
    // What runs may call host functions, which look for their store.
    let status = withExtendedLifetime(self) {
      withUnsafeBytes(of: &slots) { slots in
        trimaran_component_func_call_plain(
          function.core.pointer,
          store.core.pointer,
          slots.baseAddress?.assumingMemoryBound(to: UInt64.self),
          function.codec.kinds.count,
          resource,
          false,
          &result,
          &error
        )
      }
    }
    if status != 0 { throw WasmtimeError.left(error) }
    return result
  }
}

extension Wit {
  /// The slot of an integer.
  @inlinable
  public static func slot(_ value: some FixedWidthInteger) -> UInt64 { UInt64(truncatingIfNeeded: value) }

  /// The slot of a `bool`.
  @inlinable
  public static func slot(_ value: Bool) -> UInt64 { value ? 1 : 0 }

  /// The slot of an `f32`.
  @inlinable
  public static func slot(_ value: Float) -> UInt64 { UInt64(value.bitPattern) }

  /// The slot of an `f64`.
  @inlinable
  public static func slot(_ value: Double) -> UInt64 { value.bitPattern }

  /// The slot of a `char`.
  @inlinable
  public static func slot(_ value: Unicode.Scalar) -> UInt64 { UInt64(value.value) }

  /// The `bool` of a slot.
  @inlinable
  public static func bool(_ slot: UInt64) -> Bool { slot != 0 }

  /// The `s8` of a slot.
  @inlinable
  public static func s8(_ slot: UInt64) -> Int8 { Int8(truncatingIfNeeded: slot) }

  /// The `u8` of a slot.
  @inlinable
  public static func u8(_ slot: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: slot) }

  /// The `s16` of a slot.
  @inlinable
  public static func s16(_ slot: UInt64) -> Int16 { Int16(truncatingIfNeeded: slot) }

  /// The `u16` of a slot.
  @inlinable
  public static func u16(_ slot: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: slot) }

  /// The `s32` of a slot.
  @inlinable
  public static func s32(_ slot: UInt64) -> Int32 { Int32(truncatingIfNeeded: slot) }

  /// The `u32` of a slot.
  @inlinable
  public static func u32(_ slot: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: slot) }

  /// The `s64` of a slot.
  @inlinable
  public static func s64(_ slot: UInt64) -> Int64 { Int64(bitPattern: slot) }

  /// The `u64` of a slot.
  @inlinable
  public static func u64(_ slot: UInt64) -> UInt64 { slot }

  /// The `f32` of a slot.
  @inlinable
  public static func f32(_ slot: UInt64) -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: slot)) }

  /// The `f64` of a slot.
  @inlinable
  public static func f64(_ slot: UInt64) -> Double { Double(bitPattern: slot) }

  /// The `char` of a slot.
  @inlinable
  public static func char(_ slot: UInt64) -> Unicode.Scalar {
    Unicode.Scalar(UInt32(truncatingIfNeeded: slot)) ?? "\u{FFFD}"
  }
}
