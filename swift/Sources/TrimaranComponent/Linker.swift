import Trimaran

/// Knows by name what components import, and links them.
///
/// ```swift
/// let linker = try Linker(engine)
/// try linker.instance("example:host/log@1.0.0").defineFunc("write") { (text: String) in print(text) }
/// let instance = try linker.instantiate(store, component)
/// ```
///
/// A version serves each that is compatible: what is defined as `@1.0.3` serves an import of `@1.0.0`. A linker belongs to an engine, and
/// serves any store of it. Any thread may use it.
///
/// A linker keeps its closures, and so does what it has linked. A closure that captures the linker, or the store of an instance, keeps
/// it as well, and neither goes before it is closed: take the store from the ``ComponentCaller``, or capture `weak`.
public final class Linker: Sendable {
  let core: Core.ComponentLinker

  /// Makes a linker without definitions.
  ///
  /// - Parameter engine: The engine of the components that it will link.
  /// - Throws: `closed` if the engine is closed.
  public init(_ engine: Engine) throws(WasmtimeError) {
    core = try Core.ComponentLinker(engine: engine.core)
  }

  /// What lies in no instance.
  public var root: LinkerInstance { LinkerInstance(self, []) }

  /// The instance of that name, which is made if it is not there.
  ///
  /// - Parameter name: Its name, such as `wasi:io/streams@0.2.0`.
  /// - Throws: `link` if something else has the name, or no component can import it.
  public func instance(_ name: String) throws(WasmtimeError) -> LinkerInstance { try root.instance(name) }

  /// Says whether a later definition may replace an earlier one of the same name. If not, it is an error.
  ///
  /// - Parameter allow: Whether it may.
  public func allowShadowing(_ allow: Bool = true) throws(WasmtimeError) {
    try core.allowShadowing(allow: allow)
  }

  /// Defines WASI 0.2: the interfaces of the world `wasi:cli/imports`, and those of `wasi:http` for requests that go out, in the version
  /// 0.2.12, which serves every 0.2. Where the engine has `Config.wasmComponentModelAsync`, WASI 0.3 as well, in the version 0.3.0, but for
  /// its HTTP. A store says by a `WasiConfig` (`Store.setWasi`) what its guests may do. Of the network nothing is granted but HTTP requests
  /// of WASI 0.2, by `WasiConfig.http`.
  ///
  /// - Throws: `link` if one of its names is defined already, unless you allow shadowing.
  public func defineWasi() throws(WasmtimeError) {
    try core.defineWasi()
  }

  /// Defines the functions that a component imports and nobody has defined. To call one of them fails with `link`. Types of
  /// resources that nobody has defined become new ones. Other missing imports stay missing.
  ///
  /// - Parameter component: The component.
  public func defineUnknownImportsAsTraps(_ component: Component) throws(WasmtimeError) {
    try core.defineUnknownImportsAsTraps(component: component.core)
  }

  /// Links a component with the linker's definitions, and runs its start functions.
  ///
  /// - Parameters:
  ///   - store: The store that the instance will be in.
  ///   - component: The component.
  /// - Throws: `link` if imports are missing, with their names and types, or are of another type; `limit` if the store has no
  ///   room; `trap` if a start function traps; and whatever a host function failed with.
  public func instantiate(_ store: Store, _ component: Component) throws(WasmtimeError) -> Instance {
    try withExtendedLifetime(store) { () throws(WasmtimeError) in
      try Instance(core.instantiate(store: store.core, component: component.core))
    }
  }

  /// Finds a component's imports once, for many instances.
  ///
  /// - Parameter component: The component.
  /// - Throws: `link` as ``instantiate(_:_:)`` does.
  public func instantiatePre(_ component: Component) throws(WasmtimeError) -> InstancePre {
    InstancePre(try core.instantiatePre(component: component.core))
  }

  /// Closes the linker, and releases its closures. Instances that it made go on working. A second `close` does nothing.
  public func close() {
    // The core has no way to fail here.
    try? core.release()
  }
}
