import Trimaran

/// A value of the official suite, or what a result has to be like. `tests/spec/README.md` has the vocabulary.
struct Pattern: Decodable, Sendable, CustomStringConvertible {
  let kind: String
  /// Bits as a decimal number, a number of an object, a heap type, or a kind of NaN.
  private var text = ""
  private var lanes: [String] = []
  private var alternatives: [Pattern] = []

  init(from decoder: any Decoder) throws {
    var parts = try decoder.unkeyedContainer()
    kind = try parts.decode(String.self)
    switch kind {
    case "null": break
    case "either": alternatives = try parts.decode([Pattern].self)
    case "f32x4", "f64x2": lanes = try parts.decode([String].self)
    default: text = try parts.isAtEnd ? "" : parts.decode(String.self)
    }
    if !parts.isAtEnd { throw Problem("`\(kind)` has too many parts") }
  }

  var description: String {
    "\(kind) \(text)\(lanes.joined(separator: " "))\(alternatives.map(\.description).joined(separator: " or "))"
  }

  /// The value, as an argument.
  func value(_ hosts: inout [String: HostObject]) throws -> Val {
    switch kind {
    case "i32": return .i32(Int32(bitPattern: try decimal(text)))
    case "i64": return .i64(Int64(bitPattern: try decimal(text)))
    case "f32": return .f32(Float(bitPattern: try decimal(text)))
    case "f64": return .f64(Double(bitPattern: try decimal(text)))
    case "v128":
      let vector = try decimal(text, as: UInt128.self)
      return .v128(low: UInt64(truncatingIfNeeded: vector), high: UInt64(truncatingIfNeeded: vector >> 64))
    case "null": return .null
    case "host":
      let object = hosts[text] ?? HostObject()
      hosts[text] = object
      return .externRef(object)
    default: throw Problem("unknown value `\(kind)`")
    }
  }

  /// Whether a result is as it has to be.
  func matches(_ found: Val, _ store: Store, _ hosts: [String: HostObject]) throws -> Bool {
    switch (kind, found) {
    case ("either", _): return try alternatives.contains { try $0.matches(found, store, hosts) }
    case ("i32", .i32(let value)): return text == "\(UInt32(bitPattern: value))"
    case ("i64", .i64(let value)): return text == "\(UInt64(bitPattern: value))"
    case ("f32", .f32(let value)): return isFloat(text, value.bitPattern)
    case ("f64", .f64(let value)): return isFloat(text, value.bitPattern)
    case ("v128", .v128(let low, let high)): return text == "\(UInt128(high) << 64 | UInt128(low))"
    case ("f32x4", .v128(let low, let high)):
      let found = [low, low >> 32, high, high >> 32].map { UInt32(truncatingIfNeeded: $0) }
      return lanes.count == 4 && zip(lanes, found).allSatisfy { isFloat($0, $1) }
    case ("f64x2", .v128(let low, let high)):
      return lanes.count == 2 && isFloat(lanes[0], low) && isFloat(lanes[1], high)
    case ("null", _): return found.isNull
    case ("host", .externRef(let object?)): return object === hosts[text]
    case ("ref", .funcRef(_?)): return text == "func"
    case ("ref", .externRef(_?)): return text == "extern"
    case ("ref", .exnRef(_?)): return text == "exn"
    case ("ref", .anyRef(let reference?)):
      guard let heap = Self.collected[text] else { return false }
      return try reference.matches(store, RefType(heap, nullable: false))
    default: return false
    }
  }

  private static let collected: [String: HeapType] = [
    "any": .any, "eq": .eq, "i31": .i31, "struct": .struct, "array": .array,
  ]
}

/// Whether the bits of a float are these, or those of a kind of NaN (core specification, section 4.3.3).
private func isFloat(_ pattern: String, _ bits: UInt32) -> Bool {
  switch pattern {
  case "nan:canonical": bits & 0x7fff_ffff == 0x7fc0_0000
  case "nan:arithmetic": bits & 0x7fc0_0000 == 0x7fc0_0000
  default: pattern == "\(bits)"
  }
}

private func isFloat(_ pattern: String, _ bits: UInt64) -> Bool {
  switch pattern {
  case "nan:canonical": bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000
  case "nan:arithmetic": bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000
  default: pattern == "\(bits)"
  }
}
