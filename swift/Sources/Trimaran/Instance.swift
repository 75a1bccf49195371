/// An instance of a module. It belongs to one store.
public final class Instance: Sendable {
  let core: Core.Instance
  private let known = Locked(Known())

  /// What was found before. What an instance exports never changes.
  private struct Known {
    var items: [Name: Extern] = [:]
    var all: Listed?
  }

  init(_ core: consuming Core.Instance) { self.core = core }

  /// Links a module with `imports`, and runs its start function.
  ///
  /// - Parameters:
  ///   - store: The store that the instance will be in.
  ///   - module: The module, of the store's engine.
  ///   - imports: The imports, in the order of ``Module/imports``.
  /// - Throws: `link` if an import is missing, superfluous or of another type; `limit` if the store has no room; `trap` if
  ///   an initialiser or the start function traps; and whatever a host function failed with.
  public init(_ store: Store, _ module: Module, _ imports: [any Importable] = []) throws(WasmtimeError) {
    // The start function may call host functions, which look for their store.
    core = try withExtendedLifetime(store) { () throws(WasmtimeError) in
      try Core.Instance(store: store.core, module: module.core, imports: checked(imports).map(\.asExtern))
    }
  }

  /// All exports of the instance, in the module's order.
  ///
  /// - Parameter store: The instance's store.
  public func exports(_ store: Store) throws(WasmtimeError) -> Exports {
    if let all = known.withLock({ $0.all }) {
      try check(store)
      return Exports(instance: self, store: store, listed: all)
    }
    let all = Listed(try core.exports(store: store.core))
    if all.items.allSatisfy(\.item.staysOpen) { known.withLock { $0.all = all } }
    return Exports(instance: self, store: store, listed: all)
  }

  /// The export with that name.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - name: The name of the export.
  /// - Throws: `notFound`, which lists the names that exist.
  public func export(_ store: Store, _ name: String) throws(WasmtimeError) -> Extern {
    let key = Name(name)
    if let item = known.withLock({ $0.items[key] }) {
      try check(store)
      return item
    }
    let item = try core.export(store: store.core, name: checked(name))
    if item.staysOpen { known.withLock { $0.items[key] = item } }
    return item
  }

  /// The function that the instance exports under `name`.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func function(_ store: Store, _ name: String) throws(WasmtimeError) -> Func {
    try export(store, name).expected(Extern.Variant.function, name, \.function)
  }

  /// The memory that the instance exports under `name`.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func memory(_ store: Store, _ name: String) throws(WasmtimeError) -> Memory {
    try export(store, name).expected(Extern.Variant.memory, name, \.memory)
  }

  /// The shared memory that the instance exports under `name`.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func sharedMemory(_ store: Store, _ name: String) throws(WasmtimeError) -> SharedMemory {
    try export(store, name).expected(Extern.Variant.sharedMemory, name, \.sharedMemory)
  }

  /// The global that the instance exports under `name`.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func global(_ store: Store, _ name: String) throws(WasmtimeError) -> Global {
    try export(store, name).expected(Extern.Variant.global, name, \.global)
  }

  /// The table that the instance exports under `name`.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func table(_ store: Store, _ name: String) throws(WasmtimeError) -> Table {
    try export(store, name).expected(Extern.Variant.table, name, \.table)
  }

  /// The tag that the instance exports under `name`.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func tag(_ store: Store, _ name: String) throws(WasmtimeError) -> Tag {
    try export(store, name).expected(Extern.Variant.tag, name, \.tag)
  }

  /// A module that begins where this instance is now, in the binary format.
  ///
  /// It has the same code. What the instance's memories, globals and tables hold now is what they begin with there. It has
  /// no start function. It is a module like any other: compile it, keep it compiled, and make as many instances of it as
  /// you like. This instance goes on as before.
  ///
  /// What is not the instance's own is not in it: files, arguments and the rest of WASI's state, other instances, imports.
  /// Whatever the guest holds is in it: secrets, and the state of its random numbers, which all instances of the snapshot
  /// then have in common.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - names: The names of exports that the module is not to have, such as of what was called once.
  /// - Throws: `unsupported` if the module was not made by `Module(_:forSnapshots:)`, or the instance holds a reference to
  ///   something that is not its own, which the error names; `notFound` for a name that the module does not export; `limit`
  ///   if the snapshot would be larger than 1 GiB, or than the engine's limit for modules; and `busy` while a guest of the
  ///   store runs or waits.
  public func snapshot(_ store: Store, removing names: [String] = []) throws(WasmtimeError) -> [UInt8] {
    try core.snapshot(store: store.core, remove: checked(names))
  }
}

/// The exports of an instance, and the place that each name has.
final class Listed: Sendable {
  let items: [NamedExtern]
  let places: [Name: Int]

  init(_ items: [NamedExtern]) {
    self.items = items
    places = Dictionary(items.enumerated().map { (Name($1.name), $0) }, uniquingKeysWith: { first, _ in first })
  }
}

/// Everything that an instance exports: by name, and as a collection in the module's order.
///
/// ```swift
/// let exports = try instance.exports(store)
/// let memory = try exports.memory("memory")
/// let add = try exports.function("add")
/// for export in exports { print(export.name) }
/// ```
public struct Exports: Sendable, RandomAccessCollection {
  private let instance: Instance
  private let store: Store
  private let listed: Listed

  init(instance: Instance, store: Store, listed: Listed) {
    self.instance = instance
    self.store = store
    self.listed = listed
  }

  /// The place of the first export.
  public var startIndex: Int { listed.items.startIndex }

  /// The place after the last export.
  public var endIndex: Int { listed.items.endIndex }

  /// The export at a place, with its name.
  public subscript(position: Int) -> NamedExtern { listed.items[position] }

  /// What is exported under `name`; `nil` where there is nothing of that name.
  public subscript(name: String) -> Extern? { listed.places[Name(name)].map { listed.items[$0].item } }

  /// The function that is exported under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func function(_ name: String) throws(WasmtimeError) -> Func {
    try get(name).expected(Extern.Variant.function, name, \.function)
  }

  /// The memory that is exported under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func memory(_ name: String) throws(WasmtimeError) -> Memory {
    try get(name).expected(Extern.Variant.memory, name, \.memory)
  }

  /// The shared memory that is exported under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func sharedMemory(_ name: String) throws(WasmtimeError) -> SharedMemory {
    try get(name).expected(Extern.Variant.sharedMemory, name, \.sharedMemory)
  }

  /// The global that is exported under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func global(_ name: String) throws(WasmtimeError) -> Global {
    try get(name).expected(Extern.Variant.global, name, \.global)
  }

  /// The table that is exported under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func table(_ name: String) throws(WasmtimeError) -> Table {
    try get(name).expected(Extern.Variant.table, name, \.table)
  }

  /// The tag that is exported under `name`.
  ///
  /// - Parameter name: The name of the export.
  /// - Throws: `notFound` if there is no such export, and `type` if it is of another kind.
  public func tag(_ name: String) throws(WasmtimeError) -> Tag {
    try get(name).expected(Extern.Variant.tag, name, \.tag)
  }

  /// The export with that `name`, or the core's error, which lists the names that exist.
  private func get(_ name: String) throws(WasmtimeError) -> Extern {
    if let item = self[name] { item } else { try instance.export(store, name) }
  }
}
