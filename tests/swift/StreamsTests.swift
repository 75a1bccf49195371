import Foundation
import Testing
import Trimaran

/// Standard streams that guests wait for.
@Suite("Streams that guests wait for")
struct StreamsTests {
  private struct Lost: Error, Equatable { let number: Int }

  /// A guest with streams, in a store of its own.
  private struct Home: Sendable {
    let store: Store
    let instance: Instance

    init(_ engine: Engine? = nil, _ configure: (inout WasiConfig) -> Void) throws {
      let engine = try engine ?? testEngine()
      store = try Store(engine)
      try store.setWasi(configure)
      let linker = try Linker(engine)
      try linker.defineWasi()
      let file = folder("modules").appendingPathComponent("streams.wat").path
      instance = try linker.instantiate(store, Module(engine, fromFile: file))
    }

    func call(_ name: String, _ argument: Int32) async throws -> Int32 {
      try await instance.function(store, name).callAsync(store, argument)
    }

    func callHere(_ name: String, _ argument: Int32) throws -> Int32 {
      try instance.function(store, name)(store, argument)
    }

    func cat() async throws -> Int32 { try await instance.function(store, "cat").callAsync(store) }

    func text(_ length: Int) throws -> String {
      try instance.memory(store, "memory").readString(store, at: 1024, count: length)
    }
  }

  private static func pieces(_ all: [String], _ error: (any Error)? = nil) -> AsyncThrowingStream<[UInt8], any Error> {
    AsyncThrowingStream { continuation in
      for piece in all { continuation.yield(Array(piece.utf8)) }
      continuation.finish(throwing: error)
    }
  }

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func aGuestCopiesASequenceToAQueue() async throws {
    let output = OutputQueue(capacity: 4)
    let home = try Home {
      $0.stdin = .stream(Self.pieces(["one ", "", "two ", "three"]))
      $0.stdout = .queue(output)
    }
    #expect(try await home.cat() == 13)
    // It has ended, and stays so.
    #expect(try await home.call("read", 8) == 0)
    output.finish()
    var found: [String] = []
    for await piece in output { found.append(String(decoding: piece, as: UTF8.self)) }
    #expect(found == ["one ", "two ", "three"])
  }

  @Test func aGuestReadsBytes() async throws {
    let (bytes, continuation) = AsyncStream<UInt8>.makeStream()
    let home = try Home { $0.stdin = .async(AsyncInput(bytes: bytes)) }
    for byte in "ab".utf8 { continuation.yield(byte) }
    continuation.finish()
    #expect(try await home.call("read", 8) == 1)
    #expect(try await home.call("read", 8) == 1)
    #expect(try home.text(1) == "b")
    #expect(try await home.call("read", 8) == 0)
  }

  @Test func whatAGuestLeavesOfAPieceIsForItsNextRead() async throws {
    let home = try Home { $0.stdin = .stream(Self.pieces(["abcdefghij", "k"])) }
    #expect(try await home.call("read", 8) == 8)
    #expect(try home.text(8) == "abcdefgh")
    // Nobody has to wait for that.
    #expect(try home.callHere("read", 8) == 2)
    #expect(try home.text(2) == "ij")
    #expect(try await home.call("read", 8) == 1)
  }

  @Test func aFullQueueHasTheGuestWait() async throws {
    let output = OutputQueue()
    let home = try Home {
      $0.stdin = .stream(Self.pieces(Array(repeating: "x", count: 5)))
      $0.stdout = .queue(output)
    }
    let isDone = Flag()
    let task = Task {
      defer { isDone.raise() }
      return try await home.cat()
    }
    try await Task.sleep(for: .milliseconds(20))
    #expect(!isDone.isSet)
    var pieces = output.makeAsyncIterator()
    for _ in 0..<5 { #expect(await pieces.next() == Self.bytes("x")) }
    #expect(try await task.value == 5)
  }

  @Test func oneGuestWritesWhatAnotherOneReads() async throws {
    let between = OutputQueue()
    let engine = try testEngine()
    let one = try Home(engine) {
      $0.stdin = .stream(Self.pieces(["one ", "two"]))
      $0.stdout = .queue(between)
    }
    let other = try Home(engine) { $0.stdin = .stream(between) }
    async let copied = {
      defer { between.finish() }
      return try await one.cat()
    }()
    #expect(try await other.cat() == 7)
    #expect(try await copied == 7)
  }

  @Test func othersSeeTheMemoryWhileAGuestWaits() async throws {
    let (given, continuation) = AsyncStream<[UInt8]>.makeStream()
    let home = try Home { $0.stdin = .stream(given) }
    let task = Task { try await home.call("read", 8) }
    try await Task.sleep(for: .milliseconds(10))
    #expect(try home.text(5) == "hello")
    continuation.yield(Self.bytes("late"))
    #expect(try await task.value == 4)
    #expect(try home.text(5) == "lateo")
  }

  @Test func whatAStreamThrowsComesOutOfTheCall() async throws {
    let home = try Home {
      $0.stdin = .stream(Self.pieces(["a"], Lost(number: 1)))
      $0.stdout = .async(AsyncOutput { _ in throw Lost(number: 2) })
      $0.stderr = .async(AsyncOutput { _ in })
    }
    #expect(try await home.call("read", 8) == 1)
    #expect(await failure { try await home.call("read", 8) } as? Lost == Lost(number: 1))
    #expect(await failure { try await home.call("write", 8) } as? Lost == Lost(number: 2))
  }

  @Test func aGuestThatWaitsForAStreamIsCancelled() async throws {
    let (given, continuation) = AsyncStream<[UInt8]>.makeStream()
    let output = OutputQueue()
    let home = try Home {
      $0.stdin = .async(
        AsyncInput { _ in
          for await piece in given { return piece }; return []
        }
      )
      $0.stdout = .queue(output)
    }
    let writes = Task { try await home.call("write", 2) + home.call("write", 3) }
    try await Task.sleep(for: .milliseconds(20))
    writes.cancel()
    #expect(await failure { try await writes.value } is CancellationError)
    var pieces = output.makeAsyncIterator()
    #expect(await pieces.next() == Self.bytes("he"))
    // What it has written is not written later.
    #expect(try await home.call("write", 4) == 4)
    #expect(await pieces.next() == Self.bytes("hell"))
    let reads = Task { try await home.call("read", 8) }
    try await Task.sleep(for: .milliseconds(20))
    reads.cancel()
    #expect(await failure { try await reads.value } is CancellationError)
    continuation.finish()
    #expect(try await home.call("read", 8) == 0)
  }

  @Test func closingTheStoreEndsAGuestThatWaits() async throws {
    let (given, continuation) = AsyncStream<[UInt8]>.makeStream()
    let home = try Home { $0.stdin = .stream(given) }
    let task = Task { try await home.call("read", 8) }
    try await Task.sleep(for: .milliseconds(10))
    home.store.close()
    continuation.yield(Self.bytes("late"))
    let error = await failure { try await task.value } as? WasmtimeError
    guard case .closed = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aTimeLimitEndsTheGuestWhenTheStreamHasAnswered() async throws {
    let home = try Home(testEngine { $0.epochInterruption = true }) {
      $0.stdin = .async(
        AsyncInput { _ in
          try await Task.sleep(for: .milliseconds(50))
          return Self.bytes("late")
        }
      )
    }
    try home.store.setTimeout(.milliseconds(10))
    #expect((await failure { try await home.call("read", 8) } as? WasmtimeError)?.isTimeLimit == true)
    try home.store.setTimeout(nil)
    // The piece is there for whoever reads next.
    #expect(try home.callHere("read", 8) == 4)
  }

  @Test func aGuestThatCannotWaitFails() async throws {
    let home = try Home {
      $0.stdin = .stream(Self.pieces(["a"]))
      $0.stdout = .queue(OutputQueue())
    }
    for name in ["read", "write"] {
      let error = failure { try home.callHere(name, 4) }
      guard case .suspend(let reason) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(reason.contains("standard stream"))
    }
  }

  @Test func guestsOfTwoStoresReadOneStreamOneAfterTheOther() async throws {
    let engine = try testEngine()
    let input = WasiInput.stream(Self.pieces((0..<10).map(String.init)))
    let homes = try (0..<2).map { _ in try Home(engine) { $0.stdin = input } }
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
      for home in homes {
        group.addTask {
          var text = ""
          while try await home.call("read", 8) > 0 { text += try home.text(1) }
          return text
        }
      }
      return try await group.reduce(into: "") { $0 += $1 }
    }
    #expect(String(texts.sorted()) == "0123456789")
    // One that is cancelled in the line lets the others go on.
    let (given, continuation) = AsyncStream<[UInt8]>.makeStream()
    let shared = WasiInput.stream(given)
    let tasks = try (0..<3).map { _ in
      let home = try Home(engine) { $0.stdin = shared }
      return Task { try await home.call("read", 8) }
    }
    try await Task.sleep(for: .milliseconds(20))
    tasks[1].cancel()
    #expect(await failure { try await tasks[1].value } is CancellationError)
    continuation.yield([1])
    continuation.yield([1, 2])
    continuation.finish()
    #expect(try await Set([tasks[0].value, tasks[2].value]).isSubset(of: [0, 1, 2]))
  }

  @Test func whatReadsAStreamMayUseTheStoreButNotReadItAgain() async throws {
    let kept = Kept<Home>()
    let home = try Home {
      $0.stdin = .async(
        AsyncInput { _ in
          guard let home = kept.value else { return [] }
          // The error number is `badf`.
          let number = try await home.call("close", 77)
          let error = await failure { try await home.call("read", 8) } as? WasmtimeError
          guard number == 8, case .busy(let reason) = error, reason.contains("this very task") else { return [] }
          return Self.bytes("abc")
        }
      )
    }
    kept.value = home
    #expect(try await home.call("read", 8) == 3)
    kept.value = nil
  }

  @Test func aQueueEndsAndWakesThoseWhoWait() async throws {
    let queue = OutputQueue(capacity: 1)
    await queue.send([1])
    let writers = (0..<3).map { number in Task { await queue.send([number]) } }
    try await Task.sleep(for: .milliseconds(10))
    // The room of one that is cancelled is for the others.
    writers[0].cancel()
    await writers[0].value
    var pieces = queue.makeAsyncIterator()
    for _ in 0..<3 { #expect(await pieces.next() != nil) }
    for writer in writers { await writer.value }
    let readers = (0..<2).map { _ in
      Task { () -> [UInt8]? in
        var pieces = queue.makeAsyncIterator()
        return await pieces.next()
      }
    }
    try await Task.sleep(for: .milliseconds(10))
    readers[0].cancel()
    #expect(await readers[0].value == nil)
    queue.finish()
    #expect(await readers[1].value == nil)
    await queue.send([9])
    #expect(await pieces.next() == nil)
  }
}
