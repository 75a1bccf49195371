import Testing
import Trimaran

@Suite("Functions")
struct FuncTests {
  let guest: Guest
  let store: Store

  init() throws {
    guest = try Guest(
      """
      (module
        (func (export "none"))
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "i64") (param i64) (result i64) (local.get 0))
        (func (export "f32") (param f32) (result f32) (local.get 0))
        (func (export "f64") (param f64) (result f64) (local.get 0))
        (func (export "v128") (param v128) (result v128) (local.get 0))
        (func (export "three") (param i32 i64 f64) (result f64 i64 i32)
          (local.get 2) (local.get 1) (local.get 0))
        (func $id (export "funcref") (param funcref) (result funcref) (local.get 0))
        (func (export "externref") (param externref) (result externref) (local.get 0))
        (func (export "i31") (param i32) (result anyref) (ref.i31 (local.get 0)))
        (func (export "anyref") (param anyref) (result anyref) (local.get 0)))
      """
    ) {
      $0.wasmGC = true
      $0.wasmFunctionReferences = true
    }
    store = guest.store
  }

  /// What comes out as a `UInt64` goes in again.
  @Test func integersOf64BitsWithoutASign() throws {
    let id = try guest.function("i64")
    for number: UInt64 in [1 << 63, .max, 7] {
      let found: UInt64 = try id(store, number)
      #expect(found == number)
    }
    #expect(try id(store, UInt.max) == [.i64(-1)])
    let refused = WasmtimeError.range(
      reason: "argument 1 is 18446744073709551615: expected an integer from -9223372036854775808 to 9223372036854775807"
    )
    for name in ["f64", "add"] {
      let function = try guest.function(name)
      #expect(failure { try function(store, UInt64.max, 1) } == refused)
    }
  }

  @Test func plainNumbersGoInAndComeOut() throws {
    let add = try guest.function("add")
    #expect(try add(store, 40, 2) == [.i32(42)])
    let sum: Int = try add(store, Int32(40), UInt8(2))
    #expect(sum == 42)
    #expect(try add(store, -1, 0) as UInt32 == .max)
    #expect(try add.call(store, [.i32(1), .i64(2)]) == [.i32(3)])
    try guest.function("none")(store)
    #expect(try guest.function("f32")(store, 0.1) as Float == 0.1)
    #expect(try guest.function("f64")(store, 0.1) as Double == 0.1)
    #expect(try guest.function("i64")(store, Int.min) as Int == .min)
  }

  @Test func severalResultsAreATuple() throws {
    let three = try guest.function("three")
    let (double, long, int): (Double, Int64, Int32) = try three(store, 1, 2, 3.5)
    #expect(double == 3.5 && long == 2 && int == 1)
    let (value, number, byte): (Val, UInt64, UInt8) = try three(store, 255, -1, 0.0)
    #expect(value == .f64(0) && number == .max && byte == 255)
  }

  @Test func theNumberOfResultsIsChecked() throws {
    let three = try guest.function("three")
    #expect(throws: WasmtimeError.type(reason: "the function gives 3 results: expected 1")) {
      try three(store, 1, 2, 3.0) as Int
    }
    #expect(throws: WasmtimeError.type(reason: "the function gives 3 results: expected 2")) {
      let (_, _): (Double, Int) = try three(store, 1, 2, 3.0)
    }
    #expect(throws: WasmtimeError.type(reason: "the function gives 1 result: expected 2")) {
      let (_, _): (Int, Int) = try guest.function("i64")(store, 1)
    }
    #expect(throws: WasmtimeError.type(reason: "the function gives 0 results: expected 1")) {
      try guest.function("none")(store) as Val
    }
  }

  @Test func theErrorSaysWhichValueIsWrong() throws {
    let add = try guest.function("add")
    let limit = "expected an integer from -9223372036854775808 to 9223372036854775807"
    #expect(throws: WasmtimeError.range(reason: "argument 2 is 18446744073709551615: \(limit)")) {
      try add(store, 0, UInt64.max)
    }
    #expect(throws: WasmtimeError.range(reason: "result 1 is 300: expected an integer from 0 to 255")) {
      try add(store, 299, 1) as UInt8
    }
    #expect(throws: WasmtimeError.type(reason: "result 1 is i32 3: expected a float")) {
      try add(store, 1, 2) as Double
    }
    #expect(throws: WasmtimeError.type(reason: "argument 2 is an f64: expected i32")) { try add(store, 1, 2.5) }
    #expect(throws: WasmtimeError.self) { try add(store, 1) }
    #expect(throws: WasmtimeError.self) { try add(store, 1, 2, 3) }
  }

  @Test(arguments: [0x7fa0_0001, 0xffc0_0000, 0x7f80_0001] as [UInt32])
  func singleNaNsKeepTheirBits(_ bits: UInt32) throws {
    let result: Float = try guest.function("f32")(store, Float(bitPattern: bits))
    #expect(result.bitPattern == bits)
  }

  @Test(arguments: [0x7ff4_0000_0000_0001, 0xfff8_0000_0000_0000] as [UInt64])
  func doubleNaNsKeepTheirBits(_ bits: UInt64) throws {
    let result: Double = try guest.function("f64")(store, Double(bitPattern: bits))
    #expect(result.bitPattern == bits)
  }

  @Test func vectors() throws {
    let vector = Val.v128(low: 1, high: .max)
    #expect(try guest.function("v128")(store, vector) == [vector])
  }

  @Test func references() throws {
    let identity = try guest.function("funcref")
    let function: Func = try identity(store, identity)
    #expect(try function.same(store, identity))
    #expect(try !function.same(store, guest.function("add")))
    #expect(try identity(store, Val.null) == [.funcRef(nil)])
    #expect(throws: WasmtimeError.type(reason: "result 1 is null funcref: expected a function")) {
      try identity(store, Val.null) as Func
    }
    #expect(try guest.function("externref")(store, Val.null) == [.externRef(nil)])

    let reference: Reference = try guest.function("i31")(store, 7)
    let same: Reference = try guest.function("anyref")(store, reference)
    #expect(try reference.same(store, same))
    #expect(try !reference.same(store, guest.function("i31")(store, 8)))
    #expect(throws: WasmtimeError.self) { try guest.function("externref")(store, reference) }
  }

  @Test func aReferenceOutlivesACollection() throws {
    let reference: Reference = try guest.function("i31")(store, 7)
    try store.gc()
    #expect(try guest.function("anyref")(store, reference).first?.isNull == false)
  }

  @Test func typeAndStore() throws {
    let add = try guest.function("add")
    #expect(try add.type(store) == FuncType([.i32, .i32], [.i32]))
    let other = try Store(guest.engine)
    #expect(throws: WasmtimeError.wrongStore(what: "function")) { try add(other, 1, 2) }
    store.close()
    #expect(throws: WasmtimeError.closed(what: "store")) { try add(store, 1, 2) }
    #expect(throws: WasmtimeError.closed(what: "store")) { try add.type(store) }
    #expect(throws: WasmtimeError.closed(what: "store")) { try add.same(store, add) }
  }
}
