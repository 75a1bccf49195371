// The type itself, and the call that sets its limits one by one, are generated from the core's.
extension StoreLimits {
  /// Limits for a store in which an untrusted module runs; see ``Config/untrusted``.
  public static var untrusted: StoreLimits { Core.untrustedLimits() }

  /// ``untrusted``, except for what `change` sets.
  ///
  /// ```swift
  /// try store.setLimits(.untrusted { $0.memories = 1 })
  /// ```
  public static func untrusted(_ change: (inout StoreLimits) -> Void) -> StoreLimits { changed(untrusted, change) }
}

extension Store {
  /// Limits what guests may have from now on. What they have already they keep.
  ///
  /// Past a limit the host's own growing and instantiating fail with `limit`.
  ///
  /// - Parameter limits: The limits, in the place of all earlier ones.
  /// - Throws: `limit` where the store has a shared memory that may grow further, `config` where
  ///   ``Config/wasmStackSwitching`` lets guests take memory that `memorySize` would not bound, and `busy` in a host
  ///   function.
  public func setLimits(_ limits: StoreLimits) throws(WasmtimeError) {
    try core.setLimits(limits: limits)
  }
}
