import Foundation
import Testing
import Trimaran

@Suite("Typed functions")
struct TypedFuncTests {
  let guest: Guest
  let store: Store

  init() throws {
    guest = try Guest(
      """
      (module
        (func (export "none"))
        (func (export "seven") (result i32) (i32.const 7))
        (func (export "drop") (param i32))
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "sum") (param f64 f64 f64 f64) (result f64)
          (f64.add (f64.add (local.get 0) (local.get 1)) (f64.add (local.get 2) (local.get 3))))
        (func (export "third") (param i64 f32 i32) (result i32) (local.get 2))
        (func (export "six") (param i32 i32 i32 i32 i32 i32) (result i32) (local.get 5))
        (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
        (func (export "more") (param i32) (result i64 f32 f64) (i64.const -1) (f32.const 0.5) (f64.const -0.0))
        (func (export "i32") (param i32) (result i32) (local.get 0))
        (func (export "i64") (param i64) (result i64) (local.get 0))
        (func (export "f32") (param f32) (result f32) (local.get 0))
        (func (export "f64") (param f64) (result f64) (local.get 0))
        (func (export "v128") (param v128) (result v128) (local.get 0))
        (func (export "funcref") (param funcref))
        (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
        (func (export "halves") (param i64) (result i32 i32)
          (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32)))))
      """
    )
    store = guest.store
  }

  @Test func anyNumberOfParametersAndResults() throws {
    try guest.function("none").typed(store, as: (() -> Void).self)(store)
    try guest.function("drop").typed(store, as: ((Int32) -> Void).self)(store, 1)
    #expect(try guest.function("seven").typed(store, as: (() -> Int32).self)(store) == 7)
    #expect(
      try guest.function("add").typed(store, as: ((Int32, Int32) -> Int32).self)(store, 40, 2).description == "42"
    )
    let third = try guest.function("third").typed(store, as: ((Int64, Float, UInt32) -> UInt32).self)
    #expect(try third(store, 1, 2, .max) == .max)
    let sum = try guest.function("sum").typed(store, as: ((Double, Double, Double, Double) -> Double).self)
    #expect(try sum(store, 1, 2, 3, 4.5) == 10.5)
    let six = try guest.function("six").typed(store, as: ((Int32, Int32, Int32, Int32, Int32, Int32) -> Int32).self)
    #expect(try six(store, 1, 2, 3, 4, 5, 6) == 6)
    let swap = try guest.function("swap").typed(store, as: ((Int32, Double) -> (Double, Int32)).self)
    let (double, int) = try swap(store, 1, 2.5)
    #expect(double == 2.5 && int == 1)
    let more = try guest.function("more").typed(store, as: ((Int32) -> (Int64, Float, Double)).self)
    let (long, half, zero) = try more(store, 0)
    #expect(long == -1 && half == 0.5 && zero.sign == .minus)
  }

  @Test func theTypeIsClearFromWhereItIsWanted() throws {
    let add: TypedFunc<(Int32, Int32) -> Int32> = try guest.function("add").typed(store)
    #expect(try add(store, 1, add(store, 2, 3)) + 1 == 7)
    #expect("\(add)" == "(Int32, Int32) -> Int32")
    #expect(try add.function(store, 1, 2) == [.i32(3)])
  }

  @Test func theTypeIsChecked() throws {
    let add = try guest.function("add")
    let found = "the function is (func (param i32 i32) (result i32))"
    #expect(throws: WasmtimeError.type(reason: "\(found): expected (func (param i32) (result i32))")) {
      try add.typed(store, as: ((Int32) -> Int32).self)
    }
    #expect(throws: WasmtimeError.type(reason: "\(found): expected (func (param i32 i64) (result i32))")) {
      try add.typed(store, as: ((Int32, Int64) -> Int32).self)
    }
    #expect(throws: WasmtimeError.type(reason: "\(found): expected (func (param i32 i32))")) {
      try add.typed(store, as: ((Int32, Int32) -> Void).self)
    }
    #expect(throws: WasmtimeError.self) { try guest.function("funcref").typed(store, as: ((Int32) -> Void).self) }
    let other = try Store(guest.engine)
    #expect(throws: WasmtimeError.wrongStore(what: "function")) {
      try add.typed(other, as: ((Int32, Int32) -> Int32).self)
    }
  }

  @Test func everyBitOfANumberSurvives() throws {
    let singles: [UInt32] = [0x7fa0_0001, 0xffc0_0000, 0x8000_0000, 1, .max]
    let doubles: [UInt64] = [0x7ff4_0000_0000_0001, 0xfff8_0000_0000_0000, 0x8000_0000_0000_0000, 1, .max]
    try expectUnchanged("i32", singles)
    try expectUnchanged("i32", singles.map { Int32(bitPattern: $0) })
    try expectUnchanged("i64", doubles)
    try expectUnchanged("i64", doubles.map { Int64(bitPattern: $0) })
    try expectUnchanged("f32", singles.map { Float(bitPattern: $0) })
    try expectUnchanged("f64", doubles.map { Double(bitPattern: $0) })
  }

  @Test func aNumberTypeOfOnesOwn() throws {
    try expectUnchanged("v128", [Vector(slot: Slot(low: 1, high: .max)), Vector(slot: Slot(low: .max))])
    #expect(throws: WasmtimeError.self) { try guest.function("i32").typed(store, as: ((Vector) -> Int32).self) }
  }

  private func expectUnchanged<Number: WasmNumber>(_ name: String, _ numbers: [Number]) throws {
    let identity = try guest.function(name).typed(store, as: ((Number) -> Number).self)
    for number in numbers {
      let same = try identity(store, number)
      #expect(same.slot == number.slot)
    }
    let same = try identity.map(store, numbers)
    #expect(same.map(\.slot) == numbers.map(\.slot))
  }

  @Test func aTrapIsTheSameOnEveryWay() throws {
    let function = try guest.function("divide")
    let divide = try function.typed(store, as: ((Int32, Int32) -> Int32).self)
    let error = failure { try function(store, 1, 0) }
    #expect(failure { try divide(store, 1, 0) } == error)
    guard case .trap(.integerDivisionByZero, _, _, let frames) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(frames.count == 1)
    #expect(throws: RowError.self) { try divide.map(store, [4, 1, 8], [2, 0, 2]) }
    do {
      _ = try divide.map(store, [4, 1, 8], [2, 0, 2])
    } catch {
      #expect(error.row == 1)
      #expect(error.error == failure { try divide(store, 1, 0) })
      #expect("\(error)" == "row 1: \(error.error)")
    }
    #expect(try divide(store, 6, 3) == 2)
  }

  @Test func aBatch() throws {
    let add = try guest.function("add").typed(store, as: ((Int32, Int32) -> Int32).self)
    let sums = try add.map(store, [1, 2, 3], [10, 20, 30])
    #expect(sums == [11, 22, 33])
    let nothing = try add.map(store, [], [])
    #expect(nothing.isEmpty)
    let halves = try guest.function("halves").typed(store, as: ((Int64) -> (UInt32, UInt32)).self)
    let (low, high) = try halves.map(store, [1, -1, 1 << 32])
    #expect(low == [1, .max, 0] && high == [0, .max, 1])
    let sum = try guest.function("sum").typed(store, as: ((Double, Double, Double, Double) -> Double).self)
    let ones = [Double](repeating: 1, count: 10_000)
    let fours = try sum.map(store, ones, ones, ones, ones)
    #expect(fours == [Double](repeating: 4, count: 10_000))
    try guest.function("drop").typed(store, as: ((Int32) -> Void).self).map(store, [1, 2])
    // A function without parameters has no rows.
    let sevens = try guest.function("seven").typed(store, as: (() -> Int32).self).map(store)
    #expect(sevens.isEmpty)
  }

  @Test func aBatchWhoseTimeIsOverIsNotPacked() throws {
    let guest = try Guest(#"(module (func (export "f") (param i32) (result i32) (local.get 0)))"#) {
      $0.epochInterruption = true
    }
    let identity = try guest.function("f").typed(guest.store, as: ((Counted) -> Int32).self)
    let numbers = [Counted](repeating: Counted(), count: 10_000)
    do {
      try guest.store.withDeadline(.zero) { _ = try identity.map(guest.store, numbers) }
      Issue.record("it did not fail")
    } catch let error as RowError {
      #expect(error.row == 0 && error.error.isTimeLimit)
    }
    #expect(Counted.packed.count == 0)
    #expect(try identity.map(guest.store, numbers).count == 10_000)
    #expect(Counted.packed.count == 10_000)
  }

  @Test func aRowWhoseHostFunctionGivesWhatDoesNotFit() throws {
    let half = try Func(store, FuncType([.i32], [.i32])) { _, arguments in
      arguments[0] == .i32(2) ? [.f64(0.5)] : arguments
    }
    let typed = try half.typed(store, as: ((Int32) -> Int32).self)
    do { _ = try typed.map(store, [0, 1, 2]) } catch let found {
      #expect(found == RowError(row: 2, error: .type(reason: "result 1 is an f64: expected i32")))
      return
    }
    Issue.record("it did not fail")
  }

  @Test func theColumnsOfABatchAreEquallyLong() throws {
    let add = try guest.function("add").typed(store, as: ((Int32, Int32) -> Int32).self)
    let error = WasmtimeError.type(reason: "column 2 has 1 items: column 1 has 3")
    do {
      _ = try add.map(store, [1, 2, 3], [1])
      Issue.record("it did not fail")
    } catch {
      #expect(error.row == 1)
    }
    do { _ = try add.map(store, [1, 2, 3], [1]) } catch let found { #expect(found.error == error) }
  }

  @Test func storeAndClose() throws {
    let add = try guest.function("add").typed(store, as: ((Int32, Int32) -> Int32).self)
    let other = try Store(guest.engine)
    #expect(throws: WasmtimeError.wrongStore(what: "function")) { try add(other, 1, 2) }
    #expect(throws: RowError.self) { try add.map(other, [1], [2]) }
    store.close()
    #expect(throws: WasmtimeError.closed(what: "store")) { try add(store, 1, 2) }
    do { _ = try add.map(store, [1], [2]) } catch { #expect(error.error == .closed(what: "store")) }
  }
}

/// A number that counts how many of them were put into slots.
private struct Counted: WasmNumber {
  static let packed = Counter()
  static let valType = ValType.i32
  var slot: Slot {
    Self.packed.increase()
    return Slot(low: 1)
  }

  init() {}
  init(slot: Slot) {}
}

private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0

  var count: Int { lock.withLock { value } }
  func increase() { lock.withLock { value += 1 } }
}
