import Foundation
import Testing
import TrimaranComponent
import TrimaranFoundation

/// An object of the host, whose end is noted.
private final class Note: Sendable {
  let number: UInt32
  private let ended: Counter

  init(_ number: UInt32, _ ended: Counter) { (self.number, self.ended) = (number, ended) }

  deinit { ended.add() }
}

/// Counts, on any thread.
private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  func add() { lock.withLock { count += 1 } }
  var value: Int { lock.withLock { count } }
}

@Suite("Components")
struct ComponentTests {
  private let engine: Engine
  private let store: Store
  private let linker: Linker

  init() throws {
    engine = try testEngine { $0.epochInterruption = true }
    store = try Store(engine)
    linker = try Linker(engine)
  }

  @Test func aListenerIsToldOfComponents() throws {
    let (engine, told) = (try testEngine(), EventsTests.Told())
    try engine.setListener(calls: true) { told.hear($0) }
    let store = try Store(engine)
    let component = try Component(
      engine,
      """
      (component
        (core module $m (func (export "five") (result i32) (i32.const 5)))
        (core instance $i (instantiate $m))
        (func (export "five") (result u32) (canon lift (core func $i "five"))))
      """
    )
    let made = try Linker(engine).instantiate(store, component)
    let five: UInt32 = try made.function(store, "five")(store)
    #expect(five == 5)
    #expect(told.events.map(\.kind) == [.compile, .instantiate, .call])
    #expect(told.events.map(\.name) == [nil, nil, "five"])
  }

  private func instance(_ text: String) throws -> Instance {
    try linker.instantiate(store, Component(engine, text))
  }

  private func run(_ text: String) throws -> Func { try instance(text).function(store, "run") }

  // MARK: Values

  @Test func plainValuesGoInAndComeOut() throws {
    let number = try run(Components.echo("u32", "i32", "(local.get 0)"))
    let doubled: UInt32 = try number(store, 7)
    #expect(doubled == 7)
    #expect(try number.call(store, [.u32(.max)]) == .u32(.max))
    #expect(try number(store, UInt32.max) as Int == Int(UInt32.max))
    #expect(failure { try number(store, 1) as String } == .type(reason: "result: expected a string, found an int"))
    #expect(failure { try number(store, 300) as UInt8 } == .range(reason: "result: 300 is no UInt8"))
    let text = try run(Components.echo(list: "string"))
    for length in [0, 1, 1_023, 1_024, 100_000] {
      let given = String(repeating: "ü", count: length)
      #expect(try text(store, given) as String == given)
    }
    let bytes = try run(Components.echo(list: "(list u8)"))
    for length in [0, 1, 1_023, 1_024, 100_000] {
      let given = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
      #expect(try bytes(store, given) as [UInt8] == given)
      #expect(try bytes(store, Data(given)) as Data == Data(given))
      #expect(try bytes.call(store, [.list(given.map { .u8($0) })]) == .bytes(given))
    }
    let floats = try run(Components.echo(list: "(list f64)"))
    let given = (0..<10_000).map(Double.init)
    #expect(try floats(store, given) as [Double] == given)
    #expect(try floats.call(store, [[1.5, 2]]) == .f64s([1.5, 2]))
    let names = try run(Components.echo(list: "(list string)"))
    // More large ones than stand beside the stream.
    let many = (0..<40).map { String(repeating: "\($0 % 10)", count: 2_000) }
    #expect(try names(store, many) as [String] == many)
  }

  @Test func valuesWithPartsHaveTheCasesOfTheirTypes() throws {
    let option = try run(
      Components.echo(
        "(option u32)",
        "i32 i32",
        "(i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)"
      )
    )
    #expect(try option.call(store, [nil]) == .option(nil))
    #expect(try option.call(store, [5]) == .option(.u32(5)))
    #expect(try option(store, UInt32?.some(5)) as UInt32? == 5)
    let record = try run(
      Components.echo(
        "(record (field \"x\" u32) (field \"y\" u32))",
        "i32 i32",
        "(i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)"
      )
    )
    let point = try record.call(store, [["y": 2, "x": 1]])
    #expect(point == ["x": .u32(1), "y": .u32(2)])
    #expect(point?["y"] == .u32(2))
    #expect("\(record.type)" == "func(x: record { x: u32, y: u32 }) -> record { x: u32, y: u32 }")
    let flags = try run(Components.echo("(flags \"r\" \"w\")", "i32", "(local.get 0)"))
    #expect(try flags.call(store, [["w", "r"]]) == .flags(["r", "w"]))
    let color = try run(Components.echo("(enum \"red\" \"green\")", "i32", "(local.get 0)"))
    #expect(try color(store, "green") as String == "green")
    #expect(
      failure { try color(store, "blue") }
        == .type(reason: "argument 1: there is no `blue`: expected one of `red`, `green`")
    )
    let char = try run(Components.echo("char", "i32", "(local.get 0)"))
    #expect(try char(store, "ß" as Unicode.Scalar) as Unicode.Scalar == "ß")
  }

  @Test func mistakesSayWhereTheyAre() throws {
    let number = try run(Components.echo("u8", "i32", "(local.get 0)"))
    #expect(
      failure { try number(store, 256) } == .range(reason: "argument 1: 256 does not fit a u8: expected 0 to 255")
    )
    #expect(failure { try number(store) } == .type(reason: "expected 1 argument, found 0"))
    #expect(failure { try number(store, "x") } == .type(reason: "argument 1: expected a u8, found a string"))
    let point = try run(Components.echo("(record (field \"x\" u32))", "i32", "(local.get 0)"))
    let twice = ComponentValue.record(Record([("x", .u32(1)), ("x", .u32(2))]))
    #expect(failure { try point.call(store, [twice]) } == .type(reason: "argument 1: the field `x` is given twice"))
    #expect(try point.call(store, [["x": .u32(1)]]) == ["x": .u32(1)])
  }

  // MARK: Host functions

  @Test func closuresAreHostFunctions() throws {
    try linker.root.defineFunc("f") { (number: UInt32) -> UInt32 in number * 2 }
    let run = try run(Components.calls)
    #expect(try run(store, 21) as UInt32 == 42)
    try linker.allowShadowing()
    try linker.root.defineFunc("f") { caller, arguments in
      guard case .u32(let number) = arguments[0] else { return nil }
      return .u32(number + UInt32((caller.store.data as? Int) ?? 0))
    }
    store.data = 7
    #expect(try self.run(Components.calls)(store, 1) as UInt32 == 8)
  }

  @Test func whatAHostFunctionThrowsComesOutAsTheSame() throws {
    let mistake = Mistake()
    try linker.root.defineFunc("f") { (_: UInt32) -> UInt32 in throw mistake }
    let run = try run(Components.calls)
    let error = failure { try run(store, 1) }
    #expect(error?.thrown(as: Mistake.self) === mistake)
    #expect(failure { try run(store, 1) } == .poisoned)
  }

  @Test func theResultOfAHostFunctionIsChecked() throws {
    try linker.root.defineFunc("f") { _, _ in .s32(-1) }
    let error = failure { try self.run(Components.calls)(store, 1) }
    #expect(error == .range(reason: "`f`: result: -1 does not fit a u32: expected 0 to 4294967295"))
    let other = try Linker(engine)
    try other.root.defineFunc("f") { _, _ in nil }
    let fresh = try Store(engine)
    let run = try other.instantiate(fresh, Component(engine, Components.calls)).function(fresh, "run")
    #expect(failure { try run(fresh, 1) } == .type(reason: "`f`: expected 1 result, found 0"))
  }

  @Test func theTypesOfAClosureAreCheckedWhenAComponentIsLinked() throws {
    func check(_ reason: String, _ define: (LinkerInstance) throws -> Void) throws {
      let linker = try Linker(engine)
      try define(linker.root)
      let error = failure { try linker.instantiate(store, Component(engine, Components.calls)) }
      #expect(error == .link(reason: "the function `f`: " + reason, module: "", name: ""))
    }
    try check("the host's function takes 2 arguments, and the component gives 1") {
      try $0.defineFunc("f") { (_: UInt32, _: UInt32) -> UInt32 in 1 }
    }
    try check("the host's function takes 0 arguments, and the component gives 1") {
      try $0.defineFunc("f") { () -> UInt32 in 1 }
    }
    try check(#"parameter "n": the host's function takes String, and the component gives u32"#) {
      try $0.defineFunc("f") { (text: String) -> UInt32 in UInt32(text.count) }
    }
    try check(#"parameter "n": the host's function takes Array<Optional<Bool>>, and the component gives u32"#) {
      try $0.defineFunc("f") { (_: [Bool?]) in }
    }
    try check("result: the host's function gives String, and the component takes u32") {
      try $0.defineFunc("f") { (_: UInt32) -> String in "" }
    }
    try check("result: the host's function gives nothing, and the component takes u32") {
      try $0.defineFunc("f") { (_: UInt32) in }
    }
    // Whether a number fits is known when there is one.
    try linker.root.defineFunc("f") { (number: Int8) -> Int in Int(number) - 1 }
    let run = try run(Components.calls)
    #expect(try run(store, 3) as UInt32 == 2)
    #expect(failure { try run(store, 300) } == .range(reason: "`f`: argument 1: 300 is no Int8"))
  }

  @Test func closuresAreForTheTypesThatTheirValuesGoInto() throws {
    // Each closure gives what it gets, or something of that kind.
    typealias Define = (LinkerInstance) throws -> Void
    let closures: [(String, Define)] = [
      ("u8", { try $0.defineFunc("f") { (it: Int) -> Int in it } }),
      ("(option u8)", { try $0.defineFunc("f") { (it: UInt8?) -> UInt8? in it } }),
      ("(option u8)", { try $0.defineFunc("f") { (it: UInt8?) -> UInt8 in it ?? 1 } }),
      ("(list string)", { try $0.defineFunc("f") { (it: [String]) -> [String] in it } }),
      ("(tuple u8 u16)", { try $0.defineFunc("f") { (it: [Int]) -> [Int] in it } }),
      ("(enum \"a\")", { try $0.defineFunc("f") { (it: String) -> String in it } }),
      ("(record (field \"x\" u8))", { try $0.defineFunc("f") { (it: Record) -> Record in it } }),
      ("f32", { try $0.defineFunc("f") { (it: Double) -> Double in it } }),
      ("f64", { try $0.defineFunc("f") { (_: Double) -> UInt8 in 1 } }),
      ("char", { try $0.defineFunc("f") { (it: Unicode.Scalar) -> String in "\(it)" } }),
      ("(flags \"a\")", { try $0.defineFunc("f") { (_: ComponentValue) -> [String] in ["a"] } }),
      ("(result u8)", { try $0.defineFunc("f") { (it: ComponentValue) -> ComponentValue in it } }),
    ]
    for (type, define) in closures {
      let linker = try Linker(engine)
      try define(linker.root)
      _ = try linker.instantiate(store, Component(engine, Components.imports(type)))
    }
  }

  @Test func aResultThatNoPlainTypeHasSaysSo() throws {
    let result = try run(
      Components.echo(
        "(result u32)",
        "i32 i32",
        "(i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)"
      )
    )
    let reason = "result: expected an integer, found a result: take it as a `ComponentValue`"
    #expect(failure { try result(store, ComponentValue.ok(7)) as UInt32 } == .type(reason: reason))
    #expect(try result(store, ComponentValue.ok(7)) as ComponentValue == .ok(.u32(7)))
  }

  @Test func aResultIsTakenAsAValueThatMayBeMissing() throws {
    let text = try run(Components.echo(list: "string"))
    let value: ComponentValue? = try text(store, "a")
    #expect(value == .string("a"))
    let guests = try instance(Components.guests)
    let made: ComponentValue? = try guests.function(store, "make")(store, 7)
    let resource = try #require(made)
    let none: ComponentValue? = try guests.function(store, "take")(store, resource)
    #expect(none == nil)
    let dropped: ComponentValue? = try guests.function(store, "dropped")(store)
    #expect(dropped == .u32(0))
    // With any number of arguments.
    let error = failure { (try text(store, "a", "b", "c")) as ComponentValue? }
    #expect(error == .type(reason: "expected 1 argument, found 3"))
    // An option is a value as it is.
    let option = try run(
      Components.echo(
        "(option u32)",
        "i32 i32",
        "(i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)"
      )
    )
    let missing: ComponentValue? = try option(store, ComponentValue.option(nil))
    #expect(missing == .option(nil))
  }

  @Test func valuesAndObjectsAreShown() throws {
    let value: ComponentValue = [
      "name": "a\"b", "tags": [1, -2], "parent": nil, "shape": .variant("circle", 0.5), "kind": .enum("red"),
      "rights": .flags(["write", "read"]), "pair": .tuple([.char("x"), .char("'")]), "done": .ok(nil),
      "failed": .error(.u8(3)), "some": .option(.bool(true)), "bytes": .bytes([0, 255]), "floats": .f32s([1.5]),
    ]
    let text = """
      {name: "a\\"b", tags: [1, -2], parent: none, shape: circle(0.5), kind: red, rights: {read, write}, \
      pair: ('x', '\\''), done: ok, failed: err(3), some: some(true), bytes: [0, 255], floats: [1.5]}
      """
    // The order of a dictionary literal is that of its fields.
    #expect("\(value)" == text)
    let guests = try instance(Components.guests)
    #expect("\(guests)" == "an instance of a component")
    let make = try guests.function(store, "make")
    #expect("\(make)" == "func(x: u32) -> own<r>" || "\(make)".hasPrefix("func(x: u32) -> "))
    let resource: Resource = try make(store, 7)
    #expect("\(resource)" == "an owned resource")
    #expect("\(ComponentValue.resource(resource))" == "an owned resource")
    #expect("\(try resource.type)" == "a resource type of a component")
    #expect("\(try ResourceType())" == "a resource type of the host")
    try resource.close()
    #expect("\(resource)" == "a resource that is gone")
  }

  @Test func aTrapPoisonsTheStoreAndAnInstanceIsNotEnteredTwice() throws {
    final class Place: @unchecked Sendable { var function: Func? }
    let place = Place()
    try linker.root.defineFunc("f") { caller, _ in
      let error = failure { try place.function?(caller.store, 1) }
      guard case .busy = error else { throw Problem("it failed with \(error as Any)") }
      return 3
    }
    let instance = try instance(Components.calls)
    let run = try instance.function(store, "run")
    place.function = run
    #expect(try run(store, 1) as UInt32 == 3)
    let error = failure { try instance.function(store, "trap")(store) }
    #expect(error?.trapCode == .unreachableCodeReached)
    #expect(failure { try run(store, 1) } == .poisoned)
  }

  @Test func aStoreMayBeClosedInACall() throws {
    try linker.root.defineFunc("f") { caller, _ in
      caller.store.close()
      return 3
    }
    let run = try run(Components.calls)
    _ = try? run(store, 1)
    #expect(failure { try run(store, 1) } == .closed(what: "store"))
  }

  @Test func threadsTakeTurns() throws {
    try linker.root.defineFunc("f") { (number: UInt32) -> UInt32 in number + 1 }
    let run = try run(Components.calls)
    let (sum, store) = (Counter(), store)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<200 {
        if (try? run(store, 1) as UInt32) == 2 { sum.add() }
      }
    }
    #expect(sum.value == 800)
  }

  @Test func closuresGoWithWhatKeepsThem() throws {
    weak var gone: Note?
    let ended = Counter()
    do {
      let note = Note(1, ended)
      gone = note
      let (store, linker) = (try Store(engine), try Linker(engine))
      try linker.root.defineFunc("f") { (_: UInt32) -> UInt32 in
        // It captures its own store and linker.
        withExtendedLifetime((store, linker)) { note.number }
      }
      let run = try linker.instantiate(store, Component(engine, Components.calls)).function(store, "run")
      #expect(try run(store, 1) as UInt32 == 1)
      store.close()
      linker.close()
    }
    #expect(gone == nil)
    #expect(ended.value == 1)
  }

  // MARK: Resources

  @Test func resourcesOfGuestsAreDroppedOnce() throws {
    let instance = try instance(Components.guests)
    let make = try instance.function(store, "make")
    let (get, dropped) = (try instance.function(store, "get"), try instance.function(store, "dropped"))
    let resource: Resource = try make(store, 7)
    #expect(resource.isOwned && resource.isAlive)
    #expect(try resource.type == instance.resource(store, "r"))
    #expect(try get(store, resource) as UInt32 == 7)
    try resource.close()
    try resource.close()
    #expect(!resource.isAlive)
    #expect(try dropped(store) as Int == 1)
    #expect(failure { try get(store, resource) } == .closed(what: "resource of argument 1"))
    // One that nothing refers to is dropped at the next use.
    do { _ = try make(store, 8) as Resource }
    #expect(try dropped(store) as Int == 2)
    // One that is given away is the guest's.
    let given: Resource = try make(store, 9)
    try instance.function(store, "take")(store, given)
    #expect(!given.isAlive)
    let other = try self.instance(Components.guests)
    let strange: Resource = try other.function(store, "make")(store, 1)
    guard case .type = failure({ try get(store, strange) }) else { throw Problem("it is of another type") }
    let foreign = try Store(engine)
    #expect(failure { try strange.close(foreign) } == .wrongStore(what: "resource"))
  }

  @Test func resourcesOfStoresWhoseGuestsHaveEndedCloseQuietly() throws {
    let trapping = Components.guests.replacingOccurrences(
      of: "(param i32) (global.set",
      with: "(param i32) unreachable (global.set"
    )
    let make = try instance(trapping).function(store, "make")
    let (first, second, third): (Resource, Resource, Resource) = (
      try make(store, 1), try make(store, 2), try make(store, 3)
    )
    guard case .trap = failure({ try first.close() }) else { throw Problem("the destructor does not trap") }
    try second.close()
    #expect(failure { try third.close(store) } == .poisoned)
    let last: Resource
    do {
      let other = try Store(engine)
      last = try linker.instantiate(other, Component(engine, trapping)).function(other, "make")(other, 1)
      other.close()
    }
    #expect(!last.isAlive)
    try last.close()
  }

  @Test func objectsOfTheHostAreResources() throws {
    let ended = Counter()
    let type = try ResourceType()
    #expect(type.isHost && type == type)
    #expect(try type != ResourceType())
    try linker.root.defineResource("h", type)
    try linker.root.defineFunc("make") { _, arguments in
      guard case .u32(let number) = arguments[0] else { return nil }
      return .object(Note(number, ended))
    }
    try linker.root.defineFunc("use") { _, arguments in
      guard case .object(let note as Note) = arguments[0] else { return nil }
      return .u32(note.number)
    }
    let instance = try instance(Components.hosts)
    let run = try instance.function(store, "run")
    for number in 1...3 {
      #expect(try run(store, number) as Int == number)
      #expect(ended.value == number)
    }
    let note = Note(9, ended)
    guard case .object(let same as Note) = try instance.function(store, "pass").call(store, [.object(note)]) else {
      throw Problem("it is no object")
    }
    #expect(same === note)
    // What a guest keeps goes with the store.
    try instance.function(store, "keep")(store, 4)
    #expect(ended.value == 3)
    store.close()
    #expect(ended.value == 4)
  }

  // MARK: Components

  @Test func componentsAreEncoded() throws {
    let component = try Component(engine, Components.guests)
    #expect(try component.exports.map(\.name) == ["r", "make", "get", "take", "dropped"])
    let encoded = try JSONEncoder().encode(component)
    let decoded = try JSONDecoder().decode(Component.self, from: encoded)
    #expect(try decoded.exports.map(\.description) == component.exports.map(\.description))
    component.close()
    #expect(failure { try component.exports } == .closed(what: "component"))
  }

  #if os(Linux)
    /// This test runs once more, in a process of its own, which decodes what the first one has encoded.
    @Test func aComponentGoesToAnotherProcess() throws {
      let place = "TRIMARAN_ENCODED_COMPONENT"
      if let file = ProcessInfo.processInfo.environment[place] {
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        let component = try JSONDecoder().decode(Component.self, from: data)
        let store = try Store(component.engine)
        let instance = try Linker(component.engine).instantiate(store, component)
        let sum: UInt32 = try instance.function(store, "add")(store, 40, 2)
        try Data("\(sum)".utf8).write(to: URL(fileURLWithPath: file + ".sum"))
        return
      }
      let text = """
        (component
          (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
          (core instance $m (instantiate $m))
          (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $m "add"))))
        """
      let directory = try TemporaryDirectory()
      let file = directory.url.appendingPathComponent("component.json").path
      let component = try Component(engine, text)
      try JSONEncoder().encode(component).write(to: URL(fileURLWithPath: file))
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = ["--testing-library", "swift-testing", "--filter", "aComponentGoesToAnotherProcess"]
      process.environment = ProcessInfo.processInfo.environment.merging([place: file]) { $1 }
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      #expect(try String(contentsOfFile: file + ".sum", encoding: .utf8) == "42")
    }
  #endif

  @Test func whatIsMissingIsNamed() throws {
    let error = failure { try instance(Components.calls) }
    #expect(
      error
        == .link(
          reason: "1 import is not defined in the linker: `f`: func(n: u32) -> u32",
          module: "",
          name: "f"
        )
    )
  }
}
