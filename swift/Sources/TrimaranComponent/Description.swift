// Values and objects as people are shown them.

import Trimaran

extension ComponentValue: CustomStringConvertible {
  /// The value in the notation of WAVE, the WebAssembly Value Encoding: `{name: "a", tags: [1, 2], parent: none}`. It leaves
  /// out the types of numbers.
  public var description: String {
    switch self {
    case .bool(let value): "\(value)"
    case .s8, .u8, .s16, .u16, .s32, .u32, .s64, .u64: digits
    case .f32(let value): "\(value)"
    case .f64(let value): "\(value)"
    case .char("'"): #"'\''"#
    case .char("\""): #"'"'"#
    case .char(let value): "'\(String(value).debugDescription.dropFirst().dropLast())'"
    case .string(let text): text.debugDescription
    case .bytes(let values): "\(values)"
    case .s8s(let values): "\(values)"
    case .s16s(let values): "\(values)"
    case .u16s(let values): "\(values)"
    case .s32s(let values): "\(values)"
    case .u32s(let values): "\(values)"
    case .s64s(let values): "\(values)"
    case .u64s(let values): "\(values)"
    case .f32s(let values): "\(values)"
    case .f64s(let values): "\(values)"
    case .list(let values): "\(values)"
    case .map(let entries): "{\(entries.map { "\($0): \($1)" }.sorted().joined(separator: ", "))}"
    case .record(let record): record.description
    case .tuple(let values): "(\(values.map(\.description).joined(separator: ", ")))"
    case .variant(let name, let payload): shown(name, payload)
    case .enum(let name): name
    case .flags(let names): "{\(names.sorted().joined(separator: ", "))}"
    case .option(let value): value.map { "some(\($0))" } ?? "none"
    case .ok(let payload): shown("ok", payload)
    case .error(let payload): shown("err", payload)
    case .resource(let resource): resource.description
    case .object(let object): "an object of \(type(of: object))"
    case .stream(let stream): stream.description
    case .future(let future): future.description
    case .source: word
    }
  }
}

private func shown(_ name: String, _ payload: ComponentValue?) -> String { payload.map { "\(name)(\($0))" } ?? name }

extension Record: CustomStringConvertible {
  /// The fields in the notation of WAVE: `{x: 1, y: 2}`.
  public var description: String { "{\(zip(names, values).map { "\($0): \($1)" }.joined(separator: ", "))}" }
}

extension Resource: CustomStringConvertible {
  /// Whether it is owned or lent, and whether it is gone.
  public var description: String {
    guard isAlive else { return "a resource that is gone" }
    return isOwned ? "an owned resource" : "a lent resource"
  }
}

extension ResourceType: CustomStringConvertible {
  /// Whose type it is.
  public var description: String { isHost ? "a resource type of the host" : "a resource type of a component" }
}

extension Func: CustomStringConvertible {
  /// The function's type in WIT's notation.
  public var description: String { type.description }
}

extension Instance: CustomStringConvertible {
  /// What it is.
  public var description: String { "an instance of a component" }
}
