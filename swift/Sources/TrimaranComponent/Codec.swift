// What values are made of in a stream: worked out once for each function, from its type.

import Trimaran

/// How values of one type are written and read.
final class Codec: Sendable {
  let kind: Core.ComponentTypeKind
  /// The numbers of a list that crosses as their bytes; otherwise the kind itself.
  let element: Core.ComponentTypeKind
  /// How many elements a list of a fixed length has.
  let length: Int
  /// The parts: the element of a list, the fields of a record, the payloads of cases. `nil` where a case carries nothing.
  let parts: [Codec?]
  /// The names of fields, cases or flags.
  let names: [String]
  /// Whether there is a resource in it, or a stream.
  let hasResources: Bool
  /// The places of the names, where there are many.
  private let places: [String: Int]?

  init(_ kind: Core.ComponentTypeKind, _ names: [String] = [], _ parts: [Codec?] = [], length: Int = 0) {
    self.kind = kind
    self.names = names
    self.parts = parts
    self.length = length
    let isHandle = kind == .own || kind == .borrow || kind == .stream || kind == .future
    hasResources = isHandle || parts.contains { $0?.hasResources ?? false }
    element = kind == .list || kind == .fixedLengthList ? parts.first.flatMap { $0 }.map(\.kind) ?? kind : kind
    places =
      names.count > 8 ? Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first }) : nil
  }

  /// The place of a name.
  func place(_ name: String) -> Int? {
    if let places { return places[name] }
    return names.firstIndex(of: name)
  }

  /// The only part.
  var part: Codec {
    guard let part = parts.first, let part else { preconditionFailure("a type without its part") }
    return part
  }
}

/// How the arguments and the result of a function are written and read.
final class FuncCodec: Sendable {
  let params: [Codec]
  let result: Codec?
  /// What the parameters and the result are, to be known without a look at their codecs: numbers need no more.
  let kinds: [Core.ComponentTypeKind]
  let resultKind: Core.ComponentTypeKind?
  let hasResources: Bool

  init(params: [Codec], result: Codec?) {
    (self.params, self.result) = (params, result)
    (kinds, resultKind) = (params.map(\.kind), result?.kind)
    hasResources = params.contains { $0.hasResources } || result?.hasResources ?? false
  }
}

/// Makes the codecs of a table, each once.
final class Codecs {
  private let nodes: [Core.ComponentTypeNode]
  private var made: [Int: Codec] = [:]

  init(_ nodes: [Core.ComponentTypeNode]) { self.nodes = nodes }

  /// The codec of a node. Values are at most 100 types deep, as the validator says.
  func codec(_ place: Int) -> Codec {
    if let known = made[place] { return known }
    let node = nodes[place]
    let isResource = node.kind == .own || node.kind == .borrow
    let parts = isResource ? [] : node.parts.map { part in part.map { self.codec(Int($0)) } }
    let new = Codec(node.kind, node.names, parts, length: isResource ? 0 : Int(node.number))
    made[place] = new
    return new
  }
}
