import Trimaran

/// A value of the component model.
///
/// Literals are values: `[1, "two", [3.5], nil]`. Integers go into any type that has them, into an f32 up to 2^24 and into
/// an f64 up to 2^53, and an f64 into an f32 by rounding. What comes out has the very case of its type, so that nothing is ambiguous:
///
/// ```swift
/// switch try divide.call(store, [7, 0]) {
/// case .ok(.u32(let quotient)): print(quotient)
/// case .error(.enum(let reason)): print(reason)
/// default: break
/// }
/// ```
public enum ComponentValue: Sendable {
  case bool(Bool)
  case s8(Int8)
  case u8(UInt8)
  case s16(Int16)
  case u16(UInt16)
  case s32(Int32)
  case u32(UInt32)
  case s64(Int64)
  case u64(UInt64)
  case f32(Float)
  case f64(Double)
  case char(Unicode.Scalar)
  case string(String)
  /// A `list<u8>`.
  case bytes([UInt8])
  /// A `list<s8>`; the other lists of numbers are alike.
  case s8s([Int8])
  case s16s([Int16])
  case u16s([UInt16])
  case s32s([Int32])
  case u32s([UInt32])
  case s64s([Int64])
  case u64s([UInt64])
  case f32s([Float])
  case f64s([Double])
  /// Any other list. A list of numbers may be given so as well, and a tuple.
  case list([ComponentValue])
  /// A map, whose entries have no order.
  case map([ComponentValue: ComponentValue])
  case record(Record)
  case tuple([ComponentValue])
  /// The case of a variant, and what it carries, if it carries something.
  indirect case variant(String, ComponentValue?)
  case `enum`(String)
  case flags(Set<String>)
  /// An option. A value that is there may be given as it is, unless it is an option itself.
  indirect case option(ComponentValue?)
  /// A result that is well.
  indirect case ok(ComponentValue?)
  /// A result that is not.
  indirect case error(ComponentValue?)
  /// A resource of a guest.
  case resource(Resource)
  /// An object of a resource type of the host's: any object of a class, which comes back as the very same one.
  case object(any AnyObject & Sendable)
  /// A stream of a guest.
  case stream(ComponentStream)
  /// A future of a guest.
  case future(ComponentFuture)
  /// What a guest reads that the host has, as a stream or as a future. A list goes into a stream as well.
  case source(ComponentSource)
}

/// The fields of a record, by name and in order.
public struct Record: Sendable, Hashable {
  /// The names, in the order of the type.
  public let names: [String]
  /// The values, in the same order.
  public let values: [ComponentValue]

  /// Makes a record.
  ///
  /// - Parameter fields: The fields, whose order is of no account where the record goes into a guest.
  public init(_ fields: [(String, ComponentValue)]) {
    names = fields.map(\.0)
    values = fields.map(\.1)
  }

  init(names: [String], values: [ComponentValue]) { (self.names, self.values) = (names, values) }

  /// The value of a field; `nil` where there is none of that name.
  public subscript(name: String) -> ComponentValue? { names.firstIndex(of: name).map { values[$0] } }
}

extension Record: ExpressibleByDictionaryLiteral {
  /// Makes a record of names and values.
  public init(dictionaryLiteral elements: (String, ComponentValue)...) { self.init(elements) }
}

extension ComponentValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// An integer, for any type that holds it.
  public init(integerLiteral value: Int64) { self = .s64(value) }

  /// A float, for either type.
  public init(floatLiteral value: Double) { self = .f64(value) }

  /// A string; also a char, the case of an enum, or one that carries nothing.
  public init(stringLiteral value: String) { self = .string(value) }

  /// A bool.
  public init(booleanLiteral value: Bool) { self = .bool(value) }

  /// An option without a value.
  public init(nilLiteral: ()) { self = .option(nil) }

  /// A list, or a tuple.
  public init(arrayLiteral elements: ComponentValue...) { self = .list(elements) }

  /// The name of a record's field.
  public typealias Key = String
  /// The value of a record's field.
  public typealias Value = ComponentValue

  /// A record.
  public init(dictionaryLiteral elements: (String, ComponentValue)...) { self = .record(Record(elements)) }
}

extension ComponentValue: Hashable {
  /// Whether two values are of the same case and have the same bits: a NaN equals itself, and 0.0 is not -0.0. So `.u32(1)` is not
  /// `.u8(1)`, nor the literal `1`, which is an s64. Resources, objects, streams and futures are equal where they are one object of Swift.
  public static func == (left: ComponentValue, right: ComponentValue) -> Bool { left.key == right.key }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }

  private enum Compared: Hashable {
    case bits(String, UInt64)
    case text(String, String)
    case items(String, [ComponentValue])
    case map([ComponentValue: ComponentValue])
    case record(Record)
    case variant(String, String, ComponentValue?)
    case flags(Set<String>)
    case object(ObjectIdentifier)
  }

  private var key: Compared {
    switch self {
    case .bool(let value): .bits("bool", value ? 1 : 0)
    case .s8(let value): .bits("s8", UInt64(truncatingIfNeeded: value))
    case .u8(let value): .bits("u8", UInt64(value))
    case .s16(let value): .bits("s16", UInt64(truncatingIfNeeded: value))
    case .u16(let value): .bits("u16", UInt64(value))
    case .s32(let value): .bits("s32", UInt64(truncatingIfNeeded: value))
    case .u32(let value): .bits("u32", UInt64(value))
    case .s64(let value): .bits("s64", UInt64(bitPattern: value))
    case .u64(let value): .bits("u64", value)
    case .f32(let value): .bits("f32", UInt64(value.bitPattern))
    case .f64(let value): .bits("f64", value.bitPattern)
    case .char(let value): .bits("char", UInt64(value.value))
    case .string(let value): .text("string", value)
    case .bytes, .s8s, .s16s, .u16s, .s32s, .u32s, .s64s, .u64s, .f32s, .f64s, .list: .items("list", elements ?? [])
    case .tuple(let values): .items("tuple", values)
    case .map(let entries): .map(entries)
    case .record(let record): .record(record)
    case .variant(let name, let value): .variant("variant", name, value)
    case .enum(let name): .text("enum", name)
    case .flags(let names): .flags(names)
    case .option(let value): .variant("option", "", value)
    case .ok(let value): .variant("result", "ok", value)
    case .error(let value): .variant("result", "error", value)
    case .resource(let resource): .object(ObjectIdentifier(resource))
    case .object(let object): .object(ObjectIdentifier(object))
    case .stream(let stream): .object(ObjectIdentifier(stream))
    case .future(let future): .object(ObjectIdentifier(future))
    case .source(let source): .object(ObjectIdentifier(source))
    }
  }
}

extension ComponentValue {
  /// The elements of any list, and the fields of a tuple; `nil` for everything else.
  public var elements: [ComponentValue]? {
    switch self {
    case .list(let values), .tuple(let values): values
    case .bytes(let values): values.map { .u8($0) }
    case .s8s(let values): values.map { .s8($0) }
    case .s16s(let values): values.map { .s16($0) }
    case .u16s(let values): values.map { .u16($0) }
    case .s32s(let values): values.map { .s32($0) }
    case .u32s(let values): values.map { .u32($0) }
    case .s64s(let values): values.map { .s64($0) }
    case .u64s(let values): values.map { .u64($0) }
    case .f32s(let values): values.map { .f32($0) }
    case .f64s(let values): values.map { .f64($0) }
    default: nil
    }
  }

  /// The value of a field, where this is a record that has it.
  public subscript(name: String) -> ComponentValue? {
    if case .record(let record) = self { record[name] } else { nil }
  }

  /// What it is, for a sentence.
  var word: String {
    switch self {
    case .bool: "a bool"
    case .s8, .u8, .s16, .u16, .s32, .u32, .s64, .u64: "an int"
    case .f32, .f64: "a float"
    case .char: "a char"
    case .string: "a string"
    case .bytes, .s8s, .s16s, .u16s, .s32s, .u32s, .s64s, .u64s, .f32s, .f64s, .list: "a list"
    case .map: "a map"
    case .record: "a record"
    case .tuple: "a tuple"
    case .variant: "a variant"
    case .enum: "an enum"
    case .flags: "flags"
    case .option(nil): "nil"
    case .option: "an option"
    case .ok, .error: "a result"
    case .resource: "a resource"
    case .object(let object): "an object of \(type(of: object))"
    case .stream: "a stream"
    case .future: "a future"
    case .source(let source): source.isFuture ? "a source of a value" : "a source of parts"
    }
  }
}
