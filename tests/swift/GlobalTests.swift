import Testing
import Trimaran

@Suite("Globals")
struct GlobalTests {
  let engine: Engine
  let store: Store

  init() throws {
    engine = try testEngine()
    store = try Store(engine)
  }

  @Test(arguments: [
    (ValType.i32, Val.i32(.min), Val.i32(7)), (.i64, .i64(.max), .i64(-1)), (.f32, .f32(0.5), .f32(-0.0)),
    (.f64, .f64(0.1), .f64(.infinity)), (.v128, .v128(low: 1, high: .max), .v128(low: .max, high: 2)),
  ])
  func eachType(_ type: ValType, _ first: Val, _ second: Val) throws {
    let global = try Global(store, GlobalType(type, mutable: true), first)
    #expect(try global.type(store) == GlobalType(type, mutable: true))
    #expect(try global.get(store) == first)
    try global.set(store, second)
    #expect(try global.get(store) == second)
  }

  @Test func plainNumbers() throws {
    let global = try Global(store, GlobalType(.i32, mutable: true), -1)
    #expect(try global.get(store, as: Int.self) == -1)
    #expect(try global.get(store, as: UInt32.self) == .max)
    try global.set(store, UInt8(200))
    #expect(try global.get(store) == .i32(200))
    #expect(throws: WasmtimeError.self) { try global.get(store, as: Double.self) }
    #expect(throws: WasmtimeError.self) { try global.set(store, Int64.max) }
    #expect(throws: WasmtimeError.self) { try global.set(store, 0.5) }
    #expect(try global.get(store) == .i32(200))
  }

  @Test func integersOf64BitsWithoutASign() throws {
    let global = try Global(store, GlobalType(.i64, mutable: true), UInt64.max)
    #expect(try global.get(store, as: UInt64.self) == .max)
    try global.set(store, 1 << 63 as UInt64)
    #expect(try global.get(store) == .i64(.min))
    let narrow = try Global(store, GlobalType(.i32, mutable: true), 1)
    guard case .range = failure({ try narrow.set(store, UInt64.max) }) else {
      Issue.record("it was set")
      return
    }
    #expect(try narrow.get(store) == .i32(1))
  }

  @Test func aConstantIsNotSet() throws {
    let global = try Global(store, GlobalType(.i32), 1)
    guard case .type = failure({ try global.set(store, Int32(2)) }) else {
      Issue.record("it was set")
      return
    }
    #expect(try global.get(store) == .i32(1))
  }

  @Test func aGuestSeesIt() throws {
    let global = try Global(store, GlobalType(.i64, mutable: true), 5)
    let module = try Module(
      engine,
      """
      (module
        (import "host" "g" (global $g (mut i64)))
        (export "again" (global $g))
        (func (export "double") (global.set $g (i64.mul (global.get $g) (i64.const 2)))))
      """
    )
    let instance = try Instance(store, module, [global])
    try instance.function(store, "double")(store)
    #expect(try global.get(store) == .i64(10))
    try instance.global(store, "again").set(store, -1)
    #expect(try global.get(store) == .i64(-1))
  }

  @Test func references() throws {
    let seven = try Func(store) { () -> Int32 in 7 }
    let functions = try Global(store, GlobalType(.funcref, mutable: true), Val.null)
    #expect(try functions.get(store) == .funcRef(nil))
    try functions.set(store, seven)
    #expect(try functions.get(store, as: Func.self)(store) == [.i32(7)])
    let object = Seen()
    let objects = try Global(store, GlobalType(.externref, mutable: true), Val.externRef(object))
    #expect(try objects.get(store).object === object)
    #expect(throws: WasmtimeError.self) { try objects.set(store, seven) }
    try objects.set(store, Val.null)
    #expect(try objects.get(store) == .externRef(nil))
  }

  @Test func storeAndClose() throws {
    let global = try Global(store, GlobalType(.i32, mutable: true), 1)
    let other = try Store(engine)
    #expect(throws: WasmtimeError.wrongStore(what: "global")) { try global.get(other) }
    #expect(throws: WasmtimeError.wrongStore(what: "global")) { try global.set(other, Int32(1)) }
    store.close()
    #expect(throws: WasmtimeError.closed(what: "store")) { try global.get(store) }
    #expect(throws: WasmtimeError.closed(what: "store")) { try global.set(store, Int32(1)) }
  }
}
