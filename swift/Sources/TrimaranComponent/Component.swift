// Who imports this module has the other one as well. Where both have a name, such as `Linker`, it is this one's; the other
// one's is `Trimaran.Linker`.
@_exported public import Trimaran

/// A compiled component. You may instantiate it any number of times, in any store of its engine, on any thread.
///
/// ```swift
/// let component = try Component(engine, fromFile: "adder.wasm")
/// let linker = try Linker(engine)
/// let instance = try linker.instantiate(store, component)
/// let sum: UInt32 = try instance.function(store, "add")(store, 1, 2)
/// ```
public final class Component: Sendable {
  let core: Core.Component

  private init(_ core: consuming Core.Component) { self.core = core }

  /// The component that `make` makes of bytes, which are lent to it; it gives one hold.
  private convenience init(
    of bytes: some Collection<UInt8>,
    _ make: (UnsafeRawBufferPointer) throws(WasmtimeError) -> OpaquePointer
  ) throws(WasmtimeError) {
    self.init(Core.Component(try lending(bytes, make)))
  }

  /// Compiles a component from the binary or the text format.
  ///
  /// - Parameters:
  ///   - engine: The engine that compiles it.
  ///   - bytes: The component in the binary format, or in the text format in UTF-8.
  /// - Throws: `compile` if the bytes are no component, are truncated or do not validate; `syntax` if the text has a mistake;
  ///   `type` for the path of a file, which `init(_:fromFile:)` reads; `limit` if it, or a module in it, passes the limits of the engine for modules.
  public convenience init(_ engine: Engine, _ bytes: some Collection<UInt8>) throws(WasmtimeError) {
    try self.init(of: bytes) { (bytes) throws(WasmtimeError) in
      try Core.Component(engine: engine.core, bytes: bytes).kept()
    }
  }

  /// Compiles a component from the text format.
  ///
  /// - Parameters:
  ///   - engine: The engine that compiles it.
  ///   - text: The component in the text format.
  /// - Throws: As for bytes.
  public convenience init(_ engine: Engine, _ text: some StringProtocol) throws(WasmtimeError) {
    try self.init(of: text.utf8) { (bytes) throws(WasmtimeError) in
      try Core.Component(engine: engine.core, bytes: bytes).kept()
    }
  }

  /// Compiles a component from a file in the binary or the text format.
  ///
  /// - Parameters:
  ///   - engine: The engine that compiles it.
  ///   - path: Where the file is.
  /// - Throws: As for bytes, and `io` if the file cannot be read.
  public convenience init(_ engine: Engine, fromFile path: String) throws(WasmtimeError) {
    self.init(try Core.Component.fromFile(engine: engine.core, path: checked(path)))
  }

  /// Makes a component from the bytes of ``serialize()``.
  ///
  /// An artifact is machine code: load it only from where you would load a program. The check finds damage, not malice.
  ///
  /// - Parameters:
  ///   - engine: An engine of the same configuration as the one that compiled it.
  ///   - artifact: The bytes.
  /// - Throws: `artifact` if a single bit differs, or if another version or configuration made it.
  public convenience init(_ engine: Engine, deserialize artifact: some Collection<UInt8>) throws(WasmtimeError) {
    try self.init(of: artifact) { (bytes) throws(WasmtimeError) in
      try Core.Component.deserialize(engine: engine.core, artifact: bytes).kept()
    }
  }

  /// Makes a component from a file with the bytes of ``serialize()``.
  ///
  /// - Parameters:
  ///   - engine: An engine of the same configuration as the one that compiled it.
  ///   - path: Where the file is.
  /// - Throws: As for bytes, and `io` if the file cannot be read.
  public convenience init(_ engine: Engine, deserializeFile path: String) throws(WasmtimeError) {
    self.init(try Core.Component.deserializeFile(engine: engine.core, path: checked(path)))
  }

  /// Makes a component from the bytes of ``pack()``. It belongs to the engine that this process shares for the
  /// configuration in them.
  ///
  /// The bytes are machine code: load them only from where you would load a program. The check finds damage, not malice.
  ///
  /// - Parameter bytes: The bytes.
  /// - Throws: `artifact` if a single bit differs, or if another version made it.
  public convenience init(unpack bytes: some Collection<UInt8>) throws(WasmtimeError) {
    try self.init(of: bytes) { (bytes) throws(WasmtimeError) in try Core.Component.unpack(bytes: bytes).kept() }
  }

  /// Checks a component in the binary or the text format, and keeps nothing of it. It takes as long as to compile it.
  ///
  /// - Parameters:
  ///   - engine: The engine whose configuration says what a component may use.
  ///   - bytes: The component.
  /// - Throws: `compile`, `syntax` and `limit`, as the constructor does.
  public static func validate(_ engine: Engine, _ bytes: some Collection<UInt8>) throws(WasmtimeError) {
    try lending(bytes) { (bytes) throws(WasmtimeError) in
      try Core.validateComponent(engine: engine.core, bytes: bytes)
    }
  }

  /// Checks a component in the text format.
  ///
  /// - Parameters:
  ///   - engine: The engine whose configuration says what a component may use.
  ///   - text: The component.
  /// - Throws: `compile`, `syntax` and `limit`, as the constructor does.
  public static func validate(_ engine: Engine, _ text: some StringProtocol) throws(WasmtimeError) {
    try validate(engine, text.utf8)
  }

  /// Compiles a component from the binary or the text format to what `serialize` gives, without making one: for a machine of another kind
  /// as well, by `Config.target`.
  ///
  /// - Parameters:
  ///   - engine: The engine that it is for.
  ///   - bytes: The component.
  /// - Returns: The artifact.
  /// - Throws: `compile`, `syntax` and `limit`, as the constructor does.
  public static func precompile(_ engine: Engine, _ bytes: some Collection<UInt8>) throws(WasmtimeError) -> [UInt8] {
    try lending(bytes) { (bytes) throws(WasmtimeError) in
      try Core.precompileComponent(engine: engine.core, bytes: bytes)
    }
  }

  /// Compiles a component from the text format.
  ///
  /// - Parameters:
  ///   - engine: The engine that it is for.
  ///   - text: The component.
  /// - Returns: The artifact.
  /// - Throws: `compile`, `syntax` and `limit`, as the constructor does.
  public static func precompile(_ engine: Engine, _ text: some StringProtocol) throws(WasmtimeError) -> [UInt8] {
    try precompile(engine, text.utf8)
  }

  /// The compiled component as bytes, which ``Component`` loads without the compiler.
  ///
  /// - Returns: The artifact.
  /// - Throws: `closed` if the component is closed, `limit` if there is no room for the bytes.
  public func serialize() throws(WasmtimeError) -> [UInt8] {
    try core.serialize()
  }

  /// The compiled component with the configuration of its engine, as bytes: everything that another process needs. With
  /// `TrimaranFoundation`, a component is `Codable` as these bytes.
  ///
  /// - Returns: The bytes, for ``init(unpack:)``.
  /// - Throws: `closed` if the component is closed, `limit` if there is no room for the bytes.
  public func pack() throws(WasmtimeError) -> [UInt8] {
    try core.pack()
  }

  /// The engine that compiled it.
  public var engine: Engine {
    get throws(WasmtimeError) { try Engine(core.engine()) }
  }

  /// What it imports, with the full types, in the component's order. Fails with `limit` if the types, written out, are far larger than
  /// the component.
  public var imports: [ComponentItem] {
    get throws(WasmtimeError) { try ComponentType(core.types()).items(0) }
  }

  /// What it exports, as ``imports``.
  public var exports: [ComponentItem] {
    get throws(WasmtimeError) { try ComponentType(core.types()).items(1) }
  }

  /// Closes the component. Its instances go on working. A second `close` does nothing.
  public func close() {
    // The core has no way to fail here.
    try? core.release()
  }
}
