extension Config {
  /// Where instances, and their memories and tables, are made.
  public enum Allocation: Sendable, Hashable, Codable {
    /// Anew each time.
    case onDemand
    /// In a pool that is reserved when the engine is made: an instance then is made in microseconds, and there are no more
    /// than the pool has room for.
    case pooling(PoolingConfig = PoolingConfig())
  }
}

extension PoolingConfig {
  /// A pool in which `configure` sets something.
  ///
  /// ```swift
  /// config.allocation = .pooling(PoolingConfig { $0.totalCoreInstances = 10 })
  /// ```
  public init(_ configure: (inout PoolingConfig) -> Void) {
    self.init()
    configure(&self)
  }
}
