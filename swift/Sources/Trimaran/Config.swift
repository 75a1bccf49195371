// The type itself, with its settings, is generated from the core's.
extension Config {
  /// A configuration for untrusted modules: they can be interrupted, have one thread, and are not compiled
  /// where they are too large. ``StoreLimits/untrusted`` is for their stores.
  public static var untrusted: Config { Core.untrustedConfig() }

  /// ``untrusted``, except for what `change` sets.
  ///
  /// ```swift
  /// let engine = try Engine(.untrusted { $0.moduleLimits { $0.functions = 1_000 } })
  /// ```
  public static func untrusted(_ change: (inout Config) -> Void) -> Config { changed(untrusted, change) }

  /// Changes the limits for modules: those that `change` sets. The others stay as they are.
  public mutating func moduleLimits(_ change: (inout ModuleLimits) -> Void) {
    moduleLimits = changed(moduleLimits ?? ModuleLimits(), change)
  }

  /// Has instances made in a pool, and changes what `change` sets of it. Where there is a pool already, the rest of it stays
  /// as it is.
  public mutating func pooling(_ change: (inout PoolingConfig) -> Void) {
    var pooling = PoolingConfig()
    if case .pooling(let present) = allocation { pooling = present }
    allocation = .pooling(changed(pooling, change))
  }
}

extension KeyedDecodingContainer {
  /// The flags of a ``Config``: what is missing is empty, as all its other settings are.
  func decode(_ type: [Config.CraneliftFlag].Type, forKey key: Key) throws -> [Config.CraneliftFlag] {
    try decodeIfPresent(type, forKey: key) ?? []
  }
}

/// A value, except for what `change` sets.
func changed<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
  var value = value
  change(&value)
  return value
}

// Named within `Config`, as other libraries have a `Cache` and a `Strategy` as well.
extension Config {
  /// Which compiler turns a module into machine code.
  public enum Strategy: Sendable, Hashable, Codable {
    /// The best one that there is for the target.
    case auto
    /// Cranelift, the optimising compiler.
    case cranelift
  }

  /// How hard Cranelift tries.
  public enum OptLevel: Sendable, Hashable, Codable {
    /// As little as possible: compiles fastest.
    case none
    /// For speed.
    case speed
    /// For speed, and for small code.
    case speedAndSize
  }

  /// How compiled code is shown to a profiler.
  public enum ProfilingStrategy: Sendable, Hashable, Codable {
    /// Not at all.
    case none
    /// By a jitdump file, for `perf inject` on Linux.
    case jitdump
    /// By the interface of VTune.
    case vtune
    /// By a perf map file, on Linux.
    case perfmap
  }

  /// How garbage-collected references are managed.
  public enum Collector: Sendable, Hashable, Codable {
    /// The best one that there is for the target.
    case auto
    /// Deferred reference counting: short pauses, but cycles are never freed.
    case deferredReferenceCounting
    /// Never collects: for short runs.
    case null
    /// A copying collector, which frees cycles.
    case copying
  }

  /// Where compiled modules are kept between runs.
  public enum Cache: Sendable, Hashable, Codable {
    /// In the place and with the limits that wasmtime chooses for this user.
    case standard
    /// As the TOML file at `path` says.
    case file(path: String)
  }

  /// A target-specific flag of Cranelift.
  public struct CraneliftFlag: Sendable, Hashable, Codable {
    /// The flag's name.
    public var name: String
    /// Its value; `nil` enables a flag that is on or off.
    public var value: String?

    /// A flag by its name, with its value.
    public init(_ name: String, _ value: String? = nil) {
      self.name = name
      self.value = value
    }
  }
}

extension Config {
  #if os(iOS) || os(tvOS) || os(watchOS) || os(visionOS)
    /// Apps may not generate code there: guests run on the interpreter.
    private static let defaultTarget: String? = "pulley64"
  #else
    private static let defaultTarget: String? = nil
  #endif

  /// The configuration as an engine is made of it.
  var complete: Config {
    get throws(WasmtimeError) {
      try moduleLimits?.check()
      return changed(self) { $0.target = $0.target ?? Self.defaultTarget }
    }
  }
}
