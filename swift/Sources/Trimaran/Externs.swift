/// Something that can be imported or exported.
public enum Extern: Sendable {
  /// A function.
  case function(Func)
  /// A global.
  case global(Global)
  /// A table.
  case table(Table)
  /// A memory of one store, or a shared memory as one store sees it.
  case memory(Memory)
  /// A shared memory.
  case sharedMemory(SharedMemory)
  /// A tag.
  case tag(Tag)

  /// The function that this is; `nil` where it is something else.
  public var function: Func? { if case .function(let item) = self { item } else { nil } }

  /// The global that this is; `nil` where it is something else.
  public var global: Global? { if case .global(let item) = self { item } else { nil } }

  /// The table that this is; `nil` where it is something else.
  public var table: Table? { if case .table(let item) = self { item } else { nil } }

  /// The memory that this is; `nil` where it is something else.
  public var memory: Memory? { if case .memory(let item) = self { item } else { nil } }

  /// The shared memory that this is; `nil` where it is something else.
  public var sharedMemory: SharedMemory? { if case .sharedMemory(let item) = self { item } else { nil } }

  /// The tag that this is; `nil` where it is something else.
  public var tag: Tag? { if case .tag(let item) = self { item } else { nil } }
}

/// Something that an instance exports, with its name.
public struct NamedExtern: Sendable {
  /// The name.
  public let name: String
  /// What has it.
  public let item: Extern
}

/// Whatever an instance can import: a function, global, table, memory, shared memory or tag, or an ``Extern``,
/// which is one of these.
public protocol Importable: Sendable {
  /// The same as an ``Extern``.
  var asExtern: Extern { get }
}

extension Extern: Importable {
  /// Itself.
  public var asExtern: Extern { self }
}

extension Func: Importable {
  /// The function as an ``Extern``.
  public var asExtern: Extern { .function(self) }
}

extension Global: Importable {
  /// The global as an ``Extern``.
  public var asExtern: Extern { .global(self) }
}

extension Table: Importable {
  /// The table as an ``Extern``.
  public var asExtern: Extern { .table(self) }
}

extension Memory: Importable {
  /// The memory as an ``Extern``.
  public var asExtern: Extern { .memory(self) }
}

extension SharedMemory: Importable {
  /// The shared memory as an ``Extern``.
  public var asExtern: Extern { .sharedMemory(self) }
}

extension Tag: Importable {
  /// The tag as an ``Extern``.
  public var asExtern: Extern { .tag(self) }
}

extension Extern {
  /// Whether nobody can close it but with its store. A handle to a shared memory may be closed, and the next one is open.
  var staysOpen: Bool { sharedMemory == nil }

  /// The kind that is wanted of the export `name`, or `type`.
  func expected<Item>(_ wanted: Int32, _ name: String, _ kind: (Extern) -> Item?) throws(WasmtimeError) -> Item {
    guard let item = kind(self) else { throw wrongExport(name, wanted: wanted) }
    return item
  }
}
