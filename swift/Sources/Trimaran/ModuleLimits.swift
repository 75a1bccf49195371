// The type itself is generated from the core's.
extension ModuleLimits {
  /// The limits of ``Config/untrusted``.
  public static var untrusted: ModuleLimits { Core.untrustedConfig().moduleLimits ?? ModuleLimits() }

  /// ``untrusted``, except for what `change` sets.
  public static func untrusted(_ change: (inout ModuleLimits) -> Void) -> ModuleLimits { changed(untrusted, change) }

  /// Fails with `range` for a time below 0.
  func check() throws(WasmtimeError) {
    guard let compileTime, compileTime < .zero else { return }
    throw negative("compile_time", compileTime)
  }
}
