/// What is left of a store whose guest has trapped.
final class CoreDump: Sendable {
  let core: Core.CoreDump

  init(_ core: consuming Core.CoreDump) { self.core = core }
}

extension WasmtimeError {
  /// Writes the store as it is now to a file, as a core dump (WebAssembly tool conventions, `Coredump.md`): the guest's
  /// calls, and the memories and globals of all instances. Memories that are shared are left out, and references are
  /// null. Call it before the store is closed, and before another guest runs in it.
  ///
  /// - Parameter path: The file.
  /// - Throws: `config` for anything but a trap with ``Config/coredumpOnTrap`` set, `closed` if the store is closed,
  ///   `io` if the file cannot be written, `limit` if more than 390 MiB of the memories are not zero, and `unsupported`
  ///   for memories of other pages than 64 KiB and for globals that hold exceptions or continuations.
  public func coredump(toFile path: String) throws(WasmtimeError) {
    guard let dump = frames.first?.coreDump else { return try Core.noCoreDump() }
    try dump.core.write(path: path)
  }
}
