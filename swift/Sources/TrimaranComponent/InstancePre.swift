import Trimaran

/// A component whose imports have been looked up: instances of it are made without looking for them again.
public final class InstancePre: Sendable {
  let core: Core.ComponentInstancePre

  init(_ core: consuming Core.ComponentInstancePre) { self.core = core }

  /// Makes an instance, and runs its start functions.
  ///
  /// - Parameter store: The store that the instance will be in.
  /// - Throws: `limit` where the store has no room, `trap` where a start function traps, and whatever a host function failed with.
  public func instantiate(_ store: Store) throws(WasmtimeError) -> Instance {
    // What runs may call host functions, which look for their store.
    try withExtendedLifetime(store) { () throws(WasmtimeError) in try Instance(core.instantiate(store: store.core)) }
  }

  /// Closes it. Its instances go on working. A second `close` does nothing.
  public func close() {
    // The core has no way to fail here.
    try? core.release()
  }
}
