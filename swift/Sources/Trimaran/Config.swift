/// The configuration of an engine. What is not set keeps the default of wasmtime 48.
///
/// A configuration is a plain value: change it as you like, an engine reads it once when it is made.
/// Sizes are in bytes. Names are those of `wasmtime::Config`.
///
/// ```swift
/// var config = Config()
/// config.wasmThreads = true
/// let engine = try Engine(config)
/// ```
public struct Config: Sendable, Hashable, Codable {
  /// Emits DWARF debug information for compiled code, for native debuggers.
  public var debugInfo: Bool?

  /// The threads proposal: atomics and shared memories in modules. Turning it on also lets the host make
  /// shared memories, unless ``sharedMemory`` says otherwise. The portable interpreter does not have it.
  public var wasmThreads: Bool?

  /// The tail calls of WebAssembly 3.0.
  public var wasmTailCall: Bool?

  /// The reference types of WebAssembly 2.0.
  public var wasmReferenceTypes: Bool?

  /// The vector instructions of WebAssembly 2.0.
  public var wasmSIMD: Bool?

  /// The bulk memory operations of WebAssembly 2.0.
  public var wasmBulkMemory: Bool?

  /// Several results of functions and blocks (WebAssembly 2.0).
  public var wasmMultiValue: Bool?

  /// Several memories in a module (WebAssembly 3.0).
  public var wasmMultiMemory: Bool?

  /// Memories and tables with 64-bit addresses (WebAssembly 3.0).
  public var wasmMemory64: Bool?

  /// The relaxed vector instructions of WebAssembly 3.0.
  public var wasmRelaxedSIMD: Bool?

  /// Gives relaxed vector instructions one result on every machine, at the cost of speed.
  public var wasmRelaxedSIMDDeterministic: Bool?

  /// The component model.
  public var wasmComponentModel: Bool?

  /// The map type of the component model.
  public var wasmComponentModelMap: Bool?

  /// The exceptions of WebAssembly 3.0.
  public var wasmExceptions: Bool?

  /// The typed function references of WebAssembly 3.0.
  public var wasmFunctionReferences: Bool?

  /// The garbage-collected types of WebAssembly 3.0.
  public var wasmGC: Bool?

  /// The wide arithmetic proposal: 128-bit addition and multiplication.
  public var wasmWideArithmetic: Bool?

  /// The custom page sizes proposal: memories with pages of one byte.
  public var wasmCustomPageSizes: Bool?

  /// The stack switching proposal (x86-64 Linux only).
  public var wasmStackSwitching: Bool?

  /// Which compiler is used.
  public var strategy: Strategy?

  /// Has Cranelift check its own intermediate code. Slow; for debugging.
  public var craneliftDebugVerifier: Bool?

  /// How hard Cranelift tries.
  public var craneliftOptLevel: OptLevel?

  /// Gives every NaN one bit pattern, so that floating-point results are the same on every machine.
  public var craneliftNaNCanonicalization: Bool?

  /// How compiled code is shown to a profiler.
  public var profiler: Profiler?

  /// Keeps compiled modules between runs. What is damaged there is compiled again. They are machine code: give it a
  /// folder that nobody else writes to.
  public var cache: Cache?

  /// Lets guests be interrupted: by ``Engine/incrementEpoch()`` at their deadlines, by a timeout of their store
  /// (``Store/setTimeout(_:)``), by an ``InterruptHandle``, and by the cancellation of the task that they run in, which comes
  /// out as a `CancellationError` in ``WasmtimeError/thrown(_:)``.
  public var epochInterruption: Bool?

  /// Makes guests use fuel. A store begins with none.
  public var consumeFuel: Bool?

  /// Compiles the functions of a module on several threads.
  public var parallelCompilation: Bool?

  /// Lets the host make shared memories. Off by default, as in wasmtime.
  public var sharedMemory: Bool?

  /// The greatest stack that guest code may use, in bytes: more than zero, at most 1 GiB. On a thread that has less
  /// left, guests run on a stack of their own.
  public var maxWasmStack: UInt64?

  /// Support for garbage-collected references as a whole.
  public var gcSupport: Bool?

  /// How garbage-collected references are managed.
  public var collector: Collector?

  /// Lets a memory move when it grows past its reservation.
  public var memoryMayMove: Bool?

  /// The address space that is reserved for each memory, in bytes.
  public var memoryReservation: UInt64?

  /// The size of the guard region behind each memory, in bytes.
  public var memoryGuardSize: UInt64?

  /// The address space that is reserved again when a memory has moved, in bytes.
  public var memoryReservationForGrowth: UInt64?

  /// Initialises memories by copy-on-write mappings, where the system has them.
  public var memoryInitCOW: Bool?

  /// Emits native unwind information for compiled code.
  public var nativeUnwindInfo: Bool?

  /// The target that code is compiled for, as a triple such as `x86_64-unknown-linux-gnu`, or `pulley64` for
  /// the portable interpreter. Code for another machine can be compiled, if this build has a compiler for it, but not
  /// run.
  ///
  /// Where a system does not let an app generate code (iOS and its relatives), what is not set is `pulley64`;
  /// everywhere else it is this machine.
  public var target: String?

  /// Uses Mach ports for traps on macOS, and not signals.
  public var macOSUseMachPorts: Bool?

  /// Uses the processor's own faults to detect traps, by signal handlers of the process.
  public var signalsBasedTraps: Bool?

  /// Where instances come from: allocated each time, or from a pool.
  public var allocation: Allocation?

  /// How large a module may be that is compiled, and how long compiling may take.
  public var moduleLimits: ModuleLimits?

  /// Target-specific flags of Cranelift, applied in order. A flag changes the code that is made:
  /// one that promises what the machine cannot do makes a guest crash the process.
  public var craneliftFlags: [CraneliftFlag] = []

  /// A configuration in which nothing is set.
  public init() {}

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
  public enum Profiler: Sendable, Hashable, Codable {
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
