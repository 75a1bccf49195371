/// What a module says of its source files, in the custom sections that compilers write with `-g` (DWARF 2 to 5). It is
/// read when somebody asks. ``Module/debugInfo`` gives it:
///
/// ```swift
/// for symbol in try module.debugInfo?.symbols(moduleOffset: 0x8c) ?? [] { print(symbol) }
/// ```
public final class DebugInfo: Sendable {
  let core: Core.DebugInfo

  init(_ core: consuming Core.DebugInfo) { self.core = core }

  /// Where in the source the instruction at this offset of the module stands, as in ``Frame/symbols``.
  ///
  /// - Parameter moduleOffset: From the start of the module, in bytes.
  /// - Returns: The functions, innermost first; none where the module does not say it.
  public func symbols(moduleOffset: UInt64) -> [FrameSymbol] {
    core.symbols(moduleOffset: moduleOffset)
  }
}
