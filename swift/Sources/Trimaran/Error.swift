import Foundation

/// Everything that can go wrong, by what went wrong.
///
/// Each case carries what a program needs to react; `description` and `localizedDescription` are the sentence
/// for a person, which is the same in every language.
///
/// What a host function threw comes out of the call as ``thrown(_:)``, which holds that very error:
///
/// ```swift
/// do {
///   try run(store)
/// } catch .thrown(let error as MyError) {
///   print(error.reason)  // The very instance that was thrown, where `MyError` is a class.
/// } catch {
///   print(error)  // Everything else.
/// }
/// ```
public enum WasmtimeError: Error, Sendable {
  /// Bytes are not a WebAssembly module, are truncated, or do not validate.
  case compile(reason: String)
  /// Text is not the WebAssembly text format. Line and column are counted from 1, the column in bytes.
  case syntax(reason: String, line: Int, column: Int)
  /// An import is missing, superfluous, or of another type than the module declares. `module` and `name` are
  /// the two parts of its name, and empty where no single import is at fault.
  case link(reason: String, module: String, name: String)
  /// The guest trapped (WebAssembly core specification, section 4.1): why (`nil` for a trap that has no code),
  /// in the trap's own words, what interrupted it (`nil` but for ``TrapCode/interrupt``), and the guest's call stack,
  /// innermost first.
  case trap(code: TrapCode?, reason: String, interruption: Interruption? = nil, frames: [Frame])
  /// The guest ended itself with an exit status; zero is success.
  case exit(status: Int32)
  /// A host function failed.
  case host(reason: String)
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
  /// The store is in use further up this thread's stack.
  case busy(reason: String)
  /// An engine cannot be made from this configuration.
  case config(reason: String)
  /// A compiled artifact is damaged, or was made by another version or for another configuration.
  case artifact(reason: String)
  /// A file could not be read or written.
  case io(path: String, reason: String)
  /// It is specified, but not available in this build or on this machine.
  case unsupported(reason: String)
  /// A mistake of this library: please report it.
  case unexpected(reason: String)
}

extension WasmtimeError {
  /// Whether a guest was stopped since its time is over: that of ``Store/setTimeout(_:)``, or of a
  /// ``Store/withDeadline(_:_:)``.
  public var isTimeLimit: Bool {
    if case .trap(_, _, .timeLimit, _) = self { true } else { false }
  }
}

extension WasmtimeError: LocalizedError, CustomStringConvertible {
  /// The sentence for a person: what was wrong, what was expected, what to do.
  public var description: String { core.text() }

  /// The sentence for a person, which `localizedDescription` gives.
  public var errorDescription: String? { description }
}

extension WasmtimeError: Hashable {
  /// Whether two errors are of the same case with the same fields. Errors that host functions threw are equal where
  /// they are one instance of a class, or else of one type that prints the same.
  public static func == (left: WasmtimeError, right: WasmtimeError) -> Bool { left.key == right.key }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }

  private enum Key: Hashable {
    case ours(Core.WasmtimeError, TrapCode?)
    case instance(ObjectIdentifier)
    case value(ObjectIdentifier, String)
  }

  private var key: Key {
    switch self {
    case .thrown(let error) where Swift.type(of: error) is AnyClass: .instance(ObjectIdentifier(error as AnyObject))
    case .thrown(let error): .value(ObjectIdentifier(Swift.type(of: error)), String(reflecting: error))
    case .trap(let code, _, _, _): .ours(core, code)
    default: .ours(core, nil)
    }
  }
}

extension WasmtimeError {
  init(_ core: Core.WasmtimeError) {
    self =
      switch core {
      case .Compile(let reason): .compile(reason: reason)
      case .Syntax(let reason, let line, let column):
        .syntax(reason: reason, line: Int(line), column: Int(column))
      case .Link(let reason, let module, let name): .link(reason: reason, module: module, name: name)
      case .Trap(let code, let reason, let interruption, let frames):
        .trap(
          code: code.map(TrapCode.init),
          reason: reason,
          interruption: interruption.map(Interruption.init),
          frames: frames.map(Frame.init)
        )
      case .Exit(let status): .exit(status: status)
      case .Host(let reason, let thrown): thrown.flatMap(Thrown.take) ?? .host(reason: reason)
      case .Type(let reason): .type(reason: reason)
      case .Range(let reason): .range(reason: reason)
      case .Bounds(let offset, let length, let size): .bounds(offset: offset, length: length, size: size)
      case .Encoding(let reason, let offset): .encoding(reason: reason, offset: offset)
      case .Limit(let reason): .limit(reason: reason)
      case .NotFound(let name, let reason): .notFound(name: name, reason: reason)
      case .Closed(let what): .closed(what: what)
      case .WrongStore(let what): .wrongStore(what: what)
      case .WrongEngine(let what): .wrongEngine(what: what)
      case .Escaped: .escaped
      case .Busy(let reason): .busy(reason: reason)
      case .Config(let reason): .config(reason: reason)
      case .Artifact(let reason): .artifact(reason: reason)
      case .Io(let path, let reason): .io(path: path, reason: reason)
      case .Unsupported(let reason): .unsupported(reason: reason)
      case .Unexpected(let reason): .unexpected(reason: reason)
      }
  }

  private var core: Core.WasmtimeError {
    switch self {
    case .compile(let reason): .Compile(reason: reason)
    case .syntax(let reason, let line, let column):
      .Syntax(reason: reason, line: UInt32(clamping: line), column: UInt32(clamping: column))
    case .link(let reason, let module, let name): .Link(reason: reason, module: module, name: name)
    // The sentence does not depend on the code.
    case .trap(_, let reason, let interruption, let frames):
      .Trap(code: nil, reason: reason, interruption: interruption?.core, frames: frames.map(\.core))
    case .exit(let status): .Exit(status: status)
    case .host(let reason): .Host(reason: reason, thrown: nil)
    case .thrown(let error): .Host(reason: "\(error)", thrown: nil)
    case .type(let reason): .Type(reason: reason)
    case .range(let reason): .Range(reason: reason)
    case .bounds(let offset, let length, let size): .Bounds(offset: offset, length: length, size: size)
    case .encoding(let reason, let offset): .Encoding(reason: reason, offset: offset)
    case .limit(let reason): .Limit(reason: reason)
    case .notFound(let name, let reason): .NotFound(name: name, reason: reason)
    case .closed(let what): .Closed(what: what)
    case .wrongStore(let what): .WrongStore(what: what)
    case .wrongEngine(let what): .WrongEngine(what: what)
    case .escaped: .Escaped
    case .busy(let reason): .Busy(reason: reason)
    case .config(let reason): .Config(reason: reason)
    case .artifact(let reason): .Artifact(reason: reason)
    case .io(let path, let reason): .Io(path: path, reason: reason)
    case .unsupported(let reason): .Unsupported(reason: reason)
    case .unexpected(let reason): .Unexpected(reason: reason)
    }
  }
}
