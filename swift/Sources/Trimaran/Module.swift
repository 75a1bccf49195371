/// A compiled module. You may instantiate it any number of times, in any store of its engine, on any thread.
public final class Module: Sendable {
  package let core: Core.Module
  private let listed = Locked(Listed())

  /// What was asked for before. It never changes while the module is open.
  private struct Listed {
    var isClosed = false
    var imports: [ImportType]?
    var exports: [ExportType]?
  }

  package init(_ core: consuming Core.Module) { self.core = core }

  /// The module that `make` makes of bytes, which are lent to it; it gives one hold.
  private convenience init(
    of bytes: some Collection<UInt8>,
    _ make: (UnsafeRawBufferPointer) throws(WasmtimeError) -> OpaquePointer
  ) throws(WasmtimeError) {
    self.init(Core.Module(try lending(bytes, make)))
  }

  /// Compiles a module from the binary or the text format.
  ///
  /// - Parameters:
  ///   - engine: The engine that compiles it.
  ///   - bytes: The module in the binary format, or in the text format in UTF-8.
  /// - Throws: `compile` if the bytes are no module, are truncated or do not validate, and `syntax` if the text has a
  ///   mistake.
  public convenience init(_ engine: Engine, _ bytes: some Collection<UInt8>) throws(WasmtimeError) {
    try self.init(of: bytes) { (bytes) throws(WasmtimeError) in
      try Core.Module(engine: engine.core, bytes: bytes).kept()
    }
  }

  /// Compiles a module from the text format.
  ///
  /// - Parameters:
  ///   - engine: The engine that compiles it.
  ///   - text: The module in the text format.
  /// - Throws: `syntax` if the text has a mistake, `compile` if it is no module or does not validate, and `type` for
  ///   the path of a file, for which there is ``init(_:fromFile:)``.
  public convenience init(_ engine: Engine, _ text: some StringProtocol) throws(WasmtimeError) {
    try self.init(of: text.utf8) { (bytes) throws(WasmtimeError) in
      try Core.Module(engine: engine.core, bytes: bytes).kept()
    }
  }

  /// Compiles a module from a file in the binary or the text format.
  ///
  /// - Parameters:
  ///   - engine: The engine that compiles it.
  ///   - path: Where the file is.
  /// - Throws: As for bytes, and `io` if the file cannot be read.
  public convenience init(_ engine: Engine, fromFile path: String) throws(WasmtimeError) {
    self.init(try Core.Module.fromFile(engine: engine.core, path: checked(path)))
  }

  /// Compiles a module so that ``Instance/snapshot(_:removing:)`` can read its instances.
  ///
  /// It behaves like any other module, except that you cannot serialize or pack it: do that with the module of a
  /// snapshot.
  ///
  /// - Parameters:
  ///   - engine: The engine that compiles it.
  ///   - bytes: The module in the binary format, or in the text format in UTF-8.
  /// - Throws: As for any module, and `unsupported` for one whose instances keep some of their state elsewhere: it imports
  ///   a memory, a table or a mutable global, has one that is shared, or drops passive segments. The error says which.
  public convenience init(_ engine: Engine, forSnapshots bytes: some Collection<UInt8>) throws(WasmtimeError) {
    try self.init(of: bytes) { (bytes) throws(WasmtimeError) in
      try Core.Module.forSnapshots(engine: engine.core, bytes: bytes).kept()
    }
  }

  /// Compiles a module in the text format for snapshots.
  ///
  /// - Parameters:
  ///   - engine: The engine that compiles it.
  ///   - text: The module in the text format.
  /// - Throws: As for bytes, and `syntax` if the text has a mistake.
  public convenience init(_ engine: Engine, forSnapshots text: some StringProtocol) throws(WasmtimeError) {
    try self.init(engine, forSnapshots: text.utf8)
  }

  /// Makes a module from the bytes of ``serialize()-8hmt3``.
  ///
  /// An artifact is machine code: load it only from where you would load a program. The check finds damage, not malice.
  ///
  /// - Parameters:
  ///   - engine: An engine of the same configuration as the one that compiled it.
  ///   - artifact: The bytes.
  /// - Throws: `artifact` if a single bit differs, or if another version or configuration made it.
  public convenience init(_ engine: Engine, deserialize artifact: some Collection<UInt8>) throws(WasmtimeError) {
    try self.init(of: artifact) { (bytes) throws(WasmtimeError) in
      try Core.Module.deserialize(engine: engine.core, artifact: bytes).kept()
    }
  }

  /// Makes a module from a file with the bytes of ``serialize()-8hmt3``.
  ///
  /// - Parameters:
  ///   - engine: An engine of the same configuration as the one that compiled it.
  ///   - path: Where the file is.
  /// - Throws: As for bytes, and `io` if the file cannot be read.
  public convenience init(_ engine: Engine, deserializeFile path: String) throws(WasmtimeError) {
    self.init(try Core.Module.deserializeFile(engine: engine.core, path: checked(path)))
  }

  /// Makes a module from the bytes of ``pack()-9khdz``. It belongs to the engine that this process shares for the
  /// configuration in them (``Engine/shared(for:)``).
  ///
  /// The bytes are machine code: load them only from where you would load a program. The check finds damage, not
  /// malice.
  ///
  /// - Parameter bytes: The bytes.
  /// - Throws: `artifact` if a single bit differs, or if another version made it.
  public convenience init(unpack bytes: some Collection<UInt8>) throws(WasmtimeError) {
    try self.init(of: bytes) { (bytes) throws(WasmtimeError) in try Core.Module.unpack(bytes: bytes).kept() }
  }

  /// Checks a module in the binary or the text format without compiling it.
  ///
  /// - Parameters:
  ///   - engine: The engine whose configuration says what a module may use.
  ///   - bytes: The module.
  /// - Throws: `compile` and `syntax`, as the constructor does.
  public static func validate(_ engine: Engine, _ bytes: some Collection<UInt8>) throws(WasmtimeError) {
    try lending(bytes) { (bytes) throws(WasmtimeError) in try Core.validate(engine: engine.core, bytes: bytes) }
  }

  /// Checks a module in the text format without compiling it.
  ///
  /// - Parameters:
  ///   - engine: The engine whose configuration says what a module may use.
  ///   - text: The module.
  /// - Throws: `compile` and `syntax`, as the constructor does.
  public static func validate(_ engine: Engine, _ text: some StringProtocol) throws(WasmtimeError) {
    try validate(engine, text.utf8)
  }

  /// The contents of each custom section of that name, in the order of the module, which is neither validated nor
  /// compiled.
  ///
  /// - Parameters:
  ///   - bytes: The module, in the binary or the text format.
  ///   - name: The sections' name.
  /// - Returns: A list of the bytes in each.
  /// - Throws: `compile` where it is no module or is truncated, and `syntax` where text has a mistake.
  public static func customSections(
    _ bytes: some Collection<UInt8>,
    named name: String
  ) throws(WasmtimeError) -> [[UInt8]] {
    try lending(bytes) { (bytes) throws(WasmtimeError) in try Core.customSections(bytes: bytes, name: name) }
  }

  /// The contents of each custom section of that name, of a module in the text format.
  ///
  /// - Parameters:
  ///   - text: The module.
  ///   - name: The sections' name.
  /// - Returns: A list of the bytes in each.
  /// - Throws: `compile` and `syntax`, as of bytes.
  public static func customSections(_ text: some StringProtocol, named name: String) throws(WasmtimeError) -> [[UInt8]]
  {
    try customSections(text.utf8, named: name)
  }

  /// What the module says of its source files; `nil` where it says nothing, or ``Config/wasmBacktraceDetails`` of its
  /// engine is off.
  public var debugInfo: DebugInfo? {
    get throws(WasmtimeError) { try core.debugInfo() }
  }

  /// The compiled module as bytes, which ``Module`` loads without the compiler.
  ///
  /// - Returns: The artifact.
  /// - Throws: `closed` if the module is closed, `limit` if there is no room for the bytes, and `unsupported` for a module
  ///   that was made for snapshots.
  public func serialize() throws(WasmtimeError) -> [UInt8] {
    try core.serialize()
  }

  /// The compiled module with the configuration of its engine, as bytes: everything that another process needs. A
  /// module is encoded as these bytes.
  ///
  /// - Returns: The bytes, for ``init(unpack:)``.
  /// - Throws: `closed` if the module is closed, `limit` if there is no room for the bytes, and `unsupported` for a module
  ///   that was made for snapshots.
  public func pack() throws(WasmtimeError) -> [UInt8] {
    try core.pack()
  }

  /// The engine that compiled it.
  public var engine: Engine {
    get throws(WasmtimeError) { try Engine(core.engine()) }
  }

  /// The module's name, from its name section; a name of more than 100,000 bytes is none.
  public var name: String? {
    get throws(WasmtimeError) { try core.name() }
  }

  /// The imports, in the module's order. Fails with `limit` if the types of its functions have far more values than
  /// there are imports.
  public var imports: [ImportType] {
    get throws(WasmtimeError) {
      if let known = listed.withLock({ $0.imports }) { return known }
      let imports = try core.imports()
      listed.withLock { listed in if !listed.isClosed { listed.imports = imports } }
      return imports
    }
  }

  /// The exports, in the module's order. Fails with `limit` as ``imports`` does.
  public var exports: [ExportType] {
    get throws(WasmtimeError) {
      if let known = listed.withLock({ $0.exports }) { return known }
      let exports = try core.exports()
      listed.withLock { listed in if !listed.isClosed { listed.exports = exports } }
      return exports
    }
  }

  /// Closes the module. Its instances go on working. A second `close` does nothing.
  public func close() {
    listed.withLock { $0 = Listed(isClosed: true) }
    // The core has no way to fail here.
    try? core.release()
  }
}
