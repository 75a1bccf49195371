import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Values keep all their bits, and references their objects: into guests, out of guests, and mixed")
struct PropertiesTests {
  let references: References
  let store: Store

  init() throws {
    references = try References()
    store = references.store
  }

  private func values(_ types: [ValType], _ randoms: inout Randoms) throws -> [Val] {
    try types.map { try references.value($0, &randoms) }
  }

  /// An instance of a module in the text format.
  private func exports(_ text: String, _ imports: [any Importable] = []) throws -> Exports {
    try Instance(store, Module(references.engine, "(module \(text))"), imports).exports(store)
  }

  private func words(_ types: [ValType]) -> String { types.map(\.description).joined(separator: " ") }

  private func gets(_ places: some Sequence<Int>) -> String {
    places.map { "(local.get \($0))" }.joined(separator: " ")
  }

  @Test func argumentsAndResultsOfGuestsAndOfTheHost() throws {
    try repeatedly(80) { randoms in
      // Up to more than the fast path takes.
      let types = randoms.list(18) { references.type(&$0) }
      let others = randoms.list(18) { references.type(&$0) }
      let expected = Kept<(arguments: [Val], results: [Val])>()
      let host = try Func(store, FuncType(types, others)) { caller, arguments in
        guard let expected = expected.value else { throw Problem("it is called twice") }
        try checkSame(arguments, expected.arguments, types, caller.store)
        return expected.results
      }
      let exports = try exports(
        """
        (import "host" "f" (func $f (param \(words(types))) (result \(words(others)))))
        (func (export "turn") (param \(words(types))) (result \(words(types.reversed())))
          \(gets(types.indices.reversed())))
        (func (export "host") (param \(words(types))) (result \(words(others)))
          (call $f \(gets(types.indices))))
        """,
        [host]
      )
      let (turn, through) = (try exports.function("turn"), try exports.function("host"))
      for _ in 0..<10 {
        let (given, results) = (try values(types, &randoms), try values(others, &randoms))
        try checkSame(turn.call(store, given), given.reversed(), types.reversed(), store)
        for function in [host, through] {
          expected.value = (given, results)
          try checkSame(function.call(store, given), results, others, store)
        }
      }
    }
  }

  @Test func numbersOfSwift() throws {
    try check(Int32.self, { try $1($0, $2) })
    try check(Int64.self, { try $1($0, $2) })
    try check(Float.self, { try $1($0, $2) })
    try check(Double.self, { try $1($0, $2) })
    // A plain integer is a number with a sign: the reading of these is for results, and for typed functions.
    try check(UInt32.self, nil)
    try check(UInt64.self, nil)
    try check(Vector.self, nil)
  }

  /// Typed functions in each direction, columns, and plain calls where the type has any.
  private func check<Number: WasmNumber>(
    _: Number.Type,
    _ plain: ((Store, Func, Number) throws -> Number)?
  ) throws {
    let type = Number.valType
    let expected = Kept<(argument: Number, result: Number)>()
    let host = try Func(store) { (argument: Number) -> Number in
      guard let expected = expected.value, expected.argument.slot == argument.slot else {
        throw Problem("the host got \(argument.slot)")
      }
      return expected.result
    }
    let turn = try Func(store) { (a: Number, b: Int32, c: Number) -> (Number, Int32, Number) in (c, b, a) }
    let exports = try exports(
      """
      (import "host" "f" (func $f (param \(type)) (result \(type))))
      (func (export "echo") (param \(type)) (result \(type)) (local.get 0))
      (func (export "host") (param \(type)) (result \(type)) (call $f (local.get 0)))
      """,
      [host]
    )
    let echo = try exports.function("echo")
    let typed = try echo.typed(store, as: ((Number) -> Number).self)
    let turned = try turn.typed(store, as: ((Number, Int32, Number) -> (Number, Int32, Number)).self)
    func same(_ found: Number, _ given: Number) throws {
      if found.slot != given.slot { throw Problem("\(Number.self): \(given.slot) became \(found.slot)") }
    }
    try repeatedly(200) { randoms in
      let (one, other): (Number, Number) = (randoms.number(), randoms.number())
      if let plain { try same(plain(store, echo, one), one) }
      try same(typed(store, one), one)
      let (first, second, third) = try turned(store, one, 7, other)
      try same(first, other)
      try same(third, one)
      try checkEqual(second, 7)
      for function in [host, try exports.function("host")] {
        expected.value = (one, other)
        try same(function.typed(store, as: ((Number) -> Number).self)(store, one), other)
      }
      let column = randoms.list(20) { $0.number(Number.self) }
      for (found, given) in zip(try typed.map(store, column), column) { try same(found, given) }
    }
  }

  /// Tests numbers inside a guest: a round trip can hide an error.
  @Test func bitsAsAGuestSeesThem() throws {
    let exports = try exports(
      """
      (func (export "of f32") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
      (func (export "to f32") (param i32) (result f32) (f32.reinterpret_i32 (local.get 0)))
      (func (export "of f64") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
      (func (export "to f64") (param i64) (result f64) (f64.reinterpret_i64 (local.get 0)))
      (func (export "of v128") (param v128) (result i64 i64)
        (i64x2.extract_lane 0 (local.get 0)) (i64x2.extract_lane 1 (local.get 0)))
      (func (export "to v128") (param i64 i64) (result v128)
        (i64x2.replace_lane 1 (i64x2.splat (local.get 0)) (local.get 1)))
      (func (export "of i32") (param i32) (result i64) (i64.extend_i32_u (local.get 0)))
      (func (export "of i64") (param i64) (result i32 i32)
        (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))))
      """
    )
    try repeatedly(500) { randoms in
      let (float, double): (Float, Double) = (randoms.number(), randoms.number())
      let (int, long): (Int32, Int64) = (randoms.number(), randoms.number())
      let vector = randoms.number(Vector.self).slot
      let halves: [Val] = [
        .i64(Int64(bitPattern: vector.low)), .i64(Int64(bitPattern: vector.high)),
      ]
      let floatBits = Val.i32(Int32(bitPattern: float.bitPattern))
      let doubleBits = Val.i64(Int64(bitPattern: double.bitPattern))
      let whole = Val.v128(low: vector.low, high: vector.high)
      let expected: [(String, [Val], [Val])] = [
        ("of f32", [.f32(float)], [floatBits]), ("to f32", [floatBits], [.f32(float)]),
        ("of f64", [.f64(double)], [doubleBits]), ("to f64", [doubleBits], [.f64(double)]),
        ("of v128", [whole], halves), ("to v128", halves, [whole]),
        ("of i32", [.i32(int)], [.i64(Int64(UInt32(bitPattern: int)))]),
        ("of i64", [.i64(long)], [.i32(Int32(truncatingIfNeeded: long)), .i32(Int32(truncatingIfNeeded: long >> 32))]),
      ]
      for (name, given, results) in expected {
        let found = try exports.function(name).call(store, given)
        if found != results { throw Problem("\(name): \(given) became \(found) and not \(results)") }
      }
    }
  }

  @Test func integersWhereTheyFit() throws {
    let echo = try exports(#"(func (export "f") (param i32) (result i32) (local.get 0))"#).function("f")
    try repeatedly(500) { randoms in
      let long: Int64 = randoms.number()
      if long >= Int64(Int32.min), long <= Int64(UInt32.max) {
        try checkEqual(echo(store, long), [.i32(Int32(truncatingIfNeeded: long))])
        try checkEqual(echo(store, long) as UInt32, UInt32(truncatingIfNeeded: long))
      } else {
        guard case .range? = failure({ try echo(store, long) }) else { throw Problem("\(long) is no i32") }
      }
    }
  }

  @Test func globals() throws {
    try repeatedly(200) { randoms in
      let type = references.type(&randoms)
      let given = try values([type, type, type], &randoms)
      let global = try Global(store, GlobalType(type, mutable: true), given[0])
      let exports = try exports(
        """
        (import "host" "g" (global $g (mut \(type))))
        (func (export "get") (result \(type)) (global.get $g))
        (func (export "set") (param \(type)) (global.set $g (local.get 0)))
        """,
        [global]
      )
      let (get, set) = (try exports.function("get"), try exports.function("set"))
      func holds(_ value: Val) throws {
        try checkSame([global.get(store)], [value], [type], store)
        try checkSame(get.call(store, []), [value], [type], store)
      }
      try holds(given[0])
      try global.set(store, given[1])
      try holds(given[1])
      try set.call(store, [given[2]])
      try holds(given[2])
    }
  }

  @Test func tables() throws {
    try repeatedly(200) { randoms in
      let type = references.reference(&randoms)
      let given = try values([ValType](repeating: .ref(type), count: 6), &randoms)
      let table = try Table(store, TableType(type, Limits(2)), given[0])
      let exports = try exports(
        """
        (import "host" "t" (table $t 2 \(type)))
        (func (export "get") (param i32) (result \(type)) (table.get $t (local.get 0)))
        (func (export "set") (param i32 \(type)) (table.set $t (local.get 0) (local.get 1)))
        """,
        [table]
      )
      try table.set(store, given[1], at: 1)
      try checkEqual(table.grow(store, by: 3, given[2]), 2)
      try table.fill(store, given[3], at: 3, count: 1)
      try exports.function("set")(store, 4, given[4])
      try table.grow(store, by: 1, given[5])
      try table.copy(store, from: table, at: 1, to: 0, count: 2)
      for (place, value) in [given[1], given[2], given[2], given[3], given[4], given[5]].enumerated() {
        try checkSame([table.get(store, at: place)], [value], [.ref(type)], store)
        try checkSame(exports.function("get")(store, place), [value], [.ref(type)], store)
      }
    }
  }

  @Test func whatStructsArraysAndExceptionsHold() throws {
    try repeatedly(100) { randoms in
      let types = [references.type(&randoms)] + randoms.list(6) { references.type(&$0) }
      let fields = types.map { "(field \($0))" }.joined(separator: " ")
      let exports = try exports(
        """
        (type $struct (struct \(fields)))
        (type $array (array \(types[0])))
        (tag $tag (param \(words(types))))
        (func (export "struct") (param \(words(types))) (result structref)
          (struct.new $struct \(gets(types.indices))))
        (func (export "array") (param \(types[0])) (result arrayref)
          (array.new_fixed $array 3 \(gets([0, 0, 0]))))
        (func (export "exception") (param \(words(types))) (result exnref)
          (block $caught (result exnref)
            (try_table (catch_all_ref $caught) (throw $tag \(gets(types.indices)))) unreachable))
        """
      )
      let given = try values(types, &randoms)
      for name in ["struct", "exception"] {
        let made = try Reference(exports.function(name).call(store, given)[0])
        try checkSame(made.fields(store), given, types, store)
      }
      let array = try Reference(exports.function("array").call(store, [given[0]])[0])
      let elements = [Val](repeating: given[0], count: 3)
      try checkSame(array.fields(store), elements, [ValType](repeating: types[0], count: 3), store)
    }
  }

  @Test func integersOf31Bits() throws {
    try repeatedly(200) { randoms in
      let number = randoms.number(Int32.self) >> 1
      try checkEqual(Reference(store, i31: number).i31(store), number)
    }
  }
}
