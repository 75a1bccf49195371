/// Knows by name what modules import, and links them.
///
/// A name has two parts, as that of an import has. A linker belongs to an engine, and serves any store of that engine.
/// An item of one store, such as an instance, links only there. Host functions belong to no store: each store gets them
/// when it first needs them.
///
/// ```swift
/// let linker = try Linker(engine)
/// try linker.define("env", "add") { (a: Int32, b: Int32) -> Int32 in a + b }
/// try linker.defineWasi()
/// let instance = try linker.instantiate(store, module)
/// ```
///
/// Any thread may use a linker. One thread may define while others link: each link has the definitions of that moment.
///
/// A linker keeps its closures, and so does each store that got them. A closure that captures the linker keeps the
/// linker as well, and neither goes before ``close()``: capture it `weak`.
public final class Linker: Sendable {
  let core: Core.Linker

  /// Makes a linker without definitions.
  ///
  /// - Parameter engine: The engine of the modules that it will link.
  /// - Throws: `closed` if the engine is closed.
  public init(_ engine: Engine) throws(WasmtimeError) {
    core = try Core.Linker(engine: engine.core)
  }

  /// Says whether a later definition may replace an earlier one of the same name. If not, it is an error.
  ///
  /// - Parameter allow: Whether it may.
  public func allowShadowing(_ allow: Bool = true) throws(WasmtimeError) {
    try core.allowShadowing(allow: allow)
  }

  /// Defines one item.
  ///
  /// - Parameters:
  ///   - store: The item's store.
  ///   - module: The first part of its name.
  ///   - name: The second part of its name.
  ///   - item: A function, global, table, memory, shared memory or tag.
  /// - Throws: `link` if the name is defined already, unless you allow shadowing; `wrongStore` and `wrongEngine` for an
  ///   item of another store or engine.
  public func define(
    _ store: Store,
    _ module: String,
    _ name: String,
    _ item: any Importable
  ) throws(WasmtimeError) {
    let item = item.asExtern
    try core.define(store: store.core, module: checked(module), name: checked(name), item: item)
  }

  /// Defines all exports of an instance, as `name` and the name of the export.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - name: The first part of the names.
  ///   - instance: The instance.
  /// - Throws: `link` if a name is defined already, unless you allow shadowing; `wrongStore` and `wrongEngine` for an
  ///   instance of another store or engine.
  public func defineInstance(_ store: Store, _ name: String, _ instance: Instance) throws(WasmtimeError) {
    try core.defineInstance(store: store.core, name: checked(name), instance: instance.core)
  }

  /// Defines all exports of a module, as `name` and the name of the export. A WASI command (with an export `_start`) is
  /// instantiated anew for each call. The linker instantiates every other module now, and calls its `_initialize`.
  ///
  /// - Parameters:
  ///   - store: The store of the instance.
  ///   - name: The first part of the names.
  ///   - module: The module. Its imports are defined already.
  /// - Throws: As ``instantiate(_:_:)``, and `link` if a name is defined already, unless you allow shadowing.
  public func defineModule(_ store: Store, _ name: String, _ module: Module) throws(WasmtimeError) {
    // What runs may call host functions, which look for their store: here, and where things are linked below.
    try withExtendedLifetime(store) { () throws(WasmtimeError) in
      try core.defineModule(store: store.core, name: checked(name), module: module.core)
    }
  }

  /// Defines WASI preview 1 (`wasi_snapshot_preview1`), and preview 0 (`wasi_unstable`), which older compilers wrote. A
  /// store says by a ``WasiConfig`` what its guests may use.
  ///
  /// - Throws: `link` if one of its names is defined already, unless you allow shadowing.
  public func defineWasi() throws(WasmtimeError) {
    try core.defineWasi()
  }

  /// Defines the functions that a module imports and nobody has defined. To call one of them fails with `link`. Other
  /// missing imports stay missing.
  ///
  /// - Parameter module: The module.
  public func defineUnknownImportsAsTraps(_ module: Module) throws(WasmtimeError) {
    try core.defineUnknownImportsAsTraps(module: module.core)
  }

  /// Defines what a module imports and nobody has defined: functions that return zeros and nulls, memories and tables
  /// of the least size, globals of zero or null.
  ///
  /// - Parameters:
  ///   - store: The store of what is made.
  ///   - module: The module.
  /// - Throws: `link` if a type has no such value, `limit` if there is no room.
  public func defineUnknownImportsAsDefaultValues(_ store: Store, _ module: Module) throws(WasmtimeError) {
    try core.defineUnknownImportsAsDefaultValues(store: store.core, module: module.core)
  }

  /// The definition with that name.
  ///
  /// - Parameters:
  ///   - store: The store that it is wanted for.
  ///   - module: The first part of the name.
  ///   - name: The second part of the name.
  /// - Throws: `notFound` if there is none, and `wrongStore` for an item of another store.
  public func get(_ store: Store, _ module: String, _ name: String) throws(WasmtimeError) -> Extern {
    try withExtendedLifetime(store) { () throws(WasmtimeError) in
      try core.get(store: store.core, module: checked(module), name: checked(name))
    }
  }

  /// The definition with that name, or `nil`.
  public subscript(store: Store, module: String, name: String) -> Extern? {
    get throws(WasmtimeError) {
      do throws(WasmtimeError) {
        return try get(store, module, name)
      } catch .notFound {
        return nil
      }
    }
  }

  /// The function that runs a module: its export without a name, or else its `_start`, or else one that does nothing.
  ///
  /// - Parameters:
  ///   - store: The store that it is wanted for.
  ///   - module: The name that the module was defined by.
  /// - Throws: `notFound` if nothing has that name.
  public func getDefault(_ store: Store, _ module: String) throws(WasmtimeError) -> Func {
    try withExtendedLifetime(store) { () throws(WasmtimeError) in
      try Func(core.getDefault(store: store.core, module: checked(module)))
    }
  }

  /// Links a module with the linker's definitions, and runs its start function.
  ///
  /// - Parameters:
  ///   - store: The store that the instance will be in.
  ///   - module: The module.
  /// - Throws: `link` if imports are missing, with their names, or are of another type; `limit` if the store has no
  ///   room; `trap` if an initialiser or the start function traps; and whatever a host function failed with.
  public func instantiate(_ store: Store, _ module: Module) throws(WasmtimeError) -> Instance {
    try withExtendedLifetime(store) { () throws(WasmtimeError) in
      try Instance(core.instantiate(store: store.core, module: module.core))
    }
  }

  /// Finds a module's imports once, for many instances.
  ///
  /// - Parameter module: The module.
  /// - Throws: `link` as ``instantiate(_:_:)`` does.
  public func instantiatePre(_ module: Module) throws(WasmtimeError) -> InstancePre {
    InstancePre(try core.instantiatePre(module: module.core))
  }

  /// Closes the linker, and releases its closures. Instances that it made go on working. A second `close` does nothing.
  public func close() {
    // The core has no way to fail here.
    try? core.release()
  }
}
