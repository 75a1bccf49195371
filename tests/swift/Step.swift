import Foundation
import Trimaran
import TrimaranFoundation

/// A value of JSON. Numbers that are not whole do not occur in cases.
enum JSON: Decodable, Equatable, Sendable, CustomStringConvertible {
  case null
  case bool(Bool)
  case int(Int)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let int = try? value.decode(Int.self) {
      self = .int(int)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([JSON].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSON].self))
    }
  }

  var description: String {
    switch self {
    case .null: "null"
    case .bool(let bool): "\(bool)"
    case .int(let int): "\(int)"
    case .string(let string): "\"\(string)\""
    case .array(let array): "[\(array.map(\.description).joined(separator: ", "))]"
    case .object(let object): "{\(object.map { "\($0): \($1)" }.sorted().joined(separator: ", "))}"
    }
  }

  var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
  var int: Int? { if case .int(let int) = self { int } else { nil } }
  var string: String? { if case .string(let string) = self { string } else { nil } }
  var array: [JSON]? { if case .array(let array) = self { array } else { nil } }
  var object: [String: JSON]? { if case .object(let object) = self { object } else { nil } }
}

/// What is wrong with a step or with its outcome.
struct Problem: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Gives the fields of a step, and knows which were never asked for.
final class Step {
  private let fields: [String: JSON]
  private var used: Set<String> = []

  init(_ step: JSON) throws {
    guard let fields = step.object else { throw Problem("a step has to be an object") }
    self.fields = fields
  }

  func optional(_ name: String) -> JSON? {
    used.insert(name)
    return fields[name]
  }

  func value(_ name: String) throws -> JSON {
    guard let value = optional(name) else { throw Problem("it has no `\(name)`") }
    return value
  }

  func text(_ name: String) throws -> String {
    guard let text = try value(name).string else { throw Problem("`\(name)` is no text") }
    return text
  }

  func list(_ name: String) throws -> [JSON] {
    guard let list = try value(name).array else { throw Problem("`\(name)` is no list") }
    return list
  }

  func int(_ name: String) throws -> Int {
    guard let int = try value(name).int else { throw Problem("`\(name)` is no integer") }
    return int
  }

  /// An integer that has to fit a narrower type, such as a byte.
  func number<N: FixedWidthInteger>(_ name: String) throws -> N {
    guard let number = N(exactly: try int(name)) else { throw Problem("`\(name)` is no \(N.self)") }
    return number
  }

  func bytes(_ name: String) throws -> Data { try unhex(text(name)) }

  /// Fails where a field was never asked for: a runner must not skip what it does not know.
  func checkAllUsed() throws {
    if let name = fields.keys.sorted().first(where: { !used.contains($0) }) {
      throw Problem("unknown field `\(name)`")
    }
  }
}

func hex(_ bytes: Data) -> String {
  bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}

func unhex(_ text: String) throws -> Data {
  let digits = Array(text.utf8)
  let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { place in
    UInt8(String(decoding: digits[place...].prefix(2), as: UTF8.self), radix: 16)
  }
  guard bytes.count * 2 == digits.count else { throw Problem("`\(text)` is not hex") }
  return Data(bytes)
}

/// A number from its decimal reading.
func decimal<N: FixedWidthInteger>(_ text: String, as type: N.Type = N.self) throws -> N {
  guard let number = N(text) else { throw Problem("`\(text)` is no \(N.self)") }
  return number
}

extension Val {
  /// A value from `[type, bits]`.
  init(case value: JSON) throws {
    guard let parts = value.array, let kind = parts.first?.string else { throw Problem("\(value) is no value") }
    let bits = parts.count == 2 ? parts[1].string ?? "" : ""
    switch kind {
    case "null": self = .null
    case "i32": self = .i32(Int32(bitPattern: try decimal(bits)))
    case "i64": self = .i64(Int64(bitPattern: try decimal(bits)))
    case "f32": self = .f32(Float(bitPattern: try decimal(bits)))
    case "f64": self = .f64(Double(bitPattern: try decimal(bits)))
    case "v128":
      let vector = try decimal(bits, as: UInt128.self)
      self = .v128(low: UInt64(truncatingIfNeeded: vector), high: UInt64(truncatingIfNeeded: vector >> 64))
    default: throw Problem("\(value) is no value")
    }
  }

  /// The value as `[type, bits]`.
  var asCase: JSON {
    switch self {
    case .i32(let value): pair("i32", UInt32(bitPattern: value))
    case .i64(let value): pair("i64", UInt64(bitPattern: value))
    case .f32(let value): pair("f32", value.bitPattern)
    case .f64(let value): pair("f64", value.bitPattern)
    case .v128(let low, let high): pair("v128", UInt128(high) << 64 | UInt128(low))
    default: .array([.string(isNull ? "null" : "reference")])
    }
  }

  private func pair(_ kind: String, _ bits: some BinaryInteger) -> JSON {
    .array([.string(kind), .string("\(bits)")])
  }
}
