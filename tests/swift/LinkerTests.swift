import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Linkers")
struct LinkerTests {
  let engine: Engine
  let store: Store
  let linker: Linker

  init() throws {
    engine = try testEngine()
    store = try Store(engine)
    linker = try Linker(engine)
  }

  /// A module that exports `run`, which calls `env` `h` with its own arguments.
  private func caller(_ type: String = "(param i32) (result i32)", _ count: Int = 1) throws -> Module {
    let arguments = (0..<count).map { "(local.get \($0))" }.joined(separator: " ")
    return try Module(
      engine,
      """
      (module
        (import "env" "h" (func $h \(type)))
        (memory (export "memory") 1)
        (data (i32.const 8) "hello")
        (func (export "run") \(type) \(arguments) (call $h)))
      """
    )
  }

  private func run(_ module: Module, _ arguments: Val...) throws -> [Val] {
    try linker.instantiate(store, module).function(store, "run").call(store, arguments)
  }

  @Test func aFunctionOfAnyType() throws {
    try linker.define("env", "h", FuncType([.i32], [.i32])) { caller, arguments in
      let memory = try caller.memory("memory")
      let start = try Int(arguments[0])
      return [.i32(Int32(try memory.loadU8(caller.store, at: start)))]
    }
    #expect(try run(caller(), .i32(8)) == [.i32(104)])
  }

  @Test func typedClosures() throws {
    try linker.allowShadowing()
    try linker.define("env", "h") { (a: Int32) -> Int32 in a + 1 }
    #expect(try run(caller(), .i32(8)) == [.i32(9)])
    try linker.define("env", "h") { (caller: borrowing Caller, at: Int32) -> Int32 in
      Int32(try caller.memory("memory").loadU8(caller.store, at: Int(at)))
    }
    #expect(try run(caller(), .i32(9)) == [.i32(101)])
    let seen = Seen()
    try linker.define("env", "h") { (a: Int32) in seen.add(a) }
    #expect(try run(caller("(param i32)"), .i32(3)) == [])
    try linker.define("env", "h") { (caller: borrowing Caller, a: Int32) in
      seen.add(a + Int32(try caller.memory("memory").size(caller.store)))
    }
    #expect(try run(caller("(param i32)"), .i32(4)) == [])
    #expect(seen.values == [3, 5])
    try linker.define("env", "h") { (a: Int64) -> (Int32, Double) in (Int32(a), Double(-a)) }
    #expect(try run(caller("(param i64) (result i32 f64)"), .i64(7)) == [.i32(7), .f64(-7)])
    try linker.define("env", "h") { () -> UInt32 in .max }
    #expect(try run(caller("(result i32)", 0)) == [.i32(-1)])
    try linker.define("env", "h") { (a: Int32, b: Float) -> Float in Float(a) + b }
    #expect(try run(caller("(param i32 f32) (result f32)", 2), .i32(1), .f32(0.5)) == [.f32(1.5)])
    try linker.define("env", "h") { (a: Int32, b: Int32, c: Int32) -> Int32 in a * 100 + b * 10 + c }
    #expect(try run(caller("(param i32 i32 i32) (result i32)", 3), .i32(1), .i32(2), .i32(3)) == [.i32(123)])
    try linker.define("env", "h") { (a: Int32, b: Int32, c: Int32, d: Int64) -> Int64 in Int64(a + b + c) + d }
    let four = try caller("(param i32 i32 i32 i64) (result i64)", 4)
    #expect(try run(four, .i32(1), .i32(2), .i32(3), .i64(4)) == [.i64(10)])
  }

  @Test func oneClosureInManyStores() throws {
    let seen = Seen()
    try linker.define("env", "h") { (caller: borrowing Caller, a: Int32) -> Int32 in
      #expect(caller.store.data as? Int32 == a)
      seen.add(a)
      return a
    }
    let pre = try linker.instantiatePre(caller())
    for number in 0..<3 as Range<Int32> {
      let store = try Store(engine, data: number)
      #expect(try pre.instantiate(store).function(store, "run")(store, number) == [.i32(number)])
      #expect(try pre.instantiate(store).function(store, "run")(store, number) == [.i32(number)])
    }
    #expect(seen.values == [0, 0, 1, 1, 2, 2])
  }

  @Test func oneLinkerOnManyThreads() throws {
    try linker.define("env", "h") { (a: Int32) -> Int32 in a + 1 }
    let (module, store, linker) = (try caller(), store, linker)
    // All in one store as well, which gets the closure once.
    let workers = (0..<8).map { number in
      Worker { [engine] in
        let mine = number.isMultiple(of: 2) ? store : try Store(engine)
        return try linker.instantiate(mine, module).function(mine, "run")(mine, number) as Int
      }
    }
    for (number, worker) in workers.enumerated() { #expect(try worker.join() == number + 1) }
  }

  @Test func anErrorIsTheVerySame() throws {
    let mine = Mistake()
    try linker.define("env", "h") { (_: Int32) -> Int32 in throw mine }
    for _ in 0..<2 {
      guard case .thrown(let error as Mistake)? = failure({ try run(caller(), .i32(1)) }) else {
        Issue.record("it is another one")
        return
      }
      #expect(error === mine)
    }
    let starter = try Module(engine, #"(module (import "env" "s" (func $s)) (start $s))"#)
    try linker.define("env", "s") { throw mine }
    #expect(throws: WasmtimeError.thrown(mine)) { try linker.instantiate(store, starter) }
    let pre = try linker.instantiatePre(starter)
    #expect(throws: WasmtimeError.thrown(mine)) { try pre.instantiate(store) }
    let reactor = try Module(
      engine,
      #"(module (import "env" "s" (func $s)) (func (export "_initialize") (call $s)))"#
    )
    #expect(throws: WasmtimeError.thrown(mine)) { try linker.defineModule(store, "reactor", reactor) }
  }

  @Test func itemsByName() throws {
    let memory = try Memory(store, MemoryType(Limits(1)))
    try linker.define(store, "env", "memory", memory)
    try memory.write(store, "here")
    let found = try #require(linker[store, "env", "memory"]?.memory)
    #expect(try found.readString(store, at: 0, count: 4) == "here")
    #expect(try linker[store, "env", "nothing"] == nil)
    guard case .notFound = failure({ try linker.get(store, "env", "nothing") }) else {
      Issue.record("it found something")
      return
    }
    try linker.define("env", "h") { (a: Int32) -> Int32 in a + 1 }
    #expect(try linker.get(store, "env", "h").function?(store, 5) == [.i32(6)])
  }

  @Test func instancesAndModules() throws {
    let seven = try Module(engine, #"(module (func (export "") (result i32) (i32.const 7)))"#)
    try linker.defineInstance(store, "one", Instance(store, seven))
    try linker.defineModule(store, "two", seven)
    #expect(try linker.getDefault(store, "one")(store) == [.i32(7)])
    #expect(try linker.getDefault(store, "two")(store) == [.i32(7)])
  }

  @Test func whatIsUnknown() throws {
    let module = try caller()
    guard case .link(let reason, _, _)? = failure({ try linker.instantiate(store, module) }) else {
      Issue.record("it did not fail to link")
      return
    }
    #expect(reason.contains("env") && reason.contains("(func (param i32) (result i32))"))
    let other = try Linker(engine)
    try other.defineUnknownImportsAsDefaultValues(store, module)
    #expect(try other.instantiate(store, module).function(store, "run")(store, 5) == [.i32(0)])
    try linker.defineUnknownImportsAsTraps(module)
    #expect(throws: WasmtimeError.self) { try run(module, .i32(1)) }
  }

  @Test func aClosureIsLetGoWhenAnotherOneTakesItsName() throws {
    weak var seen: Seen?
    let command = try Module(
      engine,
      #"(module (import "env" "h" (func $h (param i32))) (func (export "_start") (call $h (i32.const 3))))"#
    )
    do {
      let mine = Seen()
      seen = mine
      try linker.define("env", "h") { (a: Int32) in mine.add(a) }
    }
    try linker.allowShadowing()
    try linker.defineModule(store, "command", command)
    try linker.define("env", "h") { (a: Int32) in }
    // What needs it in a store still has it there.
    #expect(try linker.getDefault(store, "command")(store) == [])
    #expect(seen?.values == [3])
    store.close()
    #expect(seen == nil)
  }

  @Test func closuresAreLetGo() throws {
    weak var seen: Seen?
    weak var captured: Linker?
    do {
      let (mine, linker) = (Seen(), try Linker(engine))
      (seen, captured) = (mine, linker)
      try linker.define("env", "h") { (a: Int32) -> Int32 in
        mine.add(a)
        return a
      }
    }
    #expect(seen == nil && captured == nil)

    // One that captures its linker goes when that is closed.
    do {
      let (mine, linker) = (Seen(), try Linker(engine))
      (seen, captured) = (mine, linker)
      try linker.define("env", "h") { (caller: borrowing Caller, a: Int32) -> Int32 in
        mine.add(a)
        return try linker[caller.store, "env", "h"] == nil ? 0 : a
      }
      let store = try Store(engine)
      #expect(try linker.instantiate(store, caller()).function(store, "run")(store, 1) == [.i32(1)])
      linker.close()
      linker.close()
      #expect(throws: WasmtimeError.closed(what: "linker")) { try linker.instantiate(store, caller()) }
      #expect(throws: WasmtimeError.closed(what: "linker")) { try linker.define("env", "g") { 1 as Int32 } }
      // The store has it still.
      #expect(seen != nil)
      store.close()
    }
    #expect(seen == nil && captured == nil)

    do {
      let mine = Seen()
      seen = mine
      try linker.define("env", "h") { (a: Int32) -> Int32 in
        mine.add(a)
        return a
      }
    }
    let pre = try linker.instantiatePre(caller())
    linker.close()
    #expect(try pre.instantiate(store).function(store, "run")(store, 1) == [.i32(1)])
    pre.close()
    pre.close()
    #expect(seen != nil)
    store.close()
    #expect(seen == nil)
  }

  /// Runs `work` again and again while another thread does `meanwhile`.
  private func race(against meanwhile: @escaping @Sendable () throws -> Void, _ work: (Int) throws -> Void) throws {
    let isDone = Kept<Bool>()
    let other = Worker { while isDone.value == nil { try meanwhile() } }
    defer { isDone.value = true }
    for number in 0..<1_000 { try work(number) }
    isDone.value = true
    try other.join()
  }

  @Test func aNameThatIsDefinedAnewHasAClosureWhereverItIsLinked() throws {
    try linker.allowShadowing()
    let linker = linker
    let define = { @Sendable () throws -> Void in try linker.define("env", "h") { (a: Int32) -> Int32 in a + 1 } }
    try define()
    let module = try caller()
    let command = try Module(
      engine,
      """
      (module
        (import "env" "h" (func $h (param i32) (result i32)))
        (func (export "_start") (drop (call $h (i32.const 1)))))
      """
    )
    try race(against: define) { number in
      let store = try Store(engine)
      switch number % 4 {
      case 0:
        let run = try linker.instantiate(store, module).function(store, "run")
        #expect(try run(store, 41) == [.i32(42)])
      case 1:
        let run = try linker.instantiatePre(module).instantiate(store).function(store, "run")
        #expect(try run(store, 41) == [.i32(42)])
      case 2:
        guard case .function(let h) = try linker.get(store, "env", "h") else { throw Mistake() }
        #expect(try h(store, 41) == [.i32(42)])
      default:
        try linker.defineModule(store, "command", command)
        try linker.getDefault(store, "command")(store)
      }
      store.close()
    }
  }

  @Test func aNameThatIsDefinedForTheFirstTimeIsThereWithItsClosureOrNotAtAll() throws {
    let module = try caller()
    for _ in 0..<200 {
      let linker = try Linker(engine)
      let definer = Worker { try linker.define("env", "h") { (a: Int32) -> Int32 in a + 1 } }
      let store = try Store(engine)
      do throws(WasmtimeError) {
        let run = try linker.instantiate(store, module).function(store, "run")
        #expect(try run(store, 41) == [.i32(42)])
      } catch {
        // It came before.
        guard case .link = error else { throw error }
      }
      try definer.join()
      store.close()
    }
  }
}
