/// A global of a guest. It belongs to one store.
public final class Global: Sendable {
  let core: Core.Global

  init(_ core: Core.Global) {
    self.core = core
  }

  /// The global's type.
  ///
  /// - Parameter store: The global's store.
  public func type(_ store: Store) throws(WasmtimeError) -> GlobalType {
    try calling { try GlobalType(core.type(store: store.core)) }
  }
}
