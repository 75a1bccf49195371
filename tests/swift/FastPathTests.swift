import Testing
import Trimaran

// Calls of numbers take a short way into the core. A function that takes a reference as well cannot: it shows what the
// long way says.
@Suite("Both ways to call")
struct FastPathTests {
  private static let types: [String] = ["i32", "i64", "f32", "f64", "v128"]

  private static let values: [Val] = {
    let ints: [Int32] = [0, 1, -1, .min, .max]
    let longs: [Int64] = [
      0, 1, -1, 16_777_217, 2_147_483_648, 4_294_967_295, 4_294_967_296, -2_147_483_648, -2_147_483_649, .min, .max,
    ]
    let floats: [UInt32] = [0, 0x8000_0000, 0x3f80_0000, 0x7f80_0000, 0x7fa0_0001, 0xffc0_0000]
    let doubles: [UInt64] = [
      0, 1, 0x8000_0000_0000_0000, 0x3fb9_9999_9999_999a, 0x7e37_e43c_8800_759c, 0x7ff0_0000_0000_0000,
      0x7ff4_0000_0000_0001, 0xfff8_0000_0000_0000,
    ]
    var values: [Val] = [.v128(low: 1, high: .max), .null, .funcRef(nil), .externRef(nil)]
    values += ints.map { Val.i32($0) }
    values += longs.map { Val.i64($0) }
    values += floats.map { Val.f32(Float(bitPattern: $0)) }
    values += doubles.map { Val.f64(Double(bitPattern: $0)) }
    return values
  }()

  @Test(arguments: types) func agree(_ type: String) throws {
    let guest = try Guest(
      """
      (module
        (func (export "short") (param \(type)) (result \(type)) (local.get 0))
        (func (export "long") (param \(type) externref) (result \(type)) (local.get 0)))
      """
    )
    let (short, long) = (try guest.function("short"), try guest.function("long"))
    for value in Self.values {
      let expected = Result { () throws(WasmtimeError) in try long.call(guest.store, [value, .null]) }
      let found = Result { () throws(WasmtimeError) in try short.call(guest.store, [value]) }
      #expect(found == expected, "\(value)")
    }
  }

  // What a host function gives takes the same two ways.
  @Test(arguments: types) func resultsOfTheHostAgree(_ type: String) throws {
    let guest = try Guest("(module (func (export \"same\") (param \(type) externref) (result \(type)) (local.get 0)))")
    let same = try guest.function("same")
    for value in Self.values {
      let expected = Result { () throws(WasmtimeError) in try same.call(guest.store, [value, .null]) }
      let host = try Func(guest.store, FuncType([], [valType(.string(type))])) { _, _ in [value] }
      let found = Result { () throws(WasmtimeError) in try host.call(guest.store, []) }
      switch (found, expected) {
      case (.success(let found), .success(let expected)): #expect(found == expected)
      case (.failure(let found), .failure(let expected)):
        #expect(found.description == expected.description.replacing("argument 1", with: "result 1"))
      default: Issue.record("\(value) of \(type): \(found), \(expected)")
      }
    }
  }

  @Test func manyParametersAndResults() throws {
    for count in [0, 1, 15, 16, 17, 40] {
      let types = String(repeating: "i32 ", count: count)
      let values = (0..<count).map { "(local.get \($0))" }.joined(separator: " ")
      let guest = try Guest(
        """
        (module
          (func (export "same") (param \(types)) (result \(types)) \(values))
          (func (export "many") (result \(types)) \(values.replacing("local.get", with: "i32.const"))))
        """
      )
      let numbers = (0..<count).map { Val.i32(Int32($0)) }
      #expect(try guest.function("same").call(guest.store, numbers) == numbers)
      #expect(try guest.function("many").call(guest.store, []) == numbers)
      let error = failure { try guest.function("same").call(guest.store, numbers + [.i32(0)]) }
      guard case .type = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }
}
