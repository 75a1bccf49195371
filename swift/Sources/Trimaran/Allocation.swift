/// Where instances, and their memories and tables, are made.
public enum Allocation: Sendable, Hashable, Codable {
  /// Anew each time.
  case onDemand
  /// In a pool that is reserved when the engine is made: an instance then is made in microseconds, and there are no more
  /// than the pool has room for.
  case pooling(PoolingConfig = PoolingConfig())

  init(_ core: Core.Allocation) {
    self =
      switch core {
      case .onDemand: .onDemand
      case .pooling(let pooling): .pooling(PoolingConfig(pooling))
      }
  }

  var core: Core.Allocation {
    switch self {
    case .onDemand: .onDemand
    case .pooling(let pooling): .pooling(pooling: pooling.core)
    }
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
  /// How many bytes an instance may have, its memories and tables aside.
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
  /// How many bytes of a memory are cleared by writing, and not given back to the system.
  public var linearMemoryKeepResident: UInt64?
  /// How many bytes of a table are cleared by writing, and not given back to the system.
  public var tableKeepResident: UInt64?

  /// A pool in which nothing is set.
  public init() {}

  /// A pool in which `configure` sets something.
  ///
  /// ```swift
  /// config.allocation = .pooling(PoolingConfig { $0.totalCoreInstances = 10 })
  /// ```
  public init(_ configure: (inout PoolingConfig) -> Void) { configure(&self) }

  fileprivate init(_ core: Core.PoolingConfig) {
    totalCoreInstances = core.totalCoreInstances
    totalMemories = core.totalMemories
    totalTables = core.totalTables
    totalGCHeaps = core.totalGcHeaps
    maxCoreInstanceSize = core.maxCoreInstanceSize
    maxMemoriesPerModule = core.maxMemoriesPerModule
    maxTablesPerModule = core.maxTablesPerModule
    maxMemorySize = core.maxMemorySize
    tableElements = core.tableElements
    maxUnusedWarmSlots = core.maxUnusedWarmSlots
    linearMemoryKeepResident = core.linearMemoryKeepResident
    tableKeepResident = core.tableKeepResident
  }

  fileprivate var core: Core.PoolingConfig {
    Core.PoolingConfig(
      totalCoreInstances: totalCoreInstances,
      totalMemories: totalMemories,
      totalTables: totalTables,
      totalGcHeaps: totalGCHeaps,
      maxCoreInstanceSize: maxCoreInstanceSize,
      maxMemoriesPerModule: maxMemoriesPerModule,
      maxTablesPerModule: maxTablesPerModule,
      maxMemorySize: maxMemorySize,
      tableElements: tableElements,
      maxUnusedWarmSlots: maxUnusedWarmSlots,
      linearMemoryKeepResident: linearMemoryKeepResident,
      tableKeepResident: tableKeepResident
    )
  }
}
