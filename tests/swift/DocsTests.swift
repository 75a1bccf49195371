import Foundation
import Testing
import Trimaran
import TrimaranFoundation

private final class MyError: Error {
  let reason = "enough"
}

private struct Session {
  var user: String
}

/// The examples in the comments of the sources, word for word: what they show runs. `tests/docs` runs those of the pages.
@Suite("The examples of the documentation")
struct DocsTests {
  private let engine: Engine
  private let store: Store
  private let module: Module
  private let instance: Instance

  /// Files that the examples name lie in a folder of its own, which is the current one for as long as the tests run.
  static let files = Result {
    let directory = try TemporaryDirectory()
    let fixtures = directory.url.appendingPathComponent("fixtures")
    try FileManager.default.createDirectory(at: fixtures, withIntermediateDirectories: true)
    guard FileManager.default.changeCurrentDirectoryPath(directory.url.path) else {
      throw Problem("it cannot be entered")
    }
    return directory
  }

  private static let text = """
    (module
      (memory (export "memory") 1)
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "divide") (param i32 i32) (result i32 i32)
        (i32.div_s (local.get 0) (local.get 1)) (i32.rem_s (local.get 0) (local.get 1))))
    """

  /// A module that imports `add` and `log` by name, and prints a part of its memory by `log`.
  private static let importing = """
    (module
      (import "env" "add" (func $add (param i32 i32) (result i32)))
      (import "env" "log" (func $log (param i32 i32)))
      (memory (export "memory") 1) (data (i32.const 8) "a boat")
      (func (export "run") (call $log (i32.const 8) (call $add (i32.const 2) (i32.const 4)))))
    """

  init() throws {
    _ = try Self.files.get()
    engine = try testEngine {
      $0.wasmThreads = isInterpreter ? nil : true
      $0.epochInterruption = true
    }
    store = try Store(engine)
    module = try Module(engine, Self.text)
    instance = try Instance(store, module)
  }

  @Test func theFirstProgram() throws {
    let engine = try Engine()
    let store = try Store(engine)
    let module = try Module(
      engine,
      """
      (module
        (memory (export "memory") 1)
        (func (export "add") (param i32 i32) (result i32)
          (i32.add (local.get 0) (local.get 1))))
      """
    )
    let instance = try Instance(store, module)

    let add = try instance.function(store, "add")
    let sum: Int = try add(store, 1, 2)

    let memory = try instance.memory(store, "memory")
    try memory.write(store, "Hello", at: 16)
    print(try memory.hexdump(store, at: 0, count: 32))
    #expect(sum == 3)
  }

  @Test func configurations() throws {
    do {
      var config = Config()
      config.wasmThreads = true
      let engine = try Engine(config)
      #expect(try engine.config.wasmThreads == true)
      config.allocation = .pooling(PoolingConfig { $0.totalCoreInstances = 10 })
      #expect(config.allocation != .onDemand)
    }
    let engine = try Engine { $0.wasmThreads = true }
    #expect(try engine.isPulley == false)
  }

  @Test func functions() throws {
    let add = try instance.function(store, "add")
    let sum: Int = try add(store, 1, 2)
    let divide = try instance.function(store, "divide")
    let (quotient, rest): (Int, Int) = try divide(store, 7, 2)
    #expect(sum == 3 && quotient == 3 && rest == 1)
  }

  @Test func typedFunctions() throws {
    do {
      let add = try instance.function(store, "add").typed(store, as: ((Int32, Int32) -> Int32).self)
      let sum = try add(store, 40, 2)
      let sums = try add.map(store, [1, 2, 3], [10, 20, 30])
      #expect(sum == 42 && sums == [11, 22, 33])
    }
    do {
      let add = try instance.function(store, "add").typed(store, as: ((Int32, Int32) -> Int32).self)
      let sum = try add(store, 1, 2)
      let sums = try add.map(store, [1, 2, 3], [10, 20, 30])
      #expect(sum == 3 && sums.count == 3)
    }
    let untyped = try instance.function(store, "add")
    do {
      let add = untyped
      do {
        let add = try add.typed(store, as: ((Int32, Int32) -> Int32).self)
        #expect(try add(store, 1, 2) == 3)
      }
    }
  }

  @Test func exports() throws {
    let exports = try instance.exports(store)
    let memory = try exports.memory("memory")
    let add = try exports.function("add")
    for export in exports { print(export.name) }
    #expect(try memory.size(store) == 1 && add(store, 1, 2) == [.i32(3)])
  }

  @Test func functionsOfTheHost() throws {
    let module = try Module(engine, Self.importing)
    let add = try Func(store) { (a: Int32, b: Int32) -> Int32 in a + b }
    let log = try Func(store, FuncType([.i32, .i32], [])) { caller, arguments in
      guard case .i32(let start) = arguments[0], case .i32(let count) = arguments[1] else { return [] }
      print(try caller.memory("memory").readString(caller.store, at: Int(UInt32(bitPattern: start)), count: Int(count)))
      return []
    }
    let instance = try Instance(store, module, [add, log])
    try instance.function(store, "run")(store)
  }

  @Test func typedFunctionsOfTheHost() throws {
    let module = try Module(engine, Self.importing)
    let log = try Func(store) { (value: Int32) in print(value) }
    try log(store, 3)
    let first = try Func(store) { (caller: borrowing Caller, at: UInt32) -> Int32 in
      try caller.memory("memory").loadI32(caller.store, at: Int(at))
    }
    #expect(try first.type(store) == FuncType([.i32], [.i32]))
    let seen = Kept<String>()
    let read = try Func(store) { (caller: borrowing Caller, a: Int32, b: Int32) -> Int32 in
      seen.value = try text(caller, at: 8)
      return 0
    }
    try Instance(store, module, [read, Func(store) { (a: Int32, b: Int32) in }]).function(store, "run")(store)
    #expect(seen.value == "a boat")
  }

  func text(_ caller: borrowing Caller, at start: UInt32) throws(WasmtimeError) -> String {
    try caller.memory("memory").readTerminated(caller.store, at: Int(start))
  }

  @Test func errors() throws {
    let run = try Func(store) { throw MyError() }
    do throws(WasmtimeError) {
      try run(store)
    } catch {
      if let mine = error.thrown(as: MyError.self) {
        print(mine.reason)  // The very instance that was thrown, where `MyError` is a class.
      } else {
        print(error.trapCode as Any, error.frames)  // Or `error.exitStatus`, or just `error`.
      }
    }
  }

  @Test func questionsOfAnError() throws {
    do throws(WasmtimeError) {
      try instance.function(store, "run")(store)
    } catch {
      if let status = error.exitStatus { print("it ended with status \(status)") }
      if error.trapCode == .interrupt { print("it was stopped") }
    }
  }

  @Test func originals() throws {
    let guest = try Func(store) { throw MyError() }
    func run(_ store: Store) throws {
      do throws(WasmtimeError) {
        try guest(store)
      } catch {
        throw error.original
      }
    }
    #expect(throws: MyError.self) { try run(store) }
  }

  @Test func closuresOfStores() throws {
    let sum = try engine.withStore { store throws(WasmtimeError) in
      try Instance(store, module).function(store, "add")(store, 40, 2) as Int
    }
    #expect(sum == 42)
  }

  @Test func linkers() throws {
    let module = try Module(engine, Self.importing)
    do {
      let linker = try Linker(engine)
      try linker.define("env", "add") { (a: Int32, b: Int32) -> Int32 in a + b }
      try linker.defineWasi()
      #expect(try linker[store, "env", "add"] != nil)
    }
    let linker = try Linker(engine)
    try linker.define("env", "log", FuncType([.i32, .i32], [])) { caller, arguments in
      guard case .i32(let start) = arguments[0], case .i32(let count) = arguments[1] else { return [] }
      print(try caller.memory("memory").readString(caller.store, at: Int(UInt32(bitPattern: start)), count: Int(count)))
      return []
    }
    try linker.define("env", "add") { (a: Int32, b: Int32) -> Int32 in a + b }
    let stores = [store, try Store(engine)]
    let pre = try linker.instantiatePre(module)
    for store in stores { try pre.instantiate(store).function(store, "run")(store) }

    try linker.allowShadowing()
    try linker.define("env", "log") { (value: Int32) in print(value) }
    try linker.define("env", "first") { (caller: borrowing Caller, at: UInt32) -> Int32 in
      try caller.memory("memory").loadI32(caller.store, at: Int(at))
    }
    #expect(try linker.get(store, "env", "first").function?.type(store) == FuncType([.i32], [.i32]))
  }

  @Test func aLinkerWithWasi() throws {
    let module = try Module(engine, Self.text)
    let linker = try Linker(engine)
    try linker.define("env", "add") { (a: Int32, b: Int32) -> Int32 in a + b }
    try linker.defineWasi()
    let instance = try linker.instantiate(store, module)
    #expect(try instance.function(store, "add")(store, 1, 2) == [.i32(3)])
  }

  @Test func wasi() throws {
    let module = try Module(engine, fromFile: folder("modules").appendingPathComponent("wasi.wat").path)
    do {
      let linker = try Linker(engine)
      try linker.define("env", "add") { (a: Int32, b: Int32) -> Int32 in a + b }
      try linker.defineWasi()

      let output = try OutputPipe()
      try store.setWasi {
        $0.argv = ["greet", "ada"]
        $0.stdout = .pipe(output)
        $0.preopens = [Preopen("fixtures", as: "/data", readOnly: true)]
      }
      try store.setLimits(memorySize: 64 << 20)

      try linker.instantiate(store, module).function(store, "_start")(store)
      print(try output.text)
      #expect(try output.text.contains("ada"))
    }
    let output = try OutputPipe()
    try store.setWasi {
      $0.argv = ["greet", "--loud"]
      $0.env = ["USER": "ada"]
      $0.stdin = .text("hello")
      $0.stdout = .pipe(output)
      $0.preopens = [Preopen("fixtures", as: "/data", readOnly: true)]
    }
    try store.setWasi { $0.stdout = .inherit }
    try store.setLimits(memorySize: 16 << 20, instances: 4)
    try store.setLimits(.untrusted { $0.memories = 1 })
  }

  @Test func responses() throws {
    let response =
      HttpResponse(200, [try HttpHeader("content-type", "text/plain")], .text("hello"))
    #expect(response.status == 200 && response.trailers.isEmpty)
    #expect(response.headers == [HttpHeader("content-type", Array("text/plain".utf8))])
    guard case .bytes(Array("hello".utf8)) = response.body else {
      Issue.record("the body is \(response.body)")
      return
    }
  }

  @Test func memoryDirectory() throws {
    let files = try MemoryDirectory(["input/a.txt": Array("hello".utf8), "output/": []])
    try store.setWasi { $0.memoryPreopens = [MemoryPreopen(files, as: "/data")] }
    #expect(try files.names == ["input/a.txt"])
  }

  @Test func limitsButForOne() throws {
    let engine = try Engine(.untrusted { $0.moduleLimits { $0.functions = 1_000 } })
    #expect(try engine.config.moduleLimits?.functions == 1_000)
  }

  @Test func interruption() throws {
    let guest = try Instance(store, Module(engine, #"(module (func (export "spin") (loop (br 0))))"#))
    let handle = try store.interruptHandle()
    DispatchQueue.global().asyncAfter(deadline: .now() + 1) { handle.interrupt() }
    guard case .trap(.interrupt, _, _, _)? = failure({ try guest.function(store, "spin")(store) }) else {
      Issue.record("it was not interrupted")
      return
    }
  }

  @Test func linesOfAnOffset() throws {
    let module = try Module(engine, fromFile: folder("modules").appendingPathComponent("divide.wasm").path)
    for symbol in try module.debugInfo?.symbols(moduleOffset: 0x8c) ?? [] { print(symbol) }
  }

  @Test func turns() throws {
    let engine = try testEngine()
    let store = try Store(engine)
    let module = try Module(
      engine,
      """
      (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
      """
    )
    let add = try Instance(store, module).function(store, "add").typed(store, as: ((Int32, Int32) -> Int32).self)
    let total = try store.withTurn {
      try (0..<1_000).reduce(Int32(0)) { sum, row in try sum + add(store, row, 1) }
    }
    #expect(total == 500_500)
  }

  @Test func events() throws {
    let engine = try testEngine()
    try engine.setListener { event in print(event) }
  }

  @Test func profiles() throws {
    func run(_ store: Store) throws { try store.setTimeout(.seconds(1)) }
    let profiler = try Profiler(store)
    try run(store)
    profiler.stop()
    try profiler.save(toFile: "profile.json")
  }

  @Test func deadlines() throws {
    let engine = try testEngine { $0.epochInterruption = true }
    let (store, linker) = (try Store(engine), try Linker(engine))
    let module = try Module(
      engine,
      """
      (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
      """
    )
    let sum: Int = try store.withDeadline(.milliseconds(500)) {
      let plugin = try linker.instantiate(store, module)
      return try plugin.function(store, "add")(store, 40, 2)
    }
    #expect(sum == 42)
  }

  @Test func data() throws {
    let store = try Store(engine, data: Session(user: "ada"))
    let session = store.data as? Session
    #expect(session?.user == "ada")
  }

  @Test func memories() throws {
    do {
      let memory = try Memory(store, MemoryType(Limits(1, 10)))
      try memory.write(store, "Hello", at: 0)
      let bytes = try memory.read(store, 0..<5)
      #expect(bytes == Array("Hello".utf8))
    }
    let memory = try Memory(store, MemoryType(Limits(1, 10)))
    do {
      var bytes = [UInt8](repeating: 0, count: 1024)
      try bytes.withUnsafeMutableBytes { try memory.read(store, at: 0, into: $0) }
      #expect(bytes.allSatisfy { $0 == 0 })
    }
    do {
      let sum = try memory.withUnsafeBytes(store, at: 16, count: 64) { bytes in
        bytes.reduce(0) { $0 + Int($1) }
      }
      #expect(sum == 0)
    }
    let sum = try memory.withUnsafeBytes(store, at: 16, count: 64) { $0.reduce(0) { $0 + Int($1) } }
    #expect(sum == 0)
  }

  @Test func globalsAndTables() throws {
    let counter = try Global(store, GlobalType(.i32, mutable: true), 0)
    let count = try counter.get(store, as: Int.self)
    let functions = try Table(store, TableType(.funcref, Limits(8)))
    #expect(try count == 0 && functions.size(store) == 8)
  }

  /// Every example is one of those above, or of those with `await`.
  @Test func everyExampleIsHere() throws {
    let (count, missing) = try Examples.of("Trimaran", in: #filePath, AsyncDocsTests.file)
    #expect(missing == [])
    #expect(count > 30)
  }
}
