/// Everything that can go wrong, by what went wrong.
///
/// Each case carries what a program needs to react; `description` is the sentence for a person, which is the same in
/// every language. With `TrimaranFoundation`, `localizedDescription` is so as well.
///
/// What a host function threw comes out of the call as ``thrown(_:)``, which holds that very error:
///
/// ```swift
/// do throws(WasmtimeError) {
///   try run(store)
/// } catch {
///   if let mine = error.thrown(as: MyError.self) {
///     print(mine.reason)  // The very instance that was thrown, where `MyError` is a class.
///   } else {
///     print(error.trapCode as Any, error.frames)  // Or `error.exitStatus`, or just `error`.
///   }
/// }
/// ```
///
/// Write `do throws(WasmtimeError)`, and a last `catch` without a pattern. Swift 6 compilers crash on a `catch` with a
/// pattern of this type, and on `guard case` of such an error, where errors of any type are thrown ([swiftlang
/// #89787](https://github.com/swiftlang/swift/issues/89787)). What is here without a pattern needs none.
public enum WasmtimeError: Error, Sendable {
  /// Bytes are not a WebAssembly module, are truncated, or do not validate. The reason begins with the file, if they
  /// came from one.
  case compile(reason: String)
  /// Text is not the WebAssembly text format. The reason begins with the file, if it came from one. Line and column are
  /// counted from 1, the column in bytes. The excerpt is the line of the mistake, and a caret below the place; of a
  /// long line it is the part around that.
  case syntax(reason: String, line: Int, column: Int, excerpt: String = "")
  /// An import is missing, superfluous, or of another type than the module declares. `module` and `name` are
  /// the two parts of its name, and empty where no single import is at fault.
  case link(reason: String, module: String, name: String)
  /// The guest trapped (WebAssembly core specification, section 4.1): why (`nil` for a trap that has no code), in the
  /// trap's own words, what interrupted it (`nil` except for ``TrapCode/interrupt``), and the guest's call stack,
  /// innermost first.
  case trap(code: TrapCode?, reason: String, interruption: Interruption? = nil, frames: [Frame])
  /// The guest ended itself with an exit status; zero is success.
  case exit(status: Int32)
  /// A host function failed, in its own words. The frames are the call stack of the guest that called it, innermost
  /// first.
  case host(reason: String, frames: [Frame] = [])
  /// A host function threw this error, which is no `WasmtimeError`: one that is comes out as itself. The guests
  /// between were unwound.
  case thrown(any Error)
  /// A value has the wrong type, or there are too many or too few.
  case type(reason: String)
  /// A number is outside what its type or its place allows.
  case range(reason: String)
  /// A range of bytes or elements is not inside the memory or table: where it begins, how long it is and how
  /// much there is, all in bytes. Nothing was read or written.
  case bounds(offset: UInt64, length: UInt64, size: UInt64)
  /// Bytes are not text in UTF-8, or have no terminator. The offset is in memory, in bytes.
  case encoding(reason: String, offset: UInt64)
  /// A limit was reached: the maximum of a memory or table, the store's limits, the address space.
  case limit(reason: String)
  /// There is no export of that name.
  case notFound(name: String, reason: String)
  /// An object was used after it was closed; `what` says what kind of object.
  case closed(what: String)
  /// An object was used with another store than the one that it belongs to; `what` says what kind of object.
  case wrongStore(what: String)
  /// An object was used with another engine than the one that it belongs to; `what` says what kind of object.
  case wrongEngine(what: String)
  /// A caller was kept past the host call that it was given to, or used on another thread.
  case escaped
  /// A guest of the store has trapped, or was ended otherwise: no component of that store can be entered any more.
  case poisoned
  /// The store is in use further up this thread's stack.
  case busy(reason: String)
  /// A guest called an async host function where it cannot wait: in a synchronous call, or below a host function that
  /// is not async. The reason says which function, if a linker defines it, and what to do instead.
  case suspend(reason: String)
  /// An engine cannot be made from this configuration.
  case config(reason: String)
  /// A compiled artifact is damaged, or was made by another version or for another configuration.
  case artifact(reason: String)
  /// A file could not be read or written. The code is the system's number for it, such as `ENOENT`, which is 2; `nil`
  /// where the failure is not the system's.
  case io(path: String, reason: String, code: Int32? = nil)
  /// It is specified, but not available in this build or on this machine.
  case unsupported(reason: String)
  /// A mistake of this library: please report it.
  case unexpected(reason: String)
}

// For those who want one thing of an error, and no pattern for it.
extension WasmtimeError {
  /// Why the guest trapped; `nil` where it did not, and for a trap that has no code.
  public var trapCode: TrapCode? {
    if case .trap(let code, _, _, _) = self { code } else { nil }
  }

  /// The guest's call stack where it trapped, or called a host function that failed, innermost first; otherwise empty.
  public var frames: [Frame] {
    switch self {
    case .trap(_, _, _, let frames), .host(_, let frames): frames
    default: []
    }
  }

  /// The system's number for why a file could not be read or written, such as `ENOENT`; `nil` for anything else.
  public var systemCode: Int32? {
    if case .io(_, _, let code) = self { code } else { nil }
  }

  /// The status that the guest ended itself with; `nil` where it did not.
  public var exitStatus: Int32? {
    if case .exit(let status) = self { status } else { nil }
  }

  /// What a host function threw, where it is of this type.
  ///
  /// - Parameter type: The type that is wanted, or a protocol.
  /// - Returns: The very error; `nil` where it is of another type, or none was thrown.
  public func thrown<Thrown>(as type: Thrown.Type) -> Thrown? {
    if case .thrown(let error) = self { error as? Thrown } else { nil }
  }

  /// Whether the task was cancelled in which the guest ran.
  public var isCancellation: Bool { thrown(as: CancellationError.self) != nil }

  /// The error as people outside of this package know it: the very one that a host function threw, `CancellationError`
  /// where the task was cancelled, and otherwise this one. To `catch is CancellationError` somewhere above, throw that:
  ///
  /// ```swift
  /// func run(_ store: Store) throws {
  ///   do throws(WasmtimeError) {
  ///     try guest(store)
  ///   } catch {
  ///     throw error.original
  ///   }
  /// }
  /// ```
  public var original: any Error {
    if case .thrown(let error) = self { error } else { self }
  }

  /// Whether a guest was stopped since its time is over: that of ``Store/setTimeout(_:)``, or of a
  /// ``Store/withDeadline(_:_:)-35sb4``.
  public var isTimeLimit: Bool {
    if case .trap(_, _, .timeLimit, _) = self { true } else { false }
  }
}

extension WasmtimeError: Hashable {
  /// Whether two errors are of the same case with the same fields. Errors that host functions threw are equal where
  /// they are one instance of a class, or else of one type that prints the same.
  public static func == (left: WasmtimeError, right: WasmtimeError) -> Bool { left.key == right.key }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }

  private enum Key: Hashable {
    case ours([UInt8])
    case instance(ObjectIdentifier)
    case value(ObjectIdentifier, String)
  }

  private var key: Key {
    switch self {
    case .thrown(let error) where Swift.type(of: error) is AnyClass: .instance(ObjectIdentifier(error as AnyObject))
    case .thrown(let error): .value(ObjectIdentifier(Swift.type(of: error)), String(reflecting: error))
    default: .ours(Writer.bytes { unread.write(to: &$0) })
    }
  }

  /// The same without what reads the symbols of its frames.
  private var unread: WasmtimeError {
    switch self {
    case .trap(let code, let reason, let interruption, let frames):
      .trap(code: code, reason: reason, interruption: interruption, frames: frames.map(\.unread))
    case .host(let reason, let frames): .host(reason: reason, frames: frames.map(\.unread))
    default: self
    }
  }
}

extension WasmtimeError {
  /// The error of the core's that has the sentence for what a host function threw, or a cancelled task.
  static func words(of thrown: any Error) -> WasmtimeError {
    guard thrown is CancellationError else { return .host(reason: "\(thrown)") }
    return .trap(code: .interrupt, reason: "the task was cancelled", frames: [])
  }

  /// What a host function failed with: the error that is kept under a number, or one that has none.
  static func host(reason: String, thrown: UInt64?, frames: [Frame]) -> WasmtimeError {
    thrown.flatMap(Thrown.take) ?? .host(reason: reason, frames: frames)
  }
}

/// A number and a noun: `1 result`, `2 results`.
package func counted(_ number: Int, _ thing: String) -> String { number == 1 ? "1 \(thing)" : "\(number) \(thing)s" }
