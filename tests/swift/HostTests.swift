import Foundation
import Testing
import Trimaran
import TrimaranFoundation

/// An error with a payload.
private enum Payload: Error, Equatable { case number(Int) }

@Suite("Host functions")
struct HostTests {
  let engine: Engine
  let store: Store

  init() throws {
    engine = try testEngine {
      $0.wasmGC = true
      $0.wasmFunctionReferences = true
    }
    store = try Store(engine)
  }

  /// What a guest exports as `run`, which calls the host function `h` that it imports, with its own arguments.
  private func run(_ host: Func, _ type: String = "(param i32) (result i32)", _ count: Int = 1) throws -> Func {
    let arguments = (0..<count).map { "(local.get \($0))" }.joined(separator: " ")
    let module = try Module(
      engine,
      """
      (module
        (import "host" "h" (func $h \(type)))
        (memory (export "memory") 1)
        (data (i32.const 8) "hello")
        (func (export "seven") (result i32) (i32.const 7))
        (func (export "run") \(type) \(arguments) (call $h)))
      """
    )
    return try Instance(store, module, [host]).function(store, "run")
  }

  @Test func valuesGoInAndComeOut() throws {
    let type = FuncType([.i32, .i64, .f32, .f64, .v128], [.v128, .f64, .f32, .i64, .i32])
    let echo = try Func(store, type) { _, arguments in arguments.reversed() }
    let values: [Val] = [
      .i32(.min), .i64(.max), .f32(Float(bitPattern: 0x7fa0_0001)), .f64(Double(bitPattern: 0x7ff4_0000_0000_0001)),
      .v128(low: 1, high: .max),
    ]
    #expect(try echo.call(store, values) == values.reversed())
    let wat = "(param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)"
    #expect(try run(echo, wat, 5).call(store, values) == values.reversed())
    #expect(try echo.type(store) == type)
  }

  @Test func typedClosures() throws {
    let add = try Func(store) { (a: Int32, b: Int32) -> Int32 in a &+ b }
    #expect(try add.type(store) == FuncType([.i32, .i32], [.i32]))
    #expect(try run(add, "(param i32 i32) (result i32)", 2)(store, 40, 2) == [.i32(42)])
    let none = try Func(store) { () -> UInt64 in .max }
    #expect(try none(store) == [.i64(-1)])
    let one = try Func(store) { (a: Double) -> Double in a * 2 }
    #expect(try one(store, 1.5) == [.f64(3)])
    let three = try Func(store) { (a: Int64, b: Float, c: UInt32) -> Float in Float(a) + b + Float(c) }
    #expect(try three(store, 1, 0.5, UInt32.max) == [.f32(4_294_967_296.5)])
    let four = try Func(store) { (a: Int32, b: Int32, c: Int32, d: Int32) -> Int32 in a * 1_000 + b * 100 + c * 10 + d }
    #expect(try four(store, 1, 2, 3, 4) == [.i32(1_234)])
    let five = try Func(store) { (a: Int32, b: Int64, c: Float, d: Double, e: Int32) -> Double in
      Double(a) + Double(b) * 10 + Double(c) * 100 + d * 1_000 + Double(e) * 10_000
    }
    #expect(try five(store, 1, 2, Float(3), 4.0, 5) == [.f64(54_321)])
    let several = try Func(store) { (a: Int64) -> (Int32, Double, Int64) in (Int32(a), Double(a), -a) }
    #expect(try several.type(store) == FuncType([.i64], [.i32, .f64, .i64]))
    #expect(try several(store, 5) == [.i32(5), .f64(5), .i64(-5)])
  }

  @Test func aTypedClosureOfNothing() throws {
    let seen = Seen()
    let log = try Func(store) { (value: Int32) in seen.add(value) }
    #expect(try log.type(store) == FuncType([.i32], []))
    #expect(try log(store, 3).isEmpty)
    try run(log, "(param i32)")(store, 4)
    #expect(seen.values == [3, 4])
    let nop = try Func(store) { seen.add(5) }
    try nop(store)
    #expect(seen.values == [3, 4, 5])
  }

  @Test func aTypedClosureIsGivenItsCaller() throws {
    let byte = try Func(store) { (caller: borrowing Caller, at: Int32) -> Int32 in
      Int32(try caller.memory("memory").loadU8(caller.store, at: Int(at)))
    }
    #expect(try run(byte)(store, 8) == [.i32(104)])
    let log = Seen()
    let grow = try Func(store) { (caller: borrowing Caller, by: Int32) in
      log.add(Int32(try caller.memory("memory").grow(caller.store, by: Int(by))))
    }
    try run(grow, "(param i32)")(store, 2)
    #expect(log.values == [1])
  }

  @Test func theCallersExports() throws {
    let host = try Func(store, FuncType([.i32], [.i32])) { caller, arguments in
      #expect(try caller.memory("memory").readString(caller.store, at: 8, count: 5) == "hello")
      let missing = WasmtimeError.notFound(name: "no", reason: "the calling instance has no export `no`")
      #expect(throws: missing) { try caller.export("no") }
      let wrong = "the export `memory` is a memory: expected a function"
      #expect(throws: WasmtimeError.type(reason: wrong)) { try caller.function("memory") }
      return try caller.function("seven")(caller.store)
    }
    #expect(try run(host)(store, 1) == [.i32(7)])
    // The host itself exports nothing.
    let direct = try Func(store, FuncType([], [])) { caller, _ in
      guard case .notFound(name: "memory", _) = failure({ try caller.memory("memory") }) else {
        Issue.record("the host has exports")
        return []
      }
      return []
    }
    try direct(store)
  }

  /// That a caller cannot be kept, copied or sent elsewhere is for the compiler to say; this is what it cannot see.
  @Test func aCallerOnAnotherThreadHasEscaped() throws {
    let host = try Func(store, FuncType([.i32], [.i32])) { caller, arguments in
      let found = try elsewhere { failure { try caller.memory("memory") } }
      #expect(found == .escaped)
      #expect(try caller.memory("memory").size(caller.store) == 1)
      return arguments
    }
    #expect(try run(host)(store, 1) == [.i32(1)])
  }

  @Test func anErrorIsTheVerySameThroughThreeLevels() throws {
    let mine = Mistake()
    let first = try run(Func(store) { (_: Int32) -> Int32 in throw mine })
    let second = try run(Func(store) { (caller: borrowing Caller, a: Int32) -> Int32 in try first(caller.store, a) })
    let third = try run(
      Func(store, FuncType([.i32], [.i32])) { caller, arguments in
        try second.call(caller.store, arguments)
      }
    )
    for _ in 0..<3 {
      let error = failure { try third(store, 1) }
      guard case .thrown(let found as Mistake)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(found === mine)
      #expect(error == .thrown(mine))
      #expect(error != .thrown(Mistake()))
    }
    let typed = try third.typed(store, as: ((Int32) -> Int32).self)
    #expect(throws: WasmtimeError.thrown(mine)) { try typed(store, 1) }
    do { _ = try typed.map(store, [1]) } catch { #expect(error.error == .thrown(mine)) }
  }

  @Test func anErrorWithAPayload() throws {
    let run = try run(Func(store) { (a: Int32) -> Int32 in throw Payload.number(Int(a)) })
    do {
      try run(store, 7)
      Issue.record("it did not fail")
    } catch .thrown(let error as Payload) {
      #expect(error == .number(7))
    } catch {
      throw error
    }
    let error = failure { try run(store, 8) }
    #expect(error == .thrown(Payload.number(8)))
    #expect(error != .thrown(Payload.number(7)))
    #expect(Set([.thrown(Payload.number(7)), .thrown(Payload.number(7)), error]).count == 2)
    #expect(error?.description == "a host function failed: number(8)")
  }

  @Test func anErrorOfThePackageIsItself() throws {
    let host = try Func(store) { (a: Int32) -> Int32 in throw WasmtimeError.exit(status: a) }
    #expect(throws: WasmtimeError.exit(status: 3)) { try run(host)(store, 3) }
    let memory = try Memory(store, MemoryType(Limits(1)))
    let bounds = try Func(store) { (caller: borrowing Caller, a: Int32) -> Int32 in
      try memory.loadI32(caller.store, at: Int(a))
    }
    #expect(throws: WasmtimeError.bounds(offset: 65_533, length: 4, size: 65_536)) { try run(bounds)(store, 65_533) }
    let trap = try Func(store) { (caller: borrowing Caller) in
      let module = try Module(engine, #"(module (func (export "f") (unreachable)))"#)
      try Instance(caller.store, module).function(caller.store, "f")(caller.store)
    }
    guard case .trap(.unreachableCodeReached, _, _, _) = failure({ try trap(store) }) else {
      Issue.record("it did not trap")
      return
    }
  }

  @Test func anErrorOfAStartFunction() throws {
    let mine = Mistake()
    let module = try Module(engine, #"(module (import "" "" (func $f)) (start $f))"#)
    let thrower = try Func(store) { throw mine }
    #expect(throws: WasmtimeError.thrown(mine)) { try Instance(store, module, [thrower]) }
    // A start function within a start function.
    let outer = try Func(store) { (caller: borrowing Caller) in
      _ = try Instance(caller.store, module, [thrower])
    }
    #expect(throws: WasmtimeError.thrown(mine)) { try Instance(store, module, [outer]) }
  }

  @Test func anErrorThatTheHostCatches() throws {
    let thrower = try run(Func(store) { (_: Int32) -> Int32 in throw Mistake() })
    let host = try Func(store) { (caller: borrowing Caller, a: Int32) -> Int32 in
      (try? thrower(caller.store, a).first?.i32) ?? -1
    }
    #expect(try run(host)(store, 5) == [.i32(-1)])
  }

  @Test func resultsAreChecked() throws {
    func error(_ results: [Val], _ types: [ValType] = [.i32]) throws -> WasmtimeError? {
      let host = try Func(store, FuncType([], types)) { _, _ in results }
      return failure { try host(store) }
    }
    let range = "result 1 is 4294967296: expected an i32, from -2147483648 to 4294967295"
    #expect(try error([.i64(1 << 32)]) == .range(reason: range))
    #expect(try error([.f64(1)]) == .type(reason: "result 1 is an f64: expected i32"))
    #expect(try error([.i32(1), .null], [.i32, .i32]) == .type(reason: "result 2 is null: expected i32"))
    #expect(try error([]) == .type(reason: "the host function gave 0 results: expected 1"))
    #expect(try error([.i32(1), .i32(2)]) == .type(reason: "the host function gave 2 results: expected 1"))
    #expect(try error([.i32(1)], []) == .type(reason: "the host function gave 1 result: expected 0"))
    // Nothing is lost by these.
    let converted = try Func(store, FuncType([], [.i32, .i64, .f32, .f64])) { _, _ in
      [.i64(4_294_967_295), .i32(-1), .f64(0.1), .i32(3)]
    }
    #expect(try converted(store) == [.i32(-1), .i64(-1), .f32(0.1), .f64(3)])
  }

  @Test func numbersOnlyInTypedClosures() throws {
    struct Handle: WasmNumber {
      static var valType: ValType { .funcref }
      var slot: Slot
      init(slot: Slot) { self.slot = slot }
    }
    let error = WasmtimeError.type(reason: "funcref is no number: use the function with values")
    #expect(throws: error) { try Func(store) { (handle: Handle) -> Handle in handle } }
    let function = try Func(store, FuncType([.funcref], [.funcref])) { _, arguments in arguments }
    #expect(throws: error) { try function.typed(store, as: ((Handle) -> Handle).self) }
  }

  @Test func references() throws {
    let seven = try Func(store) { () -> Int32 in 7 }
    let echo = try Func(store, FuncType([.funcref, .ref(RefType(.any))], [.ref(RefType(.any)), .funcref])) {
      $1.reversed()
    }
    let module = try Module(
      engine,
      #"(module (func (export "i31") (param i32) (result anyref) (ref.i31 (local.get 0))))"#
    )
    let reference: Reference = try Instance(store, module).function(store, "i31")(store, 5)
    let results = try run(echo, "(param funcref anyref) (result anyref funcref)", 2)(store, seven, reference)
    guard case .anyRef(let found?) = results[0], case .funcRef(let function?) = results[1] else {
      Issue.record("\(results)")
      return
    }
    #expect(try found.same(store, reference))
    #expect(try function.same(store, seven))
    #expect(try function(store) == [.i32(7)])
    #expect(try echo(store, Val.null, Val.null) == [.anyRef(nil), .funcRef(nil)])
    let wrong = try Func(store, FuncType([], [.funcref])) { _, _ in [.i32(1)] }
    #expect(throws: WasmtimeError.type(reason: "result 1 is an i32: expected funcref")) { try wrong(store) }
  }

  @Test func manyParametersAndResults() throws {
    for count in [0, 1, 15, 16, 17, 63, 64, 65, 1_000] {
      let types = [ValType](repeating: .i32, count: count)
      let host = try Func(store, FuncType(types, types)) { _, arguments in arguments.reversed() }
      let numbers = (0..<count).map { Val.i32(Int32($0)) }
      #expect(try host.call(store, numbers) == numbers.reversed())
    }
  }

  @Test func theStoreIsUsedToAnyDepth() throws {
    let module = try Module(
      engine,
      """
      (module
        (import "host" "down" (func $down (param i32) (result i32)))
        (func (export "run") (param i32) (result i32)
          (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1))))))))
      """
    )
    let down = try Func(store) { (caller: borrowing Caller, count: Int32) -> Int32 in
      try caller.function("run").typed(caller.store, as: ((Int32) -> Int32).self)(caller.store, count)
    }
    let run = try Instance(store, module, [down]).function(store, "run")
    #expect(try run(store, 16) == [.i32(16)])
  }

  @Test(arguments: [nil, 256, 8_192])
  func recursionThroughTheHostEnds(_ kibibytes: Int?) throws {
    let module = try Module(
      engine,
      """
      (module
        (import "host" "again" (func $again (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $again (i32.add (local.get 0) (i32.const 1)))))
      """
    )
    let again = try Func(store) { (caller: borrowing Caller, depth: Int32) -> Int32 in
      try caller.function("run").typed(caller.store, as: ((Int32) -> Int32).self)(caller.store, depth)
    }
    let run = try Instance(store, module, [again]).function(store, "run")
    let error = try Worker(stackSize: kibibytes.map { $0 << 10 }) { [store] in failure { try run(store, 0) } }.join()
    switch error {
    case .limit, .trap(.stackOverflow, _, _, _): break
    default: Issue.record("\(String(describing: error))")
    }
    #expect(try Func(store) { () -> Int32 in 7 }(store) == [.i32(7)])
  }

  @Test func onSmallStacksAndInTasks() async throws {
    let run = try run(Func(store) { (a: Int32) -> Int32 in a + 1 })
    let store = store
    #expect(try Worker(stackSize: 256 << 10) { try run(store, 1) as Int }.join() == 2)
    let mine = Mistake()
    let thrower = try self.run(Func(store) { (_: Int32) -> Int32 in throw mine })
    let small = Worker(stackSize: 256 << 10) { failure { try thrower(store, 1) } }
    #expect(try small.join() == .thrown(mine))
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<8 { group.addTask { try run(store, number) } }
      return try await group.reduce(0, +)
    }
    #expect(sum == 36)
  }

  @Test func twoStoresOnTwoThreads() throws {
    let workers = (0..<2).map { _ in
      Worker { [engine] in
        let store = try Store(engine)
        let seen = Seen()
        let log = try Func(store) { (value: Int32) in seen.add(value) }
        let module = try Module(
          engine,
          """
          (module (import "" "" (func $log (param i32)))
            (func (export "run") (param $n i32)
              (loop $again
                (call $log (local.get $n))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
          """
        )
        try Instance(store, module, [log]).function(store, "run")(store, 1_000)
        return seen.values.count
      }
    }
    for worker in workers { #expect(try worker.join() == 1_000) }
  }

  @Test func theStoreIsClosedInAHostFunction() throws {
    let closer = try Func(store) { (caller: borrowing Caller, a: Int32) -> Int32 in
      let memory = try caller.memory("memory")
      caller.store.close()
      #expect(throws: WasmtimeError.closed(what: "store")) { try memory.size(caller.store) }
      #expect(throws: WasmtimeError.closed(what: "store")) { try caller.memory("memory") }
      return a
    }
    let run = try run(closer)
    _ = try? run(store, 1)
    #expect(store.isClosed)
    #expect(throws: WasmtimeError.closed(what: "store")) { try run(store, 1) }
    #expect(throws: WasmtimeError.closed(what: "store")) { try Func(store) { () -> Int32 in 1 } }
  }
}
