import Testing
import Trimaran

@Suite("Values")
struct ValueTests {
  @Test func integersOfSwift() throws {
    #expect(Int32(-1).val == .i32(-1))
    #expect(try Int(-1).val == .i64(-1))
    #expect(try UInt8(255).val == .i64(255))
    #expect(try UInt32.max.val == .i64(4_294_967_295))
    #expect(try Int128(Int64.min).val == .i64(.min))
    let reason = "9223372036854775808: expected an integer from -9223372036854775808 to 9223372036854775807"
    #expect(throws: WasmtimeError.range(reason: reason)) { try (UInt64(1) << 63).val }
    #expect(throws: WasmtimeError.range(reason: reason)) { try (Int128(Int64.max) + 1).val }
  }

  @Test func integersOfWebAssembly() throws {
    #expect(try Int(Val.i32(-1)) == -1)
    #expect(try UInt(Val.i32(-1)) == 4_294_967_295)
    #expect(try UInt32(Val.i32(-1)) == .max)
    #expect(try Int64(Val.i32(-1)) == -1)
    #expect(try UInt64(Val.i64(-1)) == .max)
    #expect(try Int128(Val.i64(-1)) == -1)
    #expect(try Int8(Val.i64(-128)) == -128)
    #expect(try UInt8(Val.i32(255)) == 255)
    #expect(throws: WasmtimeError.range(reason: "256: expected an integer from 0 to 255")) {
      try UInt8(Val.i32(256))
    }
    #expect(throws: WasmtimeError.range(reason: "4294967296: expected an integer from -2147483648 to 2147483647")) {
      try Int32(Val.i64(1 << 32))
    }
    #expect(throws: WasmtimeError.type(reason: "f64 1.0: expected an integer")) { try Int(Val.f64(1)) }
  }

  @Test func floats() throws {
    #expect(try Double(Val.f64(0.1)) == 0.1)
    #expect(try Double(Val.f32(0.5)) == 0.5)
    #expect(try Float(Val.f32(0.1)) == 0.1)
    #expect(throws: WasmtimeError.type(reason: "f64 0.1: expected an f32")) { try Float(Val.f64(0.1)) }
    #expect(throws: WasmtimeError.type(reason: "i32 1: expected a float")) { try Double(Val.i32(1)) }
  }

  @Test func accessorsAndText() {
    #expect(Val.i32(7).i32 == 7)
    #expect(Val.i32(7).i64 == nil)
    #expect(Val.i64(7).i64 == 7)
    #expect(Val.f32(7).f32 == 7)
    #expect(Val.f64(7).f64 == 7)
    #expect(Val.null.isNull && Val.funcRef(nil).isNull && !Val.i32(0).isNull)
    #expect("\(Val.i32(-1))" == "i32 -1")
    #expect("\(Val.f64(2.5))" == "f64 2.5")
    #expect("\(Val.v128(low: 1, high: 2))" == "v128 i64x2 1 2")
    #expect("\(Val.externRef(nil))" == "null externref")
  }

  @Test func equalityIsOfTypeAndBits() {
    #expect(Val.i32(1) != .i64(1))
    #expect(Val.f64(.nan) == .f64(.nan))
    #expect(Val.f64(0.0) != .f64(-0.0))
    #expect(Val.f32(Float(bitPattern: 0x7fa0_0001)) != .f32(Float(bitPattern: 0x7fc0_0001)))
    #expect(Val.v128(low: 1, high: 2) != .v128(low: 2, high: 1))
    #expect(Val.anyRef(nil) != .exnRef(nil))
    #expect(Set<Val>([.i32(1), .i32(1), .f32(.nan), .f32(.nan)]).count == 2)
  }
}
