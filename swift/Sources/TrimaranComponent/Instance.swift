import Trimaran

/// An instance of a component. It belongs to one store.
///
/// What it exports has a path: the names of the instances in each other, and the item's own name.
///
/// ```swift
/// let run = try instance.function(store, "wasi:cli/run@0.2.0", "run")
/// ```
public final class Instance: Sendable {
  private let core: Core.ComponentInstance

  init(_ core: consuming Core.ComponentInstance) { self.core = core }

  /// The function of that path. To look it up takes longer than to call it: keep it.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - path: The names.
  /// - Throws: `notFound`, which names what there is, and `type` for something else.
  public func function(_ store: Store, _ path: String...) throws(WasmtimeError) -> Func {
    try function(store, path: path)
  }

  /// The function of that path.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - path: The names.
  /// - Throws: `notFound`, which names what there is, and `type` for something else.
  public func function(_ store: Store, path: [String]) throws(WasmtimeError) -> Func {
    try Func(core.func(store: store.core, path: path))
  }

  /// The module of that path.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - path: The names.
  /// - Throws: As ``function(_:_:)``.
  public func module(_ store: Store, _ path: String...) throws(WasmtimeError) -> Module {
    try module(store, path: path)
  }

  /// The module of that path.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - path: The names.
  /// - Throws: As ``function(_:_:)``.
  public func module(_ store: Store, path: [String]) throws(WasmtimeError) -> Module {
    Module(try core.module(store: store.core, path: path))
  }

  /// The type of the resource of that path.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - path: The names.
  /// - Throws: As ``function(_:_:)``.
  public func resource(_ store: Store, _ path: String...) throws(WasmtimeError) -> ResourceType {
    try resource(store, path: path)
  }

  /// The type of the resource of that path.
  ///
  /// - Parameters:
  ///   - store: The instance's store.
  ///   - path: The names.
  /// - Throws: As ``function(_:_:)``.
  public func resource(_ store: Store, path: [String]) throws(WasmtimeError) -> ResourceType {
    ResourceType(try core.resource(store: store.core, path: path))
  }
}
