/// How much the guests of a store may have. What is `nil` has no limit of the store's.
public struct StoreLimits: Sendable, Hashable, Codable {
  /// The size of each memory, in bytes.
  public var memorySize: UInt64?
  /// The size of each table, in elements.
  public var tableElements: UInt64?
  /// How many instances there may be.
  public var instances: UInt64?
  /// How many tables instances may define in all. Those that the host makes do not count.
  public var tables: UInt64?
  /// How many memories instances may define in all. Those that the host makes do not count.
  public var memories: UInt64?
  /// How many file descriptors guests have of WASI at a time. The three standard streams and granted directories count; a
  /// guest that opens one more gets the error number `mfile`.
  public var fileDescriptors: UInt64?
  /// Whether a guest that asks for more fails with `limit`, where it would be given -1.
  public var trapOnGrowFailure: Bool

  /// Limits; without any there is none.
  public init(
    memorySize: UInt64? = nil,
    tableElements: UInt64? = nil,
    instances: UInt64? = nil,
    tables: UInt64? = nil,
    memories: UInt64? = nil,
    fileDescriptors: UInt64? = nil,
    trapOnGrowFailure: Bool = false
  ) {
    self.memorySize = memorySize
    self.tableElements = tableElements
    self.instances = instances
    self.tables = tables
    self.memories = memories
    self.fileDescriptors = fileDescriptors
    self.trapOnGrowFailure = trapOnGrowFailure
  }

  /// Limits for a store in which an untrusted module runs; see ``Config/untrusted``.
  public static var untrusted: StoreLimits { Core.untrustedLimits() }

  /// ``untrusted``, except for what `change` sets.
  ///
  /// ```swift
  /// try store.setLimits(.untrusted { $0.memories = 1 })
  /// ```
  public static func untrusted(_ change: (inout StoreLimits) -> Void) -> StoreLimits { changed(untrusted, change) }
}

extension StoreLimits {
  /// What is not there has no limit.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func limit(_ key: CodingKeys) throws -> UInt64? { try values.decodeIfPresent(UInt64.self, forKey: key) }
    try self.init(
      memorySize: limit(.memorySize),
      tableElements: limit(.tableElements),
      instances: limit(.instances),
      tables: limit(.tables),
      memories: limit(.memories),
      fileDescriptors: limit(.fileDescriptors),
      trapOnGrowFailure: values.decodeIfPresent(Bool.self, forKey: .trapOnGrowFailure) ?? false
    )
  }
}

extension Store {
  /// Limits what guests may have from now on. What they have already they keep.
  ///
  /// Past a limit the host's own growing and instantiating fail with `limit`.
  ///
  /// - Parameter limits: The limits, in the place of all earlier ones.
  /// - Throws: `limit` where the store has a shared memory that may grow further, `config` where
  ///   ``Config/wasmStackSwitching`` lets guests take memory that `memorySize` would not bound, and `busy` in a host
  ///   function.
  public func setLimits(_ limits: StoreLimits) throws(WasmtimeError) {
    try core.setLimits(limits: limits)
  }

  /// Limits what guests may have from now on, in the place of all earlier limits: what is not named has none. What guests
  /// have already they keep.
  ///
  /// ```swift
  /// try store.setLimits(memorySize: 16 << 20, instances: 4)
  /// ```
  ///
  /// - Parameters:
  ///   - memorySize: The size of each memory, in bytes.
  ///   - tableElements: The size of each table, in elements.
  ///   - instances: How many instances there may be.
  ///   - tables: How many tables there may be.
  ///   - memories: How many memories there may be.
  ///   - fileDescriptors: How many file descriptors guests have of WASI at a time.
  ///   - trapOnGrowFailure: Whether a guest that asks for more fails with `limit`, where it would be given -1.
  public func setLimits(
    memorySize: UInt64? = nil,
    tableElements: UInt64? = nil,
    instances: UInt64? = nil,
    tables: UInt64? = nil,
    memories: UInt64? = nil,
    fileDescriptors: UInt64? = nil,
    trapOnGrowFailure: Bool = false
  ) throws(WasmtimeError) {
    try setLimits(
      StoreLimits(
        memorySize: memorySize,
        tableElements: tableElements,
        instances: instances,
        tables: tables,
        memories: memories,
        fileDescriptors: fileDescriptors,
        trapOnGrowFailure: trapOnGrowFailure
      )
    )
  }
}
