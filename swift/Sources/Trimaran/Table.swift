/// A table of a guest. It belongs to one store.
public final class Table: Sendable {
  let core: Core.Table

  init(_ core: Core.Table) {
    self.core = core
  }

  /// The table's type.
  ///
  /// - Parameter store: The table's store.
  public func type(_ store: Store) throws(WasmtimeError) -> TableType {
    try calling { try TableType(core.type(store: store.core)) }
  }
}
