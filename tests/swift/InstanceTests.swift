import Testing
import Trimaran

@Suite("Instances")
struct InstanceTests {
  let guest: Guest
  let store: Store

  init() throws {
    guest = try Guest(
      """
      (module
        (memory (export "memory") 1)
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (global (export "global") i32 (i32.const 1))
        (table (export "table") 2 funcref)
        (tag (export "tag") (param i64)))
      """
    ) { $0.wasmExceptions = true }
    store = guest.store
  }

  @Test func exportsAreACollectionInOrder() throws {
    let exports = guest.exports
    #expect(exports.map(\.name) == ["memory", "add", "global", "table", "tag"])
    #expect(exports.count == 5)
    #expect(exports[1].item.function != nil)
    #expect(exports.last?.item.tag != nil)
    #expect(exports.reversed().first?.name == "tag")
  }

  @Test func exportsByName() throws {
    let exports = guest.exports
    #expect(exports["memory"]?.memory != nil)
    #expect(exports["memory"]?.function == nil)
    #expect(exports["nothing"] == nil)
    #expect(try exports.memory("memory").size(store) == 1)
    #expect(try exports.function("add")(store, 1, 2) == [.i32(3)])
    #expect(try exports.global("global").type(store) == GlobalType(.i32))
    #expect(try exports.table("table").type(store) == TableType(.funcref, Limits(2)))
    #expect(try exports.tag("tag").type(store) == TagType(FuncType([.i64], [])))
    let instance = guest.instance
    #expect(try instance.memory(store, "memory").size(store) == 1)
    #expect(try instance.function(store, "add")(store, 1, 2) == [.i32(3)])
    #expect(try instance.global(store, "global").type(store) == GlobalType(.i32))
    #expect(try instance.table(store, "table").type(store).element == .funcref)
    #expect(try instance.tag(store, "tag").type(store).function.params == [.i64])
    #expect(try instance.export(store, "add").function != nil)
  }

  @Test func aNameThatIsNotThere() {
    let reason =
      "there is no export `sub`: the instance exports `memory`, `add`, `global`, `table`, `tag`"
    let missing = WasmtimeError.notFound(name: "sub", reason: reason)
    #expect(throws: missing) { try guest.exports.function("sub") }
    #expect(throws: missing) { try guest.instance.function(store, "sub") }
    #expect(throws: missing) { try guest.instance.export(store, "sub") }
  }

  @Test func anExportOfAnotherKind() {
    let wrong = WasmtimeError.type(reason: "the export `add` is a function: expected a memory")
    #expect(throws: wrong) { try guest.exports.memory("add") }
    #expect(throws: wrong) { try guest.instance.memory(store, "add") }
    #expect(throws: WasmtimeError.self) { try guest.exports.sharedMemory("memory") }
    #expect(throws: WasmtimeError.self) { try guest.instance.sharedMemory(store, "memory") }
  }

  @Test func everyKindIsImported() throws {
    let exports = guest.exports
    let module = try Module(
      guest.engine,
      """
      (module
        (import "a" "memory" (memory 1))
        (import "a" "add" (func $add (param i32 i32) (result i32)))
        (import "a" "global" (global i32))
        (import "a" "table" (table 1 funcref))
        (import "a" "tag" (tag (param i64)))
        (func (export "six") (result i32)
          (i32.store (i32.const 0) (i32.const 5))
          (call $add (i32.load (i32.const 0)) (global.get 0))))
      """
    )
    let named: [any Importable] = [
      try exports.memory("memory"), try exports.function("add"), try exports.global("global"),
      try exports.table("table"), try exports.tag("tag"),
    ]
    #expect(try Instance(store, module, named).function(store, "six")(store) == [.i32(6)])
    #expect(try Instance(store, module, exports.map(\.item)).function(store, "six")(store) == [.i32(6)])
    #expect(try exports.memory("memory").loadI32(store, at: 0) == 5)

    let error = failure { _ = try Instance(store, module, Array(named.dropLast())) }
    guard case .link(let reason, "a", "tag") = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("missing"))
    let swapped = failure { _ = try Instance(store, module, [named[0], named[2], named[2], named[3], named[4]]) }
    guard case .link(_, "a", "add") = swapped else {
      Issue.record("\(String(describing: swapped))")
      return
    }
  }

  @Test func afterClose() throws {
    let (global, table, tag) = (
      try guest.exports.global("global"), try guest.exports.table("table"), try guest.exports.tag("tag")
    )
    store.close()
    let closed = WasmtimeError.closed(what: "store")
    #expect(throws: closed) { try guest.instance.exports(store) }
    #expect(throws: closed) { try guest.instance.export(store, "add") }
    #expect(throws: closed) { try guest.exports.function("sub") }
    #expect(throws: closed) { try global.type(store) }
    #expect(throws: closed) { try table.type(store) }
    #expect(throws: closed) { try tag.type(store) }
    #expect(throws: closed) { try Instance(store, guest.module) }
  }

  @Test func manyExports() throws {
    let functions = (0..<2_000).map { "(func (export \"f\($0)\") (result i32) (i32.const \($0)))" }
    let many = try Guest("(module \(functions.joined()))")
    #expect(many.exports.count == 2_000)
    #expect(try many.exports.function("f1999")(many.store) == [.i32(1_999)])
  }

  @Test(.enabled(if: !isInterpreter, "wasmtime's interpreter has no threads"))
  func whatSomebodyClosedIsNotGivenAgain() throws {
    let engine = try testEngine { $0.wasmThreads = true }
    let store = try Store(engine)
    let module = try Module(engine, #"(module (memory (export "m") 1 1 shared) (memory (export "n") 1))"#)
    let instance = try Instance(store, module)
    try instance.sharedMemory(store, "m").close()
    try instance.exports(store).sharedMemory("m").close()
    #expect(try instance.sharedMemory(store, "m").size == 1)
    #expect(try instance.exports(store).sharedMemory("m").size == 1)
    #expect(try instance.memory(store, "n") === instance.memory(store, "n"))
  }

  /// To Swift these two are equal strings.
  @Test func namesThatLookAlike() throws {
    let engine = try testEngine()
    let store = try Store(engine)
    let (one, two) = ("\u{e5}", "a\u{30a}")
    let text = """
      (module (func (export "\(one)") (result i32) (i32.const 1)) (func (export "\(two)") (result i32) (i32.const 2)))
      """
    let instance = try Instance(store, Module(engine, text))
    for _ in 0..<2 {
      let exports = try instance.exports(store)
      for (name, value) in [(one, 1), (two, 2)] {
        #expect(try instance.function(store, name)(store) as Int == value)
        #expect(try exports.function(name)(store) as Int == value)
      }
    }
  }
}
