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

/// How large the pool of an engine is. What is not set keeps the default of wasmtime 48. Names are those of
/// `wasmtime::PoolingAllocationConfig`.
public struct PoolingConfig: Sendable, Hashable, Codable {
  /// How many instances there may be at once.
  public var totalCoreInstances: UInt32?
  /// How many memories there may be at once.
  public var totalMemories: UInt32?
  /// How many tables there may be at once.
  public var totalTables: UInt32?
  /// How many heaps of garbage-collected values there may be at once: one a store.
  public var totalGCHeaps: UInt32?
  /// What an instance needs at most for itself, in bytes.
  public var maxCoreInstanceSize: UInt64?
  /// How many memories a module may have.
  public var maxMemoriesPerModule: UInt32?
  /// How many tables a module may have.
  public var maxTablesPerModule: UInt32?
  /// How large a memory may be, in bytes.
  public var maxMemorySize: UInt64?
  /// How large a table may be, in elements.
  public var tableElements: UInt64?
  /// How many places that nobody uses stay ready for the same module.
  public var maxUnusedWarmSlots: UInt32?
  /// How many bytes of a memory stay with the process when its instance goes.
  public var linearMemoryKeepResident: UInt64?
  /// How many bytes of a table stay with the process when its instance goes.
  public var tableKeepResident: UInt64?

  /// A pool in which nothing is set.
  public init() {}

  /// A pool in which `configure` sets something.
  ///
  /// ```swift
  /// config.allocation = .pooling(PoolingConfig { $0.totalCoreInstances = 10 })
  /// ```
  public init(_ configure: (inout PoolingConfig) -> Void) { configure(&self) }
}
