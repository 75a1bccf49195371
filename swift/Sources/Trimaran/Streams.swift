// Standard streams that modules wait for: they are served in the task that awaits the guest, as async host functions are.

/// A standard input that modules wait for, as for an async host function: it is read in the task that awaits the guest, which takes no
/// thread meanwhile.
///
/// A guest that reads in a call without `await` fails with `suspend`, where nothing is left of a piece, and so does a component. Make the
/// instance after ``Store/setWasi(_:)-(WasiConfig)``. What the input throws comes out of the guest's call: the very same error. It may use
/// the store, but not have a guest read this input, which fails with `busy`. Guests of several stores that were given the same input
/// read one after the other.
public struct AsyncInput: Sendable {
  typealias Read = @Sendable (_ count: Int) async throws -> [UInt8]

  /// What reads for one store.
  private let reader: @Sendable () -> Read
  private let turns = Turns()
  private var port: ServedPort?

  /// What a closure reads.
  ///
  /// - Parameter read: Is told for how many bytes the guest has room, and gives a piece of any length, or no bytes at the end. What the
  ///   guest leaves of it is for its next read.
  public init(_ read: @escaping @Sendable (_ count: Int) async throws -> [UInt8]) { reader = { read } }

  /// What a sequence gives, piece by piece. Each store makes an iterator of its own.
  public init<Pieces: AsyncSequence & Sendable>(_ pieces: Pieces) where Pieces.Element == [UInt8] {
    reader = {
      let pieces = Iteration(pieces)
      return { _ in
        // A piece without bytes is not the end.
        while let piece = try await pieces.next() { if !piece.isEmpty { return piece } }
        return []
      }
    }
  }

  /// What a sequence gives, byte by byte. Each store makes an iterator of its own. Pieces take less time.
  public init<Bytes: AsyncSequence & Sendable>(bytes: Bytes) where Bytes.Element == UInt8 {
    reader = {
      let bytes = Iteration(bytes)
      return { _ in try await bytes.next().map { [$0] } ?? [] }
    }
  }

  /// The same for the guests of a store.
  fileprivate func served(in store: Store) throws(WasmtimeError) -> AsyncInput {
    var served = self
    let (read, turns) = (reader(), turns)
    served.port = try ServedPort(store) { port, count in
      try port.give(try await turns.take { try await read(count) })
    }
    return served
  }

  /// What the core has of it.
  var core: ServedPort { servedPort(port) }
}

/// A standard output that modules wait for, as for an async host function: it takes each piece in the task that awaits the guest, which
/// takes no thread meanwhile, and goes on when the piece is taken.
///
/// A guest that writes in a call without `await` fails with `suspend`, and so does a component. Make the instance after
/// ``Store/setWasi(_:)-(WasiConfig)``. What the output throws comes out of the guest's call: the very same error. It may use the store.
public struct AsyncOutput: Sendable {
  private let write: @Sendable ([UInt8]) async throws -> Void
  private var port: ServedPort?

  /// One that a closure takes.
  public init(_ write: @escaping @Sendable ([UInt8]) async throws -> Void) { self.write = write }

  /// The same for the guests of a store.
  fileprivate func served(in store: Store) throws(WasmtimeError) -> AsyncOutput {
    var served = self
    let write = write
    served.port = try ServedPort(store) { port, _ in try await write(port.take()) }
    return served
  }

  /// What the core has of it.
  var core: ServedPort { servedPort(port) }
}

extension WasiInput {
  /// What a sequence gives, piece by piece, for modules: see ``AsyncInput``.
  public static func stream<Pieces: AsyncSequence & Sendable>(_ pieces: Pieces) -> WasiInput
  where Pieces.Element == [UInt8] { .async(AsyncInput(pieces)) }

  /// What the guests of a store read.
  func served(in store: Store) throws(WasmtimeError) -> WasiInput {
    if case .async(let input) = self { .async(try input.served(in: store)) } else { self }
  }
}

extension WasiOutput {
  /// A queue, which modules wait for while it is full: see ``AsyncOutput``.
  public static func queue(_ queue: OutputQueue) -> WasiOutput { .async(AsyncOutput { await queue.send($0) }) }

  /// What the guests of a store write to.
  func served(in store: Store) throws(WasmtimeError) -> WasiOutput {
    if case .async(let output) = self { .async(try output.served(in: store)) } else { self }
  }
}

/// What lies between a standard stream of a store's guests and the async closure that serves it.
final class ServedPort: Sendable {
  private let core: Core.StreamPort

  init(
    _ store: Store,
    _ serve: @escaping @Sendable (_ port: ServedPort, _ count: Int) async throws -> Void
  ) throws(WasmtimeError) {
    let made = Locked<ServedPort?>(nil)
    let function = try Func(store, FuncType([.i32], [])) { (_: AsyncCaller, arguments: [Val]) async throws -> [Val] in
      guard let port = made.withLock({ $0 }) else { preconditionFailure("a stream before it was granted") }
      var numbers = Numbers(arguments)
      try await serve(port, Int(numbers.take(as: Int32.self)))
      return []
    }
    core = try Core.StreamPort(store: store.core, func: function.core)
    made.withLock { $0 = self }
  }

  func give(_ bytes: [UInt8]) throws(WasmtimeError) {
    try lending(bytes) { (bytes) throws(WasmtimeError) in try core.give(bytes: bytes) }
  }

  func take() throws(WasmtimeError) -> [UInt8] { try core.take() }

  /// One more hold on it, for the core.
  func kept() -> OpaquePointer { core.kept() }
}

private func servedPort(_ port: ServedPort?) -> ServedPort {
  guard let port else { preconditionFailure("a stream that was granted to no store") }
  return port
}

/// Goes through a sequence, for one reader at a time.
private final class Iteration<Sequence: AsyncSequence & Sendable>: @unchecked Sendable {
  // `Turns` has one task after the other read.
  private var iterator: Sequence.AsyncIterator

  init(_ sequence: Sequence) { iterator = sequence.makeAsyncIterator() }

  func next() async throws -> Sequence.Element? {
    var iterator = iterator
    defer { self.iterator = iterator }
    return try await iterator.next()
  }
}
