import Bindings
import Foundation
import Testing
import TrimaranComponent

private let folder = "\(#filePath)".replacing("BindingsTests.swift", with: "Bindings")

/// What a host fails with that no function declares.
private final class Odd: Error {}

/// A resource of the host's.
private final class Total: Asks.Imports.Host.Sink {
  private let total = Kept<UInt32>()

  init(_ start: UInt32) { total.value = start }

  func put(number: UInt32) -> UInt32 {
    let sum = (total.value ?? 0) + number
    total.value = sum
    return sum
  }
}

/// The host of the component that asks.
private struct Answers: Asks.Imports.Host.Host, Asks.Host {
  var host: Self { self }
  var thrown: (any Error)?

  func makeSink(start: UInt32) -> any Asks.Imports.Host.Sink { Total(start) }
  func sinkLimit() -> UInt32 { 100 }

  func check(number: UInt32) throws {
    if let thrown { throw thrown }
    if number > 9 { throw ResultError(UInt8(number)) }
  }
}

@Suite("Generated bindings")
struct BindingsTests {
  private let engine: Engine
  private let store: Store

  init() throws {
    engine = try testEngine()
    store = try Store(engine)
  }

  private func component(_ name: String) throws -> Component {
    try Component(engine, fromFile: "\(folder)/\(name).wat")
  }

  // MARK: Values

  /// What goes in, the host gets; what the host gives, comes out.
  private func check<Value>(_ value: Value, _ echo: Echo, _ call: (Value) throws -> Value) throws {
    let given = try call(value)
    #expect("\(given)" == "\(value)")
    #expect(echo.last == "\(value)")
  }

  @Test func plainValuesGoBothWays() throws {
    let echo = Echo()
    let kinds = try Kinds.instantiate(store, component("kinds"), echo)
    for value in [true, false] { try check(value, echo, kinds.guestBool) }
    for value in [Int8.min, .max] { try check(value, echo, kinds.guestS8) }
    for value in [UInt8.min, .max] { try check(value, echo, kinds.guestU8) }
    for value in [Int16.min, .max] { try check(value, echo, kinds.guestS16) }
    for value in [UInt16.min, .max] { try check(value, echo, kinds.guestU16) }
    for value in [Int32.min, .max] { try check(value, echo, kinds.guestS32) }
    for value in [UInt32.min, .max] { try check(value, echo, kinds.guestU32) }
    for value in [Int64.min, .max] { try check(value, echo, kinds.guestS64) }
    for value in [UInt64.min, .max] { try check(value, echo, kinds.guestU64) }
    for value in [Float(0.5), -.infinity] { try check(value, echo, kinds.guestF32) }
    for value in [0.1, -.infinity] { try check(value, echo, kinds.guestF64) }
    for value: Unicode.Scalar in ["a", "😀"] { try check(value, echo, kinds.guestChar) }
    #expect(try kinds.guestF32(x: Float(bitPattern: 0x7fc0_0000)).isNaN)
  }

  @Test func stringsAndListsGoBothWays() throws {
    let echo = Echo()
    let kinds = try Kinds.instantiate(store, component("kinds"), echo)
    for length in [0, 1, 1_023, 1_024, 20_000] {
      try check(String(repeating: "x", count: length) + "é", echo, kinds.guestString)
      try check((0..<length).map { UInt8(truncatingIfNeeded: $0) }, echo, kinds.guestBytes)
      try check((0..<length / 8).map(Double.init), echo, kinds.guestNumbers)
    }
    try check([], echo, kinds.guestStrings)
    // More large ones than stand beside the stream.
    try check((0..<20).map { String(repeating: "\($0 % 10)", count: 1_100) }, echo, kinds.guestStrings)
    try check((1, "one"), echo, kinds.guestPair)
    try check([("a", .red), ("", .lightGreen)], echo, kinds.guestPairs)
  }

  @Test func recordsVariantsAndFlagsGoBothWays() throws {
    let echo = Echo()
    let kinds = try Kinds.instantiate(store, component("kinds"), echo)
    let (ada, none) = (
      Kinds.Person(firstName: "Ada", age: 36, class: "first"), Kinds.Person(firstName: "", age: 0, class: nil)
    )
    #expect(try kinds.guestPerson(x: ada) == ada)
    #expect(try kinds.guestPeople(x: [ada, none]) == [ada, none])
    #expect(echo.last == "\([ada, none])")
    let shapes: [Kinds.Shape] = [.circle(0.25), .shape(ada), .shape(none), .pixels([0, 255]), .noneCase]
    for shape in shapes { #expect(try kinds.guestShape(x: shape) == shape) }
    #expect(try kinds.guestShapes(x: shapes) == shapes)
    for color in Kinds.Color.allCases { #expect(try kinds.guestColor(x: color) == color) }
    #expect(Kinds.Color.allCases.map(\.rawValue) == ["red", "light-green", "default"])
    for rights: Kinds.Rights in [[], [.read], [.write, .exec], [.read, .write, .exec]] {
      #expect(try kinds.guestRights(x: rights) == rights)
    }
    #expect(failure { try kinds.guestRights(x: Kinds.Rights(rawValue: 8)) } == .range(reason: "8 does not fit flags"))
  }

  @Test func optionsAndResultsGoBothWays() throws {
    let echo = Echo()
    let kinds = try Kinds.instantiate(store, component("kinds"), echo)
    for value in [nil, "", "there"] as [String?] { try check(value, echo, kinds.guestOption) }
    for value in [.none, .some(.none), .some(.some(1))] as [UInt8??] {
      #expect(try kinds.guestNested(x: value) == value)
      #expect(echo.last == "\(String(describing: value))")
    }
    try check((.success(7), 1), echo, kinds.guestOutcome)
    try check((.failure(ResultError("no")), 2), echo, kinds.guestOutcome)
    let ada = Kinds.Person(firstName: "Ada", age: 36, class: nil)
    #expect(try kinds.guestOutcomes(x: [.success(ada), .failure(.red)]) == [.success(ada), .failure(.red)])
    try check([.success(()), .failure(ResultError())], echo, kinds.guestNothing)
  }

  // MARK: Resources

  @Test func aResourceIsAClass() throws {
    let app = try Counting.instantiate(store, component("counting"))
    let counters = app.counters
    let counter = try Counting.Exports.Counters.Counter(counters, start: 40)
    #expect(try (counter.next(), counter.next()) == (41, 42))
    let other = try Counting.Exports.Counters.Counter(counters, start: 8)
    let merged = try Counting.Exports.Counters.Counter.merge(counters, a: counter, b: other)
    #expect(try merged.next() == 51)
    #expect(!counter.handle.isAlive)
    guard case .closed? = failure({ try counter.next() }) else {
      Issue.record("a counter that was given away can be used")
      return
    }
    try merged.close()
    try other.close()
    #expect(try counters.dropped() == 2)
    #expect(try counters.even(number: 4) == 4)
    #expect(throws: Counting.Exports.Counters.Error.odd) { try counters.even(number: 3) }
  }

  @Test func aResourceIsDroppedWithItsObject() throws {
    let app = try Counting.instantiate(store, component("counting"))
    do { _ = try Counting.Exports.Counters.Counter(app.counters, start: 1) }
    #expect(try app.counters.dropped() == 1)
  }

  @Test func anInstanceIsNoLeak() throws {
    weak var found: Store?
    do {
      let store = try Store(engine)
      let app = try Counting.instantiate(store, component("counting"))
      let counter = try Counting.Exports.Counters.Counter(app.counters, start: 1)
      #expect(try counter.next() == 2)
      found = store
    }
    #expect(found == nil)
  }

  // MARK: Hosts

  @Test func aHostIsAnObjectOfAProtocol() throws {
    #expect(try Asks.instantiate(store, component("asks"), Answers()).run(number: 5) == 107)
  }

  @Test func whatIsDeclaredBecomesTheErrorAndAllElseComesOut() throws {
    let asks = try Asks.instantiate(store, component("asks"), Answers())
    #expect(try (asks.checked(number: 1), asks.checked(number: 200)) == (1000, 200))
    let odd = Odd()
    let store = try Store(engine)
    let fails = try Asks.instantiate(store, component("asks"), Answers(thrown: odd))
    #expect(failure { try fails.checked(number: 1) }?.thrown(as: Odd.self) === odd)
    // The error of another type is not what the function declares.
    let other = try Asks.instantiate(Store(engine), component("asks"), Answers(thrown: ResultError("text")))
    #expect(failure { try other.checked(number: 1) }?.thrown(as: ResultError<String>.self)?.value == "text")
  }

  @Test func aWorldThatImportsWasiHasIt() throws {
    let path = folder.replacing("swift/Bindings", with: "modules/component_wasi.wat")
    let component = try Component(engine, fromFile: path)
    try store.setWasi { wasi in
      wasi.argv = ["program", "-v"]
      wasi.env = ["A": "1"]
    }
    let command = try Command.instantiate(store, component)
    let environment = try command.environment()
    #expect(environment.map { "\($0.0)=\($0.1)" } == ["A=1"])
    #expect(try command.arguments() == ["program", "-v"])
    // What the store does not grant is not there.
    #expect(try Command.instantiate(Store(engine), component).environment().isEmpty)
  }

  // MARK: Mismatches

  @Test func aComponentWithAnotherImport() throws {
    let text = """
      (component
        (import "host-u8" (func $f (param "x" (list u32)) (result (list u32))))
        (core module $m (memory (export "m") 1) (func (export "r") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
        (core instance $m (instantiate $m))
        (core func (canon lower (func $f) (memory $m "m") (realloc (func $m "r")))))
      """
    let component = try Component(engine, text)
    let sentence =
      "the function `host-u8`: parameter \"x\": the bindings were made for u8, and the component has list: "
      + "make the bindings again"
    #expect(failure { try Kinds.instantiate(store, component, Echo()) } == link(sentence))
  }

  @Test func aComponentWithAnotherExport() throws {
    let text = try String(contentsOfFile: "\(folder)/asks.wat", encoding: .utf8)
      .replacing("(export \"checked\") (param \"number\" u32) (result u32)", with: "(export \"checked\") (result u32)")
      .replacing("(func (export \"checked\") (param i32) (result i32)", with: "(func (export \"checked\") (result i32)")
      .replacing("(call $check (local.get 0) (i32.const 32))", with: "(call $check (i32.const 1) (i32.const 32))")
    let component = try Component(engine, text)
    let sentence =
      "the function `checked`: the bindings were made for 1 parameter, and the component has 0 parameters: "
      + "make the bindings again"
    #expect(failure { try Asks.instantiate(store, component, Answers()) } == link(sentence))
  }

  private func link(_ reason: String) -> WasmtimeError { .link(reason: reason, module: "", name: "") }

  @Test func anInstanceWithoutTheFunctions() throws {
    let linker = try Linker(engine)
    let empty = try linker.instantiate(store, Component(engine, "(component)"))
    guard case .link? = failure({ try Counting(store, empty) }) else {
      Issue.record("a component without the functions was taken")
      return
    }
  }
}
