import Testing
import Trimaran

@Suite("Tables")
struct TableTests {
  let engine: Engine
  let store: Store

  init() throws {
    engine = try testEngine()
    store = try Store(engine)
  }

  @Test func functions() throws {
    let table = try Table(store, TableType(.funcref, Limits(3, 5)), Val.null)
    #expect(try table.type(store) == TableType(.funcref, Limits(3, 5)))
    #expect(try table.size(store) == 3)
    #expect(try table.get(store, at: 0) == .funcRef(nil))
    let seven = try Func(store) { () -> Int32 in 7 }
    try table.set(store, seven, at: 1)
    guard case .funcRef(let found?) = try table.get(store, at: 1) else {
      Issue.record("it is null")
      return
    }
    #expect(try found.same(store, seven))
    #expect(try found(store) == [.i32(7)])
    let module = try Module(
      engine,
      """
      (module
        (import "host" "t" (table $t 3 funcref))
        (export "again" (table $t))
        (func (export "run") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0))))
      """
    )
    let instance = try Instance(store, module, [table])
    #expect(try instance.function(store, "run")(store, 1) == [.i32(7)])
    try instance.table(store, "again").set(store, Val.null, at: 1)
    #expect(try table.get(store, at: 1).isNull)
  }

  @Test func growFillAndCopy() throws {
    let (one, two) = (Seen(), Seen())
    let table = try Table(store, TableType(.externref, Limits(2, 5)), Val.externRef(one))
    #expect(try table.grow(store, by: 3, Val.externRef(two)) == 2)
    #expect(try (0..<5).map { try table.get(store, at: $0).object === one } == [true, true, false, false, false])
    guard case .limit = failure({ try table.grow(store, by: 1) }) else {
      Issue.record("it grew past its maximum")
      return
    }
    try table.fill(store, Val.null, at: 1, count: 3)
    #expect(try (0..<5).map { try table.get(store, at: $0).isNull } == [false, true, true, true, false])
    try table.copy(store, from: table, at: 0, to: 1, count: 2)
    #expect(try (0..<5).map { try table.get(store, at: $0).isNull } == [false, false, true, true, false])
    let other = try Table(store, TableType(.externref, Limits(1)), Val.null)
    try other.copy(store, from: table, at: 4, to: 0, count: 1)
    #expect(try other.get(store, at: 0).object === two)
  }

  @Test func elementsOfAnotherType() throws {
    let table = try Table(store, TableType(.externref, Limits(2)), Val.null)
    let function = try Func(store) { () -> Int32 in 7 }
    #expect(throws: WasmtimeError.self) { try table.set(store, function, at: 0) }
    #expect(throws: WasmtimeError.self) { try table.set(store, 1, at: 0) }
    #expect(throws: WasmtimeError.self) { try Table(store, TableType(.funcref, Limits(2)), 1) }
  }
}
