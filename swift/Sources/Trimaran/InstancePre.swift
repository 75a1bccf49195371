/// A module whose imports have been looked up: instances of it are made without looking for them again.
///
/// ```swift
/// let pre = try linker.instantiatePre(module)
/// for store in stores { try pre.instantiate(store).function(store, "run")(store) }
/// ```
public final class InstancePre: Sendable {
  let core: Core.InstancePre

  init(_ core: consuming Core.InstancePre) { self.core = core }

  /// Makes an instance, and runs its start function.
  ///
  /// - Parameter store: The store that the instance will be in.
  /// - Throws: `limit` where the store has no room, `trap` where an initialiser or the start function traps, `wrongStore`
  ///   where an import belongs to another store, and whatever a host function failed with.
  public func instantiate(_ store: Store) throws(WasmtimeError) -> Instance {
    // The start function may call host functions, which look for their store.
    try withExtendedLifetime(store) { () throws(WasmtimeError) in
      try Instance(core.instantiate(store: store.core))
    }
  }

  /// Closes it, and releases the closures. Instances that it made go on working. A second `close` does nothing.
  public func close() {
    // The core has no way to fail here.
    try? core.release()
  }
}
