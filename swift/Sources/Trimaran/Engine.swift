/// Compiles modules. Stores, modules and their objects belong to one engine.
///
/// Any thread may use an engine. Objects of different engines do not fit together.
public final class Engine: Sendable {
  package let core: Core.Engine

  /// The version of this library: `major.minor.patch`.
  public static let version: String = Core.version()

  /// Makes an engine.
  ///
  /// ```swift
  /// var config = Config()
  /// config.wasmThreads = true
  /// let engine = try Engine(config)
  /// ```
  ///
  /// - Parameter config: How it is set up. What is not set keeps wasmtime's default.
  /// - Throws: `config` if settings exclude each other or the machine lacks something, `range` for a time below 0.
  public init(_ config: Config = Config()) throws(WasmtimeError) {
    core = try Core.Engine(config: config.complete)
  }

  /// Makes an engine from the settings that `configure` changes.
  ///
  /// ```swift
  /// let engine = try Engine { $0.wasmThreads = true }
  /// ```
  ///
  /// - Parameter configure: Changes a configuration in which nothing is set.
  /// - Throws: `config` if settings exclude each other or the machine lacks something, `range` for a time below 0.
  public convenience init(_ configure: (inout Config) -> Void) throws(WasmtimeError) {
    var config = Config()
    configure(&config)
    try self.init(config)
  }

  package init(_ core: consuming Core.Engine) { self.core = core }

  /// The one engine of this process for a configuration, for as long as anything uses it. Modules that it compiled fit
  /// wherever a program asks for the same configuration. ``close()`` does nothing to it, since others use it.
  ///
  /// - Parameter config: How it is set up. What is not set keeps wasmtime's default.
  /// - Throws: `config` if settings exclude each other or the machine lacks something, `range` for a time below 0.
  public static func shared(for config: Config = Config()) throws(WasmtimeError) -> Engine {
    Engine(try Core.Engine.shared(config: config.complete))
  }

  /// How the engine is set up.
  public var config: Config {
    get throws(WasmtimeError) { try core.config() }
  }

  /// Compiles a module from the binary or the text format to an artifact, from which ``Module`` makes a module.
  ///
  /// - Parameter bytes: The module in the binary format, or in the text format in UTF-8.
  /// - Returns: What ``Module/serialize()-8hmt3`` gives.
  /// - Throws: `compile` if the bytes are no module, are truncated or do not validate, and `syntax` if the text has a
  ///   mistake.
  public func precompile(_ bytes: some Collection<UInt8>) throws(WasmtimeError) -> [UInt8] {
    try lending(bytes) { (bytes) throws(WasmtimeError) in try core.precompile(bytes: bytes) }
  }

  /// Compiles a module from the text format to an artifact, from which ``Module`` makes a module.
  ///
  /// - Parameter text: The module in the text format.
  /// - Returns: What ``Module/serialize()-8hmt3`` gives.
  /// - Throws: `syntax` if the text has a mistake, and `compile` if it is no module or does not validate.
  public func precompile(_ text: some StringProtocol) throws(WasmtimeError) -> [UInt8] {
    try precompile(text.utf8)
  }

  /// Whether this engine can make a module from an artifact: whether it is whole, and of this version and
  /// configuration.
  ///
  /// - Parameter artifact: What ``Module/serialize()-8hmt3`` or `precompile` gave.
  public func accepts(_ artifact: some Collection<UInt8>) throws(WasmtimeError) -> Bool {
    try lending(artifact) { (bytes) throws(WasmtimeError) in try core.accepts(artifact: bytes) }
  }

  /// A number that is the same for engines whose artifacts fit each other.
  public var compatibilityHash: UInt64 {
    get throws(WasmtimeError) { try core.compatibilityHash() }
  }

  /// Advances the epoch by one. If ``Config/epochInterruption`` is set, this interrupts guests whose deadline it
  /// passes. Any thread may call it.
  public func incrementEpoch() throws(WasmtimeError) {
    try core.incrementEpoch()
  }

  /// Whether guests run on the portable interpreter.
  public var isPulley: Bool {
    get throws(WasmtimeError) { try core.isPulley() }
  }

  /// Tells a closure from now on what is compiled and instantiated, and which guests trap, on the thread of that.
  ///
  /// ```swift
  /// try engine.setListener { event in print(event) }
  /// ```
  ///
  /// An engine has one listener: the last one that is set. It may do what a host function may. What it does itself is not told.
  /// Without a listener nothing is slower.
  ///
  /// - Parameter calls: Whether it is told of each call of a guest by the host as well, of stores that are made while it is set.
  /// - Parameter listener: What is told.
  /// - Throws: `closed` where the engine is closed.
  public func setListener(
    calls: Bool = false,
    _ listener: @escaping @Sendable (Event) -> Void
  ) throws(WasmtimeError) {
    try core.setListener(listening: Core.EventListening(listener: Core.EventListener(body: listener), calls: calls))
  }

  /// Tells nobody any more.
  ///
  /// - Throws: `closed` where the engine is closed.
  public func removeListener() throws(WasmtimeError) {
    try core.setListener(listening: nil)
  }

  /// Closes the engine. Its modules and stores go on working. A later use of the engine fails with `closed`; a second
  /// `close` does nothing.
  public func close() {
    // The core has no way to fail here.
    try? core.release()
  }

  /// Runs `body` with a new store, and closes the store when it ends, well or not.
  ///
  /// - Parameter body: What to do with the store.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws; `closed` where the engine is closed.
  public func withStore<R>(_ body: (Store) throws -> R) throws -> R {
    let store = try Store(self)
    defer { store.close() }
    return try body(store)
  }

  /// Runs `body` with a new store, and closes the store when it ends, well or not: for a closure that throws nothing else than
  /// errors of this package, and says so where it throws.
  ///
  /// ```swift
  /// let sum = try engine.withStore { store throws(WasmtimeError) in
  ///   try Instance(store, module).function(store, "add")(store, 40, 2) as Int
  /// }
  /// ```
  ///
  /// - Parameter body: What to do with the store.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws; `closed` where the engine is closed.
  public func withStore<R>(_ body: (Store) throws(WasmtimeError) -> R) throws(WasmtimeError) -> R {
    let store = try Store(self)
    defer { store.close() }
    return try body(store)
  }
}

extension Engine: Hashable {
  /// Whether both are the same engine: ``shared(for:)`` and ``Module/engine`` may give another object for it each time.
  public static func == (left: Engine, right: Engine) -> Bool { left.core.pointer == right.core.pointer }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(core.pointer) }
}

extension Engine: Codable {
  /// The engine that ``shared(for:)`` gives for the configuration that was encoded, whose errors come out as they are.
  public convenience init(from decoder: any Decoder) throws {
    let config = try Config(from: decoder)
    self.init(try Core.Engine.shared(config: config.complete))
  }

  /// Encodes the configuration of the engine. Fails with `closed` where it is closed.
  public func encode(to encoder: any Encoder) throws {
    // Nothing can be made with a closed one, here or elsewhere.
    _ = try isPulley
    try config.encode(to: encoder)
  }
}
