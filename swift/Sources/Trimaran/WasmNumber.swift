/// A type of Swift whose values are the numbers of one type of WebAssembly: `Int32` and `UInt32` (i32), `Int64` and
/// `UInt64` (i64), `Float` (f32) and `Double` (f64). A type of your own can be one as well, such as one for v128.
///
/// A ``TypedFunc`` takes and gives them as they are. What takes any number, where nothing is lost by it, and
/// references, is ``Func``.
public protocol WasmNumber: Sendable {
  /// The type in WebAssembly.
  static var valType: ValType { get }

  /// The number that a slot holds.
  init(slot: Slot)

  /// The number in a slot.
  var slot: Slot { get }
}

/// Room for one number of any type of WebAssembly, at its low end.
public struct Slot: Sendable, Hashable {
  /// Bits 0 to 63.
  public var low: UInt64
  /// Bits 64 to 127, of a vector.
  public var high: UInt64

  /// The bits of a number.
  @inlinable
  public init(low: UInt64, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }
}

extension Int32: WasmNumber {
  /// i32.
  public static var valType: ValType { .i32 }

  /// The number that a slot holds.
  @inlinable
  public init(slot: Slot) { self.init(truncatingIfNeeded: slot.low) }

  /// The number in a slot.
  @inlinable
  public var slot: Slot { Slot(low: UInt64(UInt32(bitPattern: self))) }
}

extension UInt32: WasmNumber {
  /// i32, in its unsigned reading.
  public static var valType: ValType { .i32 }

  /// The number that a slot holds.
  @inlinable
  public init(slot: Slot) { self.init(truncatingIfNeeded: slot.low) }

  /// The number in a slot.
  @inlinable
  public var slot: Slot { Slot(low: UInt64(self)) }
}

extension Int64: WasmNumber {
  /// i64.
  public static var valType: ValType { .i64 }

  /// The number that a slot holds.
  @inlinable
  public init(slot: Slot) { self.init(bitPattern: slot.low) }

  /// The number in a slot.
  @inlinable
  public var slot: Slot { Slot(low: UInt64(bitPattern: self)) }
}

extension UInt64: WasmNumber {
  /// i64, in its unsigned reading.
  public static var valType: ValType { .i64 }

  /// The number that a slot holds.
  @inlinable
  public init(slot: Slot) { self = slot.low }

  /// The number in a slot.
  @inlinable
  public var slot: Slot { Slot(low: self) }
}

extension Float: WasmNumber {
  /// f32.
  public static var valType: ValType { .f32 }

  /// The number that a slot holds.
  @inlinable
  public init(slot: Slot) { self.init(bitPattern: UInt32(truncatingIfNeeded: slot.low)) }

  /// The number in a slot.
  @inlinable
  public var slot: Slot { Slot(low: UInt64(bitPattern)) }
}

extension Double: WasmNumber {
  /// f64.
  public static var valType: ValType { .f64 }

  /// The number that a slot holds.
  @inlinable
  public init(slot: Slot) { self.init(bitPattern: slot.low) }

  /// The number in a slot.
  @inlinable
  public var slot: Slot { Slot(low: bitPattern) }
}
