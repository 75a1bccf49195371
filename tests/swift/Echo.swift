import Bindings
import TrimaranComponent

/// Gives what it gets, and notes it.
final class Echo: Kinds.Host {
  private let seen = Kept<String>()

  /// What was seen last.
  var last: String? { seen.value }

  private func same<Value>(_ value: Value) -> Value {
    seen.value = "\(value)"
    return value
  }

  func hostBool(x: Bool) -> Bool { same(x) }
  func hostS8(x: Int8) -> Int8 { same(x) }
  func hostU8(x: UInt8) -> UInt8 { same(x) }
  func hostS16(x: Int16) -> Int16 { same(x) }
  func hostU16(x: UInt16) -> UInt16 { same(x) }
  func hostS32(x: Int32) -> Int32 { same(x) }
  func hostU32(x: UInt32) -> UInt32 { same(x) }
  func hostS64(x: Int64) -> Int64 { same(x) }
  func hostU64(x: UInt64) -> UInt64 { same(x) }
  func hostF32(x: Float) -> Float { same(x) }
  func hostF64(x: Double) -> Double { same(x) }
  func hostChar(x: Unicode.Scalar) -> Unicode.Scalar { same(x) }
  func hostString(x: String) -> String { same(x) }
  func hostBytes(x: [UInt8]) -> [UInt8] { same(x) }
  func hostNumbers(x: [Double]) -> [Double] { same(x) }
  func hostStrings(x: [String]) -> [String] { same(x) }
  func hostPair(x: (UInt8, String)) -> (UInt8, String) { same(x) }
  func hostPairs(x: [(String, Kinds.Color)]) -> [(String, Kinds.Color)] { same(x) }
  func hostPerson(x: Kinds.Person) -> Kinds.Person { same(x) }
  func hostPeople(x: [Kinds.Person]) -> [Kinds.Person] { same(x) }
  func hostShape(x: Kinds.Shape) -> Kinds.Shape { same(x) }
  func hostShapes(x: [Kinds.Shape]) -> [Kinds.Shape] { same(x) }
  func hostColor(x: Kinds.Color) -> Kinds.Color { same(x) }
  func hostRights(x: Kinds.Rights) -> Kinds.Rights { same(x) }
  func hostOption(x: String?) -> String? { same(x) }
  func hostNested(x: UInt8??) -> UInt8?? { same(x) }
  func hostOutcome(x: (Result<UInt8, ResultError<String>>, UInt8)) -> (Result<UInt8, ResultError<String>>, UInt8) {
    same(x)
  }
  func hostOutcomes(x: [Result<Kinds.Person, Kinds.Color>]) -> [Result<Kinds.Person, Kinds.Color>] { same(x) }
  func hostNothing(x: [Result<Void, ResultError<Void>>]) -> [Result<Void, ResultError<Void>>] { same(x) }
}
