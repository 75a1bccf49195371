import Trimaran

/// A type of the component model. Types share their parts: a small component may have a type whose tree has a million nodes.
public struct ComponentType: Sendable {
  /// What kind of type it is.
  public enum Kind: String, Sendable, Hashable {
    case bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string
    /// ``ComponentType/parts`` has the type of its elements.
    case list
    /// ``ComponentType/parts`` has the type of its elements, and ``ComponentType/length`` says how many there are.
    case fixedLengthList = "list of a fixed length"
    /// ``ComponentType/parts`` has the types of its keys and of its values.
    case map
    /// ``ComponentType/names`` and ``ComponentType/parts`` have its fields.
    case record
    /// ``ComponentType/parts`` has the types of its fields.
    case tuple
    /// ``ComponentType/names`` has its cases, and ``ComponentType/parts`` what each carries.
    case variant
    /// ``ComponentType/names`` has its cases.
    case `enum`
    /// ``ComponentType/parts`` has the type of its value.
    case option
    /// ``ComponentType/parts`` has what it carries where it is well, and what where it is not.
    case result
    /// ``ComponentType/names`` has the flags.
    case flags
    /// A handle that owns a resource, the only one of ``ComponentType/parts``.
    case own
    /// A handle of a resource, lent for a call.
    case borrow
    /// The only one of ``ComponentType/parts`` is the type of its elements; `nil` where they have none.
    case stream
    /// The only one of ``ComponentType/parts`` is the type of its value; `nil` where it has none.
    case future
    /// A type whose values cannot be passed yet; its name says which.
    case unsupported
    /// ``ComponentType/names`` and ``ComponentType/parts`` have its parameters; behind them stands its result, if it has one.
    case function
    /// ``ComponentType/names`` and ``ComponentType/parts`` have what it exports.
    case instance
    /// Its parts are two instances: what it imports, and what it exports.
    case component
    case module
    case resource
  }

  private let table: Table
  private let place: Int

  private final class Table: Sendable {
    let nodes: [Core.ComponentTypeNode]

    init(_ nodes: [Core.ComponentTypeNode]) { self.nodes = nodes }
  }

  private init(_ table: Table, _ place: Int) { (self.table, self.place) = (table, place) }

  init(_ types: Core.ComponentTypes) { self.init(Table(types.nodes), Int(types.root)) }

  private var node: Core.ComponentTypeNode { table.nodes[place] }

  /// What kind of type it is.
  public var kind: Kind { Kind(node.kind) }

  /// The names of its parts, for a kind that has them; the name of a resource, if it has one.
  public var names: [String] { node.names }

  /// The types of its parts; `nil` where a case carries nothing, a stream or a future has no type, or a function no result.
  public var parts: [ComponentType?] { node.parts.map { part in part.map { ComponentType(table, Int($0)) } } }

  /// Whether it is the type of a function that is async: it may wait.
  public var isAsync: Bool { kind == .function && node.number != 0 }

  /// How many elements a list of a fixed length has; `nil` for every other kind.
  public var length: Int? { kind == .fixedLengthList ? Int(node.number) : nil }

  /// What a module imports; empty for every other kind.
  public var imports: [ImportType] { node.imports }

  /// What a module exports; empty for every other kind.
  public var exports: [ExportType] { node.exports }

  /// What a component imports (0) or exports (1).
  func items(_ part: Int) -> [ComponentItem] {
    guard node.parts.indices.contains(part), let instance = parts[part] else { return [] }
    return zip(instance.names, instance.parts).compactMap { name, type in
      type.map { ComponentItem(name: name, type: $0) }
    }
  }

  /// What values of the type are made of in a stream, each node once.
  func codec() -> Codec { Codecs(table.nodes).codec(place) }

  /// What the parameters and the result of a function are made of.
  func function() -> FuncCodec {
    let codecs = Codecs(table.nodes)
    let count = node.names.count
    let parts = node.parts.map { part in part.map { codecs.codec(Int($0)) } }
    return FuncCodec(params: parts.prefix(count).compactMap { $0 }, result: parts.count > count ? parts[count] : nil)
  }
}

extension ComponentType: CustomStringConvertible {
  /// The type in WIT's notation, or its first KiB.
  public var description: String {
    (try? Core.componentTypeText(types: Core.ComponentTypes(nodes: table.nodes, at: UInt32(place)))) ?? kind.rawValue
  }
}

extension ComponentType.Kind {
  fileprivate init(_ kind: Core.ComponentTypeKind) {
    self =
      switch kind {
      case .bool: .bool
      case .s8: .s8
      case .u8: .u8
      case .s16: .s16
      case .u16: .u16
      case .s32: .s32
      case .u32: .u32
      case .s64: .s64
      case .u64: .u64
      case .f32: .f32
      case .f64: .f64
      case .char: .char
      case .string: .string
      case .list: .list
      case .fixedLengthList: .fixedLengthList
      case .map: .map
      case .record: .record
      case .tuple: .tuple
      case .variant: .variant
      case .enum: .enum
      case .option: .option
      case .result: .result
      case .flags: .flags
      case .own: .own
      case .borrow: .borrow
      case .stream: .stream
      case .future: .future
      case .unsupported: .unsupported
      case .func: .function
      case .instance: .instance
      case .component: .component
      case .module: .module
      case .resource: .resource
      }
  }
}

/// What a component imports or exports.
public struct ComponentItem: Sendable, CustomStringConvertible {
  /// Its name.
  public let name: String
  /// Its type.
  public let type: ComponentType

  /// The name and the type, in WIT's notation.
  public var description: String { "\(name): \(type)" }
}
