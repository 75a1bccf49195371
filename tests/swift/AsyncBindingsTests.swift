import Bindings
import Testing
import TrimaranComponent

private let folder = "\(#filePath)".replacing("AsyncBindingsTests.swift", with: "Bindings")

/// What a host fails with that no function declares.
private final class Odd: Error {}

/// A resource of the host's.
private actor Total: Waiting.Imports.Host.Sink {
  private var total: UInt32

  init(_ start: UInt32) { total = start }

  func put(number: UInt32) async throws -> UInt32 {
    await Task.yield()
    total += number
    return total
  }
}

/// The host of the component that asks. One of its functions is not async, which is as good.
private struct Answers: Waiting.Imports.Host.Host, Waiting.Host {
  var host: Self { self }
  var thrown: (any Error)?
  let barrier = Barrier()

  func makeSink(start: UInt32) async throws -> any Waiting.Imports.Host.Sink {
    await Task.yield()
    return Total(start)
  }

  func sinkLimit() -> UInt32 { 100 }

  func check(number: UInt32) async throws {
    if number == 9 {
      async let waits: Void = barrier.pass()
      try await Task.sleep(for: .seconds(1_000))
      await waits
    }
    await Task.yield()
    if let thrown { throw thrown }
    if number > 9 { throw ResultError(UInt8(number)) }
  }
}

@Suite("Generated bindings with functions that wait")
struct AsyncBindingsTests {
  private let engine: Engine
  private let store: Store

  init() throws {
    engine = try testEngine()
    store = try Store(engine)
  }

  private func component(_ name: String) throws -> Component {
    try Component(engine, fromFile: "\(folder)/\(name).wat")
  }

  @Test func everyFunctionOfAComponentHasATwin() async throws {
    let counters = try await Counting.instantiateAsync(store, component("counting")).counters
    let counter = try await Counting.Exports.Counters.Counter.makeAsync(counters, start: 40)
    #expect(try await counter.nextAsync() == 41)
    #expect(try counter.next() == 42)
    let other = try await Counting.Exports.Counters.Counter.makeAsync(counters, start: 8)
    let merged = try await Counting.Exports.Counters.Counter.mergeAsync(counters, a: counter, b: other)
    #expect(try await merged.nextAsync() == 51)
    #expect(!counter.handle.isAlive)
    try merged.close()
    try other.close()
    #expect(try await counters.droppedAsync() == 2)
    #expect(try await counters.evenAsync(number: 4) == 4)
    #expect(await failure { try await counters.evenAsync(number: 3) } as? Counting.Exports.Counters.Error == .odd)
  }

  @Test func valuesOfTwinsGoBothWays() async throws {
    let kinds = try Kinds.instantiate(store, component("kinds"), Echo())
    #expect(try await kinds.guestU32Async(x: .max) == .max)
    let texts = (0..<20).map { String(repeating: "\($0 % 10)", count: 1_100) }
    #expect(try await kinds.guestStringsAsync(x: texts) == texts)
    let people = [Kinds.Person(firstName: "Ada", age: 36, class: "first")]
    #expect(try await kinds.guestPeopleAsync(x: people) == people)
    let shapes: [Kinds.Shape] = [.circle(0.25), .shape(people[0]), .pixels([0, 255]), .noneCase]
    #expect(try await kinds.guestShapesAsync(x: shapes) == shapes)
    let (outcome, number) = try await kinds.guestOutcomeAsync(x: (.failure(ResultError("no")), 2))
    #expect("\(outcome) \(number)" == "\(Result<UInt8, ResultError<String>>.failure(ResultError("no"))) 2")
  }

  @Test func aHostIsAsync() async throws {
    let waiting = try await Waiting.instantiateAsync(store, component("waiting"), Answers())
    #expect(try await waiting.runAsync(number: 5) == 107)
  }

  @MainActor
  @Test func aTwinIsAwaitedOnTheMainActor() async throws {
    let waiting = try await Waiting.instantiateAsync(store, component("waiting"), Answers())
    #expect(try await waiting.runAsync(number: 5) == 107)
    MainActor.assertIsolated()
  }

  @Test func whatIsDeclaredBecomesTheErrorAndAllElseComesOut() async throws {
    let waiting = try await Waiting.instantiateAsync(store, component("waiting"), Answers())
    #expect(try await waiting.checkedAsync(number: 1) == 1000)
    #expect(try await waiting.checkedAsync(number: 200) == 200)
    let odd = Odd()
    let fails = try Waiting.instantiate(Store(engine), component("waiting"), Answers(thrown: odd))
    #expect(await failure { try await fails.checkedAsync(number: 1) } as? Odd === odd)
    // The error of another type is not what the function declares.
    let other = try Waiting.instantiate(Store(engine), component("waiting"), Answers(thrown: ResultError("text")))
    #expect(await failure { try await other.checkedAsync(number: 1) } as? ResultError<String> != nil)
  }

  @Test func aCallThatIsNotAwaitedFails() throws {
    let waiting = try Waiting.instantiate(store, component("waiting"), Answers())
    guard case .suspend? = failure({ try waiting.run(number: 5) }) else { throw Odd() }
  }

  @Test func cancelledWhileItWaits() async throws {
    let answers = Answers()
    let waiting = try Waiting.instantiate(store, component("waiting"), answers)
    let task = Task { try await waiting.checkedAsync(number: 9) }
    await answers.barrier.fill(1)
    await answers.barrier.open()
    task.cancel()
    #expect(await failure { try await task.value } is CancellationError)
    // As after a trap.
    #expect(await failure { try await waiting.checkedAsync(number: 1) } as? WasmtimeError == .poisoned)
  }
}
