import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("Numbers keep all their bits in memory")
struct MemoryPropertiesTests {
  let guest: Guest
  let store: Store
  let memory: Memory

  init() throws {
    guest = try Guest(
      """
      (module
        (memory (export "memory") 1)
        (func (export "f32") (param i32) (result f32) (f32.load (local.get 0)))
        (func (export "f64") (param i32) (result f64) (f64.load (local.get 0)))
        (func (export "i32") (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "i64") (param i32) (result i64) (i64.load (local.get 0)))
        (func (export "v128") (param i32) (result v128) (v128.load (local.get 0))))
      """
    )
    store = guest.store
    memory = try guest.exports.memory("memory")
  }

  /// Writes a number of these lowest bits and reads it, both as a number and as bytes.
  private func check<Number: FixedWidthInteger>(
    _ bits: UInt64,
    _ offset: Int,
    _ put: (Number) throws -> Void,
    _ load: () throws -> Number
  ) throws {
    let number = Number(truncatingIfNeeded: bits)
    let bytes = withUnsafeBytes(of: number.littleEndian) { Data($0) }
    try put(number)
    guard try memory.read(store, at: offset, count: bytes.count) == bytes, try load() == number else {
      throw Problem("\(Number.self) \(number) at \(offset)")
    }
    try memory.fill(store, 0xa5, at: offset, count: bytes.count)
    try memory.write(store, bytes, at: offset)
    guard try load() == number else { throw Problem("\(Number.self) \(number) at \(offset), by bytes") }
  }

  /// What the guest reads.
  private func guestReads(_ value: Val, _ type: String, at offset: Int) throws {
    let found = try guest.function(type)(store, offset)
    if found != [value] { throw Problem("the guest reads \(found) at \(offset) and not \(value)") }
  }

  @Test func integers() throws {
    try repeatedly(500) { randoms in
      let (at, bits) = (place(&randoms), randoms.number(UInt64.self))
      try check(bits, at, { try memory.storeI8(store, $0, at: at) }, { try memory.loadI8(store, at: at) })
      try check(bits, at, { try memory.storeU8(store, $0, at: at) }, { try memory.loadU8(store, at: at) })
      try check(bits, at, { try memory.storeI16(store, $0, at: at) }, { try memory.loadI16(store, at: at) })
      try check(bits, at, { try memory.storeU16(store, $0, at: at) }, { try memory.loadU16(store, at: at) })
      try check(bits, at, { try memory.storeI32(store, $0, at: at) }, { try memory.loadI32(store, at: at) })
      try check(bits, at, { try memory.storeU32(store, $0, at: at) }, { try memory.loadU32(store, at: at) })
      try guestReads(.i32(Int32(truncatingIfNeeded: bits)), "i32", at: at)
      try check(bits, at, { try memory.storeI64(store, $0, at: at) }, { try memory.loadI64(store, at: at) })
      try check(bits, at, { try memory.storeU64(store, $0, at: at) }, { try memory.loadU64(store, at: at) })
      try guestReads(.i64(Int64(bitPattern: bits)), "i64", at: at)
    }
  }

  @Test func floats() throws {
    try repeatedly(500) { randoms in
      let (at, float, double) = (place(&randoms), randoms.number(Float.self), randoms.number(Double.self))
      try check(
        UInt64(float.bitPattern),
        at,
        { try memory.storeF32(store, Float(bitPattern: $0), at: at) },
        { try memory.loadF32(store, at: at).bitPattern }
      )
      try guestReads(.f32(float), "f32", at: at)
      try check(
        double.bitPattern,
        at,
        { try memory.storeF64(store, Double(bitPattern: $0), at: at) },
        { try memory.loadF64(store, at: at).bitPattern }
      )
      try guestReads(.f64(double), "f64", at: at)
    }
  }

  /// Anywhere, aligned or not, and now and then at the very end.
  private func place(_ randoms: inout Randoms) -> Int {
    let last = 65_536 - 8
    return randoms.next() % 4 == 0 ? last : Int.random(in: 0...last, using: &randoms)
  }

  @Test func vectors() throws {
    try repeatedly(200) { randoms in
      let vector = randoms.number(Vector.self).slot
      let at = Int.random(in: 0...65_536 - 16, using: &randoms)
      try memory.storeU64(store, vector.low, at: at)
      try memory.storeU64(store, vector.high, at: at + 8)
      try guestReads(.v128(low: vector.low, high: vector.high), "v128", at: at)
    }
  }
}
