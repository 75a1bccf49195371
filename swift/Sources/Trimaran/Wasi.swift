internal import CTrimaran

// `WasiConfig` itself, with its settings, is generated from the core's.

extension WasiConfig {
  /// Variables of an environment, in their order.
  public struct Environment: Sendable, ExpressibleByDictionaryLiteral, RandomAccessCollection {
    /// A name, and its value.
    public typealias Element = (name: String, value: String)

    private var variables: [Element]

    /// Variables in this order.
    public init(_ variables: some Sequence<Element>) { self.variables = Array(variables) }

    /// Variables by the order of their names.
    public init(_ variables: [String: String]) {
      self.init(variables.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
    }

    /// Variables in this order.
    public init(dictionaryLiteral elements: (String, String)...) {
      variables = elements.map { (name: $0.0, value: $0.1) }
    }

    /// The place of the first variable.
    public var startIndex: Int { variables.startIndex }

    /// The place after the last variable.
    public var endIndex: Int { variables.endIndex }

    /// The variable at a place.
    public subscript(position: Int) -> Element { variables[position] }

    /// The value of a variable; `nil` where there is none of that name. A new one comes last.
    public subscript(name: String) -> String? {
      get { variables.last { Name($0.name) == Name(name) }?.value }
      set {
        let place = variables.firstIndex { Name($0.name) == Name(name) } ?? variables.endIndex
        variables.removeAll { Name($0.name) == Name(name) }
        if let newValue { variables.insert((name: name, value: newValue), at: place) }
      }
    }

    func write(to writer: inout Writer) {
      let all = variables.map { Core.EnvVar(name: Array($0.name.utf8), value: Array($0.value.utf8)) }
      writer.list(all) { $1.write(to: &$0) }
    }
  }
}

/// What a guest reads from its standard input.
public enum WasiInput: Sendable {
  /// That of this process.
  case inherit
  /// These bytes.
  case bytes([UInt8])
  /// A file.
  case file(path: String)
  /// A closure, which is asked for up to so many bytes when the guest reads, and gives none at the end. The guest waits meanwhile.
  /// With more bytes the guest's call fails with `range`. What the closure throws comes out of the outermost call, as what a host
  /// function throws. The store keeps it, until the store goes or is closed.
  case callback(@Sendable (_ count: Int) throws -> [UInt8])
  /// What modules wait for, without a thread.
  case async(AsyncInput)

  /// Text, in UTF-8.
  public static func text(_ text: String) -> WasiInput { .bytes(Array(text.utf8)) }
}

/// Where a guest writes to.
public enum WasiOutput: Sendable {
  /// That of this process.
  case inherit
  /// A file, which is emptied first unless it is to be appended to.
  case file(path: String, append: Bool = false)
  /// Memory.
  case pipe(OutputPipe)
  /// A closure, which gets what the guest writes, when it writes it. What it throws comes out of the outermost call, as
  /// what a host function throws. The store keeps it, until the store goes or is closed.
  case callback(@Sendable ([UInt8]) throws -> Void)
  /// What modules wait for, without a thread.
  case async(AsyncOutput)
}

/// Memory that guests write to.
public final class OutputPipe: Sendable {
  let core: Core.OutputPipe

  init(_ core: consuming Core.OutputPipe) { self.core = core }

  /// Makes an empty pipe.
  ///
  /// - Parameter capacity: How many bytes it takes; to write more fails in the guest. `nil` is as many as there is room
  ///   for.
  public init(capacity: UInt64? = nil) throws(WasmtimeError) {
    core = try Core.OutputPipe(capacity: capacity)
  }

  /// What is in it. It stays there. Fails with `limit` where the process has no room for a copy.
  public var contents: [UInt8] {
    get throws(WasmtimeError) { try core.contents() }
  }

  /// Takes everything out of it.
  public func take() throws(WasmtimeError) -> [UInt8] {
    try core.take()
  }

  /// What is in it, as text. Bytes that are not UTF-8 are replaced by U+FFFD.
  public var text: String {
    get throws(WasmtimeError) {
      let bytes = try contents
      // A byte that is replaced becomes three.
      try checkRoom(3 * bytes.count)
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}

/// A directory of the host that a guest gets, with everything in it.
public struct Preopen: Sendable, Hashable {
  /// Where it is for the host.
  public var hostPath: String
  /// Where it is for the guest.
  public var guestPath: String
  /// Whether the guest may not change anything in it.
  public var readOnly: Bool
  /// How many bytes the guests of a store may add to its files; `nil` is any number. What they remove or shorten they may add
  /// again. A file's size counts, whatever of it was written. Past it a guest gets the error number 19 (`dquot`). Each store
  /// counts for itself, from ``Store/setWasi(_:)-(WasiConfig)`` on. Files move between directories with quotas only within one.
  public var maxBytes: UInt64?
  /// How many files and folders the guests of a store may add; `nil` is any number. Past it a guest gets the error number 19
  /// (`dquot`).
  public var maxFiles: UInt64?

  /// The directory at `hostPath`, as `guestPath` for the guest.
  public init(
    _ hostPath: String,
    as guestPath: String,
    readOnly: Bool = false,
    maxBytes: UInt64? = nil,
    maxFiles: UInt64? = nil
  ) {
    self.hostPath = hostPath
    self.guestPath = guestPath
    self.readOnly = readOnly
    self.maxBytes = maxBytes
    self.maxFiles = maxFiles
  }
}

/// A clock that shows the times that it was given.
public struct FixedClock: Sendable, Hashable {
  /// What it shows first, in nanoseconds since the beginning of 1970.
  public var start: UInt64
  /// How far each reading moves it on, in nanoseconds.
  public var step: UInt64

  /// A clock that begins at `start`.
  public init(start: UInt64, step: UInt64 = 0) {
    self.start = start
    self.step = step
  }
}

extension Store {
  /// Says what the guests of this store may use by WASI, and opens the files and directories.
  ///
  /// - Parameter config: What they may use. It replaces an earlier configuration.
  /// - Throws: `io` if it cannot open a file or directory, `config` if two directories have the same path for guests, `range` if
  ///   ``WasiConfig/maxTransfer`` is out of its range,
  ///   `limit` if the directories and the three standard streams are more than ``StoreLimits/fileDescriptors``.
  public func setWasi(_ config: WasiConfig) throws(WasmtimeError) {
    var served = config
    served.stdin = try config.stdin?.served(in: self)
    served.stdout = try config.stdout?.served(in: self)
    served.stderr = try config.stderr?.served(in: self)
    try core.setWasi(config: served)
  }

  /// Says what the guests of this store may use by WASI: nothing but what `configure` grants.
  ///
  /// ```swift
  /// let output = try OutputPipe()
  /// try store.setWasi {
  ///   $0.argv = ["greet", "--loud"]
  ///   $0.env = ["USER": "ada"]
  ///   $0.stdin = .text("hello")
  ///   $0.stdout = .pipe(output)
  ///   $0.preopens = [Preopen("fixtures", as: "/data", readOnly: true)]
  /// }
  /// ```
  ///
  /// - Parameter configure: Changes a configuration that grants nothing.
  /// - Throws: `io` if it cannot open a file or directory, `config` if two directories have the same path for guests, `range` if
  ///   ``WasiConfig/maxTransfer`` is out of its range,
  ///   `limit` if the directories and the three standard streams are more than ``StoreLimits/fileDescriptors``.
  public func setWasi(_ configure: (inout WasiConfig) -> Void) throws(WasmtimeError) {
    var config = WasiConfig()
    configure(&config)
    try setWasi(config)
  }
}

extension Core {
  /// A closure that guests write to.
  package struct OutputSink: Sendable {
    let body: @Sendable ([UInt8]) throws -> Void

    package init(body: @escaping @Sendable ([UInt8]) throws -> Void) { self.body = body }

    /// The core holds the closure from then on, for the store.
    func write(to writer: inout Writer) {
      let context = Unmanaged.passRetained(Callback(body)).toOpaque()
      writer.number(trimaran_output_sink_new(writeOut, releaseCallback, context))
    }
  }

  /// A closure that guests read from.
  package struct InputSource: Sendable {
    let body: @Sendable (Int) throws -> [UInt8]

    package init(body: @escaping @Sendable (Int) throws -> [UInt8]) { self.body = body }

    /// The core holds the closure from then on, for the store.
    func write(to writer: inout Writer) {
      let context = Unmanaged.passRetained(ReadCallback(body)).toOpaque()
      writer.number(trimaran_input_source_new(readIn, releaseReadCallback, context))
    }
  }
}

private final class Callback: Sendable {
  let body: @Sendable ([UInt8]) throws -> Void

  init(_ body: @escaping @Sendable ([UInt8]) throws -> Void) { self.body = body }
}

private final class ReadCallback: Sendable {
  let body: @Sendable (Int) throws -> [UInt8]

  init(_ body: @escaping @Sendable (Int) throws -> [UInt8]) { self.body = body }
}

/// Asks a closure for the next piece. What it throws is kept while the guests unwind.
private func readIn(
  _ context: UnsafeMutableRawPointer?,
  _ bytes: UnsafeMutablePointer<UInt8>?,
  _ most: Int,
  _ length: UnsafeMutablePointer<Int>?,
  _ thrown: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  guard let context, let bytes, let length, let thrown else {
    preconditionFailure("no context, or no room for a piece")
  }
  do {
    let piece = try Unmanaged<ReadCallback>.fromOpaque(context)._withUnsafeGuaranteedRef { try $0.body(most) }
    length.pointee = piece.count
    if piece.count <= most {
      _ = UnsafeMutableBufferPointer(start: bytes, count: most).update(fromContentsOf: piece)
    }
    return 0
  } catch {
    thrown.pointee = Thrown.keep(error)
    return 1
  }
}

/// Lets go of a closure that guests read from.
private func releaseReadCallback(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<ReadCallback>.fromOpaque($0).release() }
}

/// Gives a closure the next piece. What it throws is kept while the guests unwind.
private func writeOut(
  _ context: UnsafeMutableRawPointer?,
  _ bytes: UnsafePointer<UInt8>?,
  _ count: Int,
  _ thrown: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  guard let context, let thrown else { preconditionFailure("a piece without a context or room") }
  do {
    try checkRoom(count)
    let piece = Array(UnsafeBufferPointer(start: bytes, count: count))
    try Unmanaged<Callback>.fromOpaque(context)._withUnsafeGuaranteedRef { try $0.body(piece) }
    return 0
  } catch {
    thrown.pointee = Thrown.keep(error)
    return 1
  }
}

/// Lets go of a closure.
private func releaseCallback(_ context: UnsafeMutableRawPointer?) {
  context.map { Unmanaged<Callback>.fromOpaque($0).release() }
}
