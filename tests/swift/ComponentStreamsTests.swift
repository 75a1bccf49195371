import Foundation
import Testing
import TrimaranComponent

/// Something that is counted while it is there.
private final class Counted: Sendable {
  let flag: Flag

  init(_ flag: Flag) { self.flag = flag }

  deinit { flag.raise() }
}

private actor Reader {
  var parts: [ComponentValue] = []
  var steps = 0

  func read(_ stream: ComponentStream) async throws {
    for try await part in stream {
      parts.append(part)
      steps += 1
    }
  }
}

/// A guest of `component_streams.wat`, which says what it does.
struct StreamGuest: Sendable {
  typealias Take = @Sendable (ComponentStream) async throws -> UInt32

  static let engine = Result {
    try testEngine { config in
      config.wasmComponentModelAsync = true
      config.wasmComponentModelMoreAsyncBuiltins = true
    }
  }
  static let component = Result {
    try Component(engine.get(), fromFile: folder("modules").appendingPathComponent("component_streams.wat").path)
  }

  let store: Store
  let instance: Instance

  init(in store: Store? = nil, take: @escaping Take = { _ in 0 }) throws {
    self.store = try store ?? Store(Self.engine.get())
    let linker = try Linker(Self.engine.get())
    try linker.root.defineFunc("take") { (stream: ComponentStream) async throws -> UInt32 in try await take(stream) }
    instance = try linker.instantiate(self.store, Self.component.get())
  }

  @discardableResult
  func wait(
    _ name: String,
    _ arguments: ComponentValue...,
    isolation: isolated (any Actor)? = #isolation
  ) async throws -> ComponentValue? {
    try await instance.function(store, name).callAsync(store, values: arguments)
  }

  @discardableResult
  func now(_ name: String, _ arguments: ComponentValue...) throws -> ComponentValue? {
    try instance.function(store, name).call(store, arguments)
  }

  func count(_ parts: Int64, _ size: Int64) async throws -> ComponentStream {
    try ComponentStream(#require(try await wait("count", .s64(parts), .s64(size))))
  }
}

func parts(_ given: [ComponentValue]) -> ComponentSource {
  .parts(
    AsyncStream { parts in
      for part in given { parts.yield(part) }
      parts.finish()
    }
  )
}

/// Parts that end in a failure.
private struct Failing: AsyncSequence, AsyncIteratorProtocol, Sendable {
  let failure: Mine
  var isFirst = true

  func makeAsyncIterator() -> Failing { self }

  mutating func next() async throws -> [UInt8]? {
    guard isFirst else { throw failure }
    isFirst = false
    return [1]
  }
}

@Suite("Streams and futures of components")
struct ComponentStreamsTests {
  @Test func aStreamOfAGuestIsAnAsyncSequence() async throws {
    let guest = try StreamGuest()
    let stream = try await guest.count(3, 4)
    var seen: [ComponentValue] = []
    for try await part in stream { seen.append(part) }
    #expect(seen == Array(repeating: .bytes([0, 1, 2, 3]), count: 3))
    #expect(!stream.isAlive && stream.description == "a stream that is gone")
    for try await _ in stream { Issue.record("there is nothing more") }
    let words = try ComponentStream(#require(try await guest.wait("words")))
    seen = []
    for try await part in words { seen.append(part) }
    #expect(seen == [.list(["one", "three"]), .list(["three", ""])])
  }

  @Test func aStreamIsReadByHand() async throws {
    let guest = try StreamGuest()
    let stream = try await guest.count(2, 5)
    #expect(try await stream.readAsync(most: 2) == .bytes([0, 1]))
    #expect(try guest.now("written") == .u32(2))
    #expect(try stream.read(most: 100) == .bytes([2, 3, 4]))
    #expect(try stream.read() == .bytes([0, 1, 2, 3, 4]))
    #expect(try stream.read() == .bytes([]))
    #expect(failure { try stream.read() } == .closed(what: "stream"))
    let other = try await guest.count(1, 1)
    for wrong in [0, -1, 1 << 32] {
      let sentence = "the number of elements is \(wrong): expected a u32, from 1 to 4294967295"
      #expect(failure { try other.read(most: wrong) } == .range(reason: sentence))
      #expect(await failure { try await other.readAsync(most: wrong) } as? WasmtimeError == .range(reason: sentence))
    }
    #expect(try other.read(most: Int(UInt32.max)) == .bytes([0]))
  }

  @Test func aReaderThatGoesIsSeenByTheWriter() async throws {
    let guest = try StreamGuest()
    for how in 0..<4 {
      var stream: ComponentStream? = try await guest.count(1_000, 5)
      if how % 2 == 1 { #expect(try await stream?.readAsync(most: 2) == .bytes([0, 1])) }
      if how < 2 {
        stream?.close()
        stream?.close()
        #expect(stream?.isAlive == false)
        #expect(failure { try stream?.read() } == .closed(what: "stream"))
      }
      stream = nil
      #expect(try await guest.count(1, 1).readAsync() == .bytes([0]))
    }
  }

  @Test func aFutureIsReadOnce() async throws {
    let guest = try StreamGuest()
    let future = try ComponentFuture(#require(try await guest.wait("later")))
    #expect(future.description == "a future")
    #expect(try await future.readAsync() == "three")
    #expect(await failure { try await future.readAsync() } as? WasmtimeError == .closed(what: "future"))
    #expect(!future.isAlive)
    #expect(try ComponentFuture(#require(try await guest.wait("later"))).read() == "three")
    let closed = try ComponentFuture(#require(try await guest.wait("later")))
    closed.close()
    #expect(failure { try closed.read() } == .closed(what: "future"))
    let late: @Sendable () async throws -> String = {
      await Task.yield()
      return "four"
    }
    #expect(try await guest.wait("word-length", .source(.later(late))) == .u32(4))
    let task = Task { "seven" }
    #expect(try await guest.wait("word-length", .source(.later { .string(await task.value) })) == .u32(5))
    #expect(try await guest.wait("done", .source(.later { nil })) == .u32(0))
  }

  @Test func aGuestReadsWhatTheHostHas() async throws {
    let guest = try StreamGuest()
    let plain: [ComponentValue] = [.bytes([1, 2]), .bytes([]), .list([3]), .list([.u8(4)])]
    let given: [ComponentValue] = [
      .source(parts(plain)), .source(.parts(plain)), .bytes([1, 2, 3, 4]), [1, 2, 3, 4],
      .source(.parts([[1, 2], [3, 4]] as [[UInt8]])),
    ]
    for source in given { #expect(try await guest.wait("sum", source, 3) == .u32(10)) }
    let words = parts([["a", "bc"], ["def"]])
    #expect(try await guest.wait("length", .source(words)) == .u32(6))
    #expect(try await guest.wait("length", ["a", "bc"]) == .u32(3))
    #expect(try await guest.wait("sum", .source(parts([])), 3) == .u32(0))
    // What waits for nothing needs no task.
    #expect(try guest.now("sum", .source(.parts(plain)), 2) == .u32(10))
    #expect(try guest.now("length", .source(.parts([["a"], ["b"]]))) == .u32(2))
    #expect(try guest.now("length", ["a", "bc"]) == .u32(3))
  }

  @Test func aStreamOfAGuestGoesToAnotherPlace() async throws {
    let guest = try StreamGuest()
    let other = try StreamGuest(in: guest.store)
    let stream = try await guest.count(2, 3)
    #expect(try await other.wait("sum", .stream(stream), 2) == .u32(6))
    #expect(!stream.isAlive)
    let twice = await failure { try await other.wait("sum", .stream(stream), 2) } as? WasmtimeError
    #expect(twice == .closed(what: "stream of argument 1"), "\(twice as Any)")
    let later = try #require(try await guest.wait("later"))
    #expect(try await other.wait("word-length", later) == .u32(5))
    // The host's own comes back.
    let back = try ComponentStream(#require(try guest.now("same", .source(parts([.bytes([1, 2]), .bytes([3])])))))
    #expect(try await back.readAsync() == .bytes([1, 2]))
    #expect(try await back.readAsync() == .bytes([3]))
    #expect(try await back.readAsync() == .bytes([]))
  }

  @Test func whatDoesNotFitIsRefused() async throws {
    let (guest, other) = (try StreamGuest(), try StreamGuest())
    func refused(_ name: String, _ arguments: ComponentValue...) async -> String {
      let error = await failure {
        try await guest.instance.function(guest.store, name).callAsync(guest.store, values: arguments)
      }
      guard case .type(let reason)? = error as? WasmtimeError else { return "\(error as Any)" }
      return reason
    }
    let stream = try await guest.count(1, 3)
    guard case .wrongStore? = await failure({ try await other.wait("sum", .stream(stream), 1) }) as? WasmtimeError
    else { throw Mine() }
    for (wrong, word) in [(5, "an int"), ("text", "a string"), (nil, "nil")] as [(ComponentValue, String)] {
      #expect(await refused("sum", wrong, 1) == "argument 1: expected a stream, found \(word)")
      #expect(await refused("word-length", wrong) == "argument 1: expected a future, found \(word)")
    }
    let (later, some) = (ComponentSource.later { 5 }, parts([]))
    #expect(await refused("sum", .source(later), 1) == "argument 1: expected a stream, found a source of a value")
    #expect(await refused("word-length", .source(some)) == "argument 1: expected a future, found a source of parts")
    #expect(await refused("length", .stream(stream)).hasPrefix("argument 1: the stream is of another type"))
    #expect(try await stream.readAsync(most: 1) == .bytes([0]))
    let sentence = "argument 1: the host has begun to read the stream: it cannot be given away"
    #expect(failure { try guest.now("same", .stream(stream)) } == .type(reason: sentence))
    // A part that does not fit is known when the guest reads.
    let wrong = parts([.list(["a"])])
    let unfit = "a stream of the host: result: element 0: expected a u8, found a string"
    #expect(await refused("sum", .source(wrong), 1) == unfit)
    let fresh = try StreamGuest()
    let many = await failure { try await fresh.wait("word-length", .source(.later { nil })) } as? WasmtimeError
    #expect(many == .type(reason: "a future of the host: expected 1 result, found 0"), "\(many as Any)")
  }

  @Test func whatASourceThrowsComesOutOfTheCall() async throws {
    let mine = Mine()
    let guest = try StreamGuest()
    #expect(await failure { try await guest.wait("sum", .source(.parts(Failing(failure: mine))), 3) } as? Mine === mine)
    #expect(failure { try guest.now("written") } == .poisoned)
    let other = try StreamGuest()
    #expect(await failure { try await other.wait("word-length", .source(.later { throw mine })) } as? Mine === mine)
  }

  @Test func aGuestThatHangsUpEndsASource() async throws {
    let gone = Flag()
    let guest = try StreamGuest()
    do {
      let counted = Counted(gone)
      let endless = AsyncStream { () -> [UInt8]? in
        withExtendedLifetime(counted) { [1, 2, 3] }
      }
      #expect(try await guest.wait("first", .source(.parts(endless)), 2) == .u32(2 << 4))
    }
    try guest.now("written")
    #expect(gone.isSet)
  }

  @Test func aWriterThatTraps() async throws {
    let guest = try StreamGuest()
    let stream = try ComponentStream(#require(try await guest.wait("traps")))
    #expect(try await stream.readAsync(most: 1) == .bytes([0]))
    guard case .trap? = await failure({ try await stream.readAsync() }) as? WasmtimeError else { throw Mine() }
    #expect(failure { try stream.read() } == .poisoned)
    stream.close()
  }

  @Test func aHostFunctionReadsWhileTheGuestWrites() async throws {
    let guest = try StreamGuest()
    #expect(try await guest.wait("gives", 5) == .u32(0))
    #expect(try guest.now("written") == .u32(0))
    #expect(try guest.now("code") == .u32(1))
    let reader = Reader()
    let reads = try StreamGuest { stream in
      try await reader.read(stream)
      return UInt32(await reader.steps)
    }
    #expect(try await reads.wait("gives", 5) == .u32(1))
    #expect(await reader.parts == [.bytes([0, 1, 2, 3, 4])])
    let hangsUp = try StreamGuest { stream in
      let part = try await stream.readAsync(most: 2)
      #expect(part == .bytes([0, 1]))
      stream.close()
      return 7
    }
    #expect(try await hangsUp.wait("gives", 5) == .u32(7))
    #expect(try hangsUp.now("written") == .u32(2))
    #expect(try hangsUp.now("code") == .u32(1))
  }

  @Test func aCallWhoseStreamNobodyReadsAnyMore() async throws {
    let kept = Kept<ComponentStream>()
    let guest = try StreamGuest { stream in
      kept.value = stream
      _ = try await stream.readAsync(most: 2)
      return 0
    }
    guard case .suspend(let reason)? = await failure({ try await guest.wait("gives", 5) }) as? WasmtimeError else {
      throw Mine()
    }
    #expect(reason.contains("nobody does while this call goes on"))
  }

  @Test func aReadThatIsCancelledLosesNothing() async throws {
    let guest = try StreamGuest()
    let stream = try await guest.count(1, 3)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await stream.readAsync()
    }
    #expect(await failure { try await task.value } is CancellationError)
    #expect(try await stream.readAsync() == .bytes([0, 1, 2]))
  }

  @Test func aReadThatIsCancelledWhileItAwaitsASource() async throws {
    let (guest, barrier) = (try StreamGuest(), Barrier())
    let once = Flag()
    let endless = AsyncThrowingStream<[UInt8], any Error> {
      if !once.isSet {
        once.raise()
        return [1]
      }
      async let waits: Void = barrier.pass()
      try await Task.sleep(for: .seconds(1_000))
      await waits
      return [2]
    }
    let back = try ComponentStream(#require(try guest.now("same", .source(.parts(endless)))))
    #expect(try await back.readAsync() == .bytes([1]))
    let task = Task { try await back.readAsync() }
    await barrier.fill(1)
    await barrier.open()
    task.cancel()
    #expect(await failure { try await task.value } is CancellationError)
    // With it ends what a guest would have read.
    #expect(await failure { try await back.readAsync() } as? WasmtimeError == .poisoned)
  }

  @Test func twoReadersTakeTurns() async throws {
    let guest = try StreamGuest()
    let stream = try await guest.count(2, 3)
    async let first = stream.readAsync()
    async let second = stream.readAsync()
    #expect(try await [first, second] == [.bytes([0, 1, 2]), .bytes([0, 1, 2])])
    #expect(try await stream.readAsync() == .bytes([]))
  }

  @Test func threadsReadAsWell() async throws {
    let guest = try StreamGuest()
    let stream = try await guest.count(8, 3)
    let parts = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try await guest.store.run {
            var count = 0
            for _ in 0..<2 {
              while true {
                do throws(WasmtimeError) {
                  #expect(try stream.read() == .bytes([0, 1, 2]))
                  count += 1
                  break
                } catch {
                  guard case .busy = error else { throw error }
                }
              }
            }
            return count
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(parts == 8)
  }

  @Test func itIsClosedWhileItIsRead() async throws {
    let (guest, barrier) = (try StreamGuest(), Barrier())
    let waits = AsyncStream { () -> [UInt8]? in
      await barrier.pass()
      return [1]
    }
    let back = try ComponentStream(#require(try guest.now("same", .source(.parts(waits)))))
    let task = Task { try await back.readAsync() }
    await barrier.fill(1)
    back.close()
    #expect(!back.isAlive)
    await barrier.open()
    guard case .closed? = await failure({ try await back.readAsync() }) as? WasmtimeError else { throw Mine() }
    // Whoever waited gets what came, or the end.
    switch await task.result {
    case .success(let part): #expect(part == .bytes([1]) || part == .bytes([]))
    case .failure(let error): #expect(error is WasmtimeError)
    }
  }

  @Test func theStoreIsClosed() async throws {
    let guest = try StreamGuest()
    let stream = try await guest.count(2, 3)
    guest.store.close()
    #expect(!stream.isAlive)
    #expect(failure { try stream.read() } == .closed(what: "store"))
    stream.close()
  }

  @Test func itKeepsItsStore() async throws {
    let stream = try await StreamGuest().count(1, 3)
    #expect(try await stream.readAsync() == .bytes([0, 1, 2]))
  }

  @Test @MainActor func theMainActorReads() async throws {
    let guest = try StreamGuest()
    var seen = 0
    for try await part in try await guest.count(3, 2) {
      MainActor.assertIsolated()
      seen += part.elements?.count ?? 0
    }
    #expect(seen == 6)
  }

  @Test func aSynchronousCallDoesNotWait() async throws {
    let guest = try StreamGuest()
    guard case .suspend? = failure({ try guest.now("sum", .source(parts([.bytes([1])])), 1) }) else { throw Mine() }
  }

  @Test func aSourceIsReadOnce() async throws {
    let guest = try StreamGuest()
    let source = ComponentSource.parts([[1, 2], [3]] as [[UInt8]])
    #expect(try guest.now("sum", .source(source), 3) == .u32(6))
    #expect(try guest.now("sum", .source(source), 3) == .u32(0))
  }

  @Test func largePartsWaitForRoom() async throws {
    let guest = try StreamGuest()
    let large = [UInt8](repeating: 1, count: 100_000)
    #expect(try await guest.wait("sum", .source(parts([.bytes(large), .bytes([5])])), 4_000) == .u32(100_005))
    // 20 texts of 200,000 bytes, of which no part has many.
    let stream = try ComponentStream(#require(try await guest.wait("large")))
    var (texts, parts) = (0, 0)
    for try await part in stream {
      texts += part.elements?.count ?? 0
      parts += 1
    }
    #expect(texts == 20 && parts > 1)
  }

  @Test func theTypes() throws {
    let guest = try StreamGuest()
    let type = try guest.instance.function(guest.store, "length").type
    #expect("\(type)" == "async func(s: stream<string>) -> u32")
    let stream = try #require(type.parts[0])
    #expect(stream.kind == .stream && stream.parts.count == 1)
    #expect(stream.parts[0]?.kind == .string)
    let done = try #require(try guest.instance.function(guest.store, "done").type.parts[0])
    #expect(done.kind == .future && done.parts.compactMap { $0 }.isEmpty)
    let wrong = try Linker(StreamGuest.engine.get())
    try wrong.root.defineFunc("take") { (_: UInt32) async -> UInt32 in 0 }
    let component = try StreamGuest.component.get()
    guard case .link? = failure({ try wrong.instantiate(guest.store, component) }) else { throw Mine() }
  }
}
