/// Compiles modules, and is shared by everything that is made from them.
///
/// An engine may be used from any thread. Objects of different engines do not fit together.
public final class Engine: Sendable {
  let core: Core.Engine

  /// Makes an engine.
  ///
  /// - Parameter config: How it is set up. What is not set keeps wasmtime's default.
  /// - Throws: `config` where settings exclude each other or the machine lacks something.
  public init(_ config: Config = Config()) throws(WasmtimeError) {
    core = try calling { try Core.Engine(config: config.core) }
  }

  /// Makes an engine from the settings that `configure` changes.
  ///
  /// ```swift
  /// let engine = try Engine { $0.wasmThreads = true }
  /// ```
  ///
  /// - Parameter configure: Changes a configuration in which nothing is set.
  /// - Throws: `config` where settings exclude each other or the machine lacks something.
  public convenience init(_ configure: (inout Config) -> Void) throws(WasmtimeError) {
    var config = Config()
    configure(&config)
    try self.init(config)
  }

  /// Moves the epoch on by one: guests whose deadline it passes are interrupted, if
  /// ``Config/epochInterruption`` is set. May be called from any thread.
  public func incrementEpoch() throws(WasmtimeError) {
    try calling { try core.incrementEpoch() }
  }

  /// Whether guests run on the portable interpreter.
  public var isPulley: Bool {
    get throws(WasmtimeError) { try calling { try core.isPulley() } }
  }

  /// Closes the engine: it can no longer be used. What was made with it goes on working.
  /// Closing twice does nothing.
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
}
