/// A value of WebAssembly.
///
/// Numbers convert with Swift's own initialisers: `try Int(value)`, `try Double(value)`. Floats keep every bit,
/// so that no NaN is changed on the way.
public enum Val: Sendable {
  /// A 32-bit integer. WebAssembly gives it no sign; this is its signed reading.
  case i32(Int32)
  /// A 64-bit integer. WebAssembly gives it no sign; this is its signed reading.
  case i64(Int64)
  /// A 32-bit float.
  case f32(Float)
  /// A 64-bit float.
  case f64(Double)
  /// A vector of 128 bits: bits 0 to 63, and bits 64 to 127.
  case v128(low: UInt64, high: UInt64)
  /// A reference to a function; `nil` is null.
  case funcRef(Func?)
  /// A reference to a value of the host: any object of a class, which comes back as the very same one; `nil` is null.
  /// The store keeps the object for as long as a guest refers to it, until a collection of garbage (``Store/gc()``)
  /// finds that none does, or the store is closed. Its `deinit` may use that very store: it runs when the thread that
  /// collected has left the store. Put what is no class into one.
  ///
  /// What a guest made an externref of, from a value of its own, is a ``Reference`` here.
  case externRef((any AnyObject & Sendable)?)
  /// A reference to a garbage-collected value; `nil` is null.
  case anyRef(Reference?)
  /// A reference to an exception; `nil` is null.
  case exnRef(Reference?)
  /// A null reference of whatever type its place asks for.
  case null

  /// The number, where this is an i32.
  public var i32: Int32? { if case .i32(let value) = self { value } else { nil } }

  /// The number, where this is an i64.
  public var i64: Int64? { if case .i64(let value) = self { value } else { nil } }

  /// The number, where this is an f32.
  public var f32: Float? { if case .f32(let value) = self { value } else { nil } }

  /// The number, where this is an f64.
  public var f64: Double? { if case .f64(let value) = self { value } else { nil } }

  /// The object, where this is an externref that is not null.
  public var object: (any AnyObject & Sendable)? { if case .externRef(let value) = self { value } else { nil } }

  /// Whether this is a null reference.
  public var isNull: Bool {
    switch self {
    case .null, .funcRef(nil), .externRef(nil), .anyRef(nil), .exnRef(nil): true
    default: false
    }
  }
}

extension Val: Hashable {
  /// Whether two values are of the same type and have the same bits: a NaN equals itself, and 0.0 is not -0.0.
  /// References are equal where they are one object of Swift; `same` tells whether two refer to one value.
  public static func == (left: Val, right: Val) -> Bool { left.key == right.key }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }

  private enum Key: Hashable {
    case bits(String, UInt64, UInt64)
    case reference(String, ObjectIdentifier?)
  }

  private var key: Key {
    switch self {
    case .i32(let value): .bits(word, UInt64(UInt32(bitPattern: value)), 0)
    case .i64(let value): .bits(word, UInt64(bitPattern: value), 0)
    case .f32(let value): .bits(word, UInt64(value.bitPattern), 0)
    case .f64(let value): .bits(word, value.bitPattern, 0)
    case .v128(let low, let high): .bits(word, low, high)
    case .funcRef(let function): .reference(word, function.map(ObjectIdentifier.init))
    case .externRef(let value): .reference(word, value.map { ObjectIdentifier($0) })
    case .anyRef(let value), .exnRef(let value): .reference(word, value.map(ObjectIdentifier.init))
    case .null: .reference(word, nil)
    }
  }
}

extension Val: CustomStringConvertible {
  /// Type and number, as a constant of the text format: `i32 42`.
  public var description: String {
    switch self {
    case .i32(let value): "i32 \(value)"
    case .i64(let value): "i64 \(value)"
    case .f32(let value): "f32 \(value)"
    case .f64(let value): "f64 \(value)"
    case .v128(let low, let high): "v128 i64x2 \(low) \(high)"
    case .funcRef, .externRef, .anyRef, .exnRef: isNull ? "null \(word)" : word
    case .null: word
    }
  }
}

extension Val {
  /// A value that came out of `store`.
  init(_ core: Core.Val, _ store: Store) throws(WasmtimeError) {
    self =
      switch core {
      case .i32(let value): .i32(value)
      case .i64(let value): .i64(value)
      case .f32(let bits): .f32(Float(bitPattern: bits))
      case .f64(let bits): .f64(Double(bitPattern: bits))
      case .v128(let low, let high): .v128(low: low, high: high)
      case .funcRef(let function): .funcRef(function)
      case .externRef(let value?): .externRef(try store.object(value) ?? value)
      case .externRef(nil): .externRef(nil)
      case .anyRef(let value): .anyRef(value)
      case .exnRef(let value): .exnRef(value)
      case .null: .null
      }
  }

  /// The value as it goes into `store`.
  func core(_ store: Store) throws(WasmtimeError) -> Core.Val {
    switch self {
    case .i32(let value): .i32(value: value)
    case .i64(let value): .i64(value: value)
    case .f32(let value): .f32(bits: value.bitPattern)
    case .f64(let value): .f64(bits: value.bitPattern)
    case .v128(let low, let high): .v128(low: low, high: high)
    case .funcRef(let function): .funcRef(func: function)
    case .externRef(let value as Reference): .externRef(value: value)
    case .externRef(let value?): .externRef(value: try store.reference(to: value))
    case .externRef(nil): .externRef(value: nil)
    case .anyRef(let value): .anyRef(value: value)
    case .exnRef(let value): .exnRef(value: value)
    case .null: .null
    }
  }

  private var word: String {
    switch self {
    case .i32: "i32"
    case .i64: "i64"
    case .f32: "f32"
    case .f64: "f64"
    case .v128: "v128"
    case .funcRef: "funcref"
    case .externRef: "externref"
    case .anyRef: "anyref"
    case .exnRef: "exnref"
    case .null: "null"
    }
  }

  /// The error of a value that is not what it should be.
  func isNot(_ wanted: String) -> WasmtimeError {
    .type(reason: "\(description): expected \(wanted)")
  }
}

/// Values as they go into `store`.
func converted(_ values: [Val], _ store: Store) throws(WasmtimeError) -> [Core.Val] {
  var converted: [Core.Val] = []
  converted.reserveCapacity(values.count)
  for value in values { converted.append(try value.core(store)) }
  return converted
}
