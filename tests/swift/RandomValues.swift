import Foundation
import Trimaran
import TrimaranFoundation

/// Numbers that look random, and come again with their seed (SplitMix64).
struct Randoms: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// One of `choices`, which are not empty.
  mutating func one<Choice>(of choices: [Choice]) -> Choice { choices[Int.random(in: 0..<choices.count, using: &self)] }

  /// A list of at most `count` of what `make` gives.
  mutating func list<Element>(_ count: Int, _ make: (inout Randoms) throws -> Element) rethrows -> [Element] {
    try (0..<Int.random(in: 0...count, using: &self)).map { _ in try make(&self) }
  }
}

/// Runs a property with other random numbers each time. A failure says the seed, and what was wrong: the environment variable
/// `TRIMARAN_SEED` makes that run the first one.
func repeatedly(_ times: Int, _ property: (inout Randoms) throws -> Void) throws {
  let given = ProcessInfo.processInfo.environment["TRIMARAN_SEED"].flatMap { UInt64($0) }
  let first = given ?? .random(in: 0...UInt64.max)
  for time in 0..<times {
    let seed = first &+ UInt64(time)
    var randoms = Randoms(seed: seed)
    do { try property(&randoms) } catch { throw Problem("with TRIMARAN_SEED=\(seed): \(error)") }
  }
}

/// Fails where a property gave something else than it has to. (What `#expect` records does not say the seed.)
func checkEqual<Value: Equatable>(_ found: Value, _ wanted: Value) throws {
  if found != wanted { throw Problem("it gave \(found) and not \(wanted)") }
}

// Numbers that hurt: those at the edges, and any others.
extension Randoms {
  static let numbers: [ValType] = [.i32, .i64, .f32, .f64, .v128]

  /// Zero, the smallest and the largest of each kind, infinity; NaNs: quiet, signalling, with payload and without.
  private static let floats: [UInt32] = [
    0, 1, 0x007f_ffff, 0x0080_0000, 0x7f7f_ffff, 0x7f80_0000,
    0x7fc0_0000, 0x7f80_0001, 0x7fa0_0000, 0x7fbf_ffff, 0x7fc0_0001, 0x7fff_ffff,
  ]
  private static let doubles: [UInt64] = [
    0, 1, 0x000f_ffff_ffff_ffff, 0x0010_0000_0000_0000, 0x7fef_ffff_ffff_ffff, 0x7ff0_0000_0000_0000,
    0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0x7ff4_0000_0000_0000, 0x7ff7_ffff_ffff_ffff,
    0x7ff8_0000_0000_0001, 0x7fff_ffff_ffff_ffff,
  ]

  private mutating func integer(bits: UInt64) -> UInt64 {
    let edges = [0, 1, -1, Int64.min, .max, Int64(Int32.min), Int64(Int32.max), 0xffff_ffff, 0x8000, 0xffff, 0x80]
    switch next() % 3 {
    case 0: return UInt64(bitPattern: one(of: edges))
    case 1: return 1 << (next() % bits) &- next() % 2
    default: return next()
    }
  }

  private mutating func float() -> UInt32 {
    let bits = UInt32(truncatingIfNeeded: next())
    switch next() % 3 {
    case 0: return one(of: Self.floats) | bits & 1 << 31
    case 1: return bits | 0x7f80_0000
    default: return bits
    }
  }

  private mutating func double() -> UInt64 {
    switch next() % 3 {
    case 0: one(of: Self.doubles) | next() & 1 << 63
    case 1: next() | 0x7ff0_0000_0000_0000
    default: next()
    }
  }

  /// The bits of a number of a type.
  mutating func slot(of type: ValType) -> Slot {
    switch type {
    case .i32:
      // The lowest one of 32 bits is one of 64 bits whose lower half is not.
      let edge = UInt32(1) << 31 &- UInt32(next() % 2)
      return Slot(low: next() % 4 == 0 ? UInt64(edge) : integer(bits: 32) & 0xffff_ffff)
    case .i64: return Slot(low: integer(bits: 64))
    case .f32: return Slot(low: UInt64(float()))
    case .f64: return Slot(low: double())
    default:
      if next() % 2 == 0 { return Slot(low: double(), high: integer(bits: 64)) }
      return Slot(low: UInt64(float()) << 32 | UInt64(float()), high: UInt64(float()) << 32 | UInt64(float()))
    }
  }

  /// A number of a type of Swift.
  mutating func number<Number: WasmNumber>(_: Number.Type = Number.self) -> Number {
    Number(slot: slot(of: Number.valType))
  }
}

/// A vector of 128 bits, as a program may have one.
struct Vector: WasmNumber, Hashable {
  static var valType: ValType { .v128 }
  let slot: Slot
}

/// A store, and references to everything that there may be references to.
struct References {
  let engine: Engine
  let store: Store
  private let exports: Exports
  private let functions: [Func]
  private let objects: [any AnyObject & Sendable]

  static let heaps: [HeapType] = [.func, .extern, .any, .eq, .i31, .struct, .array, .exn]
  /// Those that nothing but null is of.
  static let empty: [HeapType] = [.noFunc, .noExtern, .none, .noExn]

  init() throws {
    let guest = try Guest(
      """
      (module
        (type $pair (struct (field i32) (field externref)))
        (type $bytes (array i8))
        (tag $t (param i32))
        (func (export "function"))
        (func (export "struct") (param i32) (result structref) (struct.new $pair (local.get 0) (ref.null extern)))
        (func (export "array") (param i32) (result arrayref)
          (array.new $bytes (local.get 0) (i32.and (local.get 0) (i32.const 7))))
        (func (export "exception") (param i32) (result exnref)
          (block $caught (result exnref)
            (try_table (catch_all_ref $caught) (throw $t (local.get 0))) unreachable))
        (func (export "to any") (param externref) (result anyref) (any.convert_extern (local.get 0)))
        (func (export "to extern") (param anyref) (result externref) (extern.convert_any (local.get 0))))
      """
    ) {
      $0.wasmGC = true
      $0.wasmFunctionReferences = true
      $0.wasmExceptions = true
    }
    engine = guest.engine
    store = guest.store
    exports = guest.exports
    functions = [try guest.function("function"), try Func(store) { (a: Int32) -> Int32 in a }]
    objects = [Seen(), NSNumber(value: 0), NSNull(), Mistake(), HostObject()]
  }

  /// A type of a number or a reference.
  func type(_ randoms: inout Randoms) -> ValType {
    if randoms.next() % 2 == 0 { return randoms.one(of: Randoms.numbers) }
    return .ref(reference(&randoms))
  }

  /// A type of a reference.
  func reference(_ randoms: inout Randoms) -> RefType {
    if randoms.next() % 8 == 0 { return RefType(randoms.one(of: Self.empty)) }
    return RefType(randoms.one(of: Self.heaps), nullable: randoms.next() % 4 != 0)
  }

  /// A value of a type.
  func value(_ type: ValType, _ randoms: inout Randoms) throws -> Val {
    guard case .ref(let type) = type else {
      let slot = randoms.slot(of: type)
      return switch type {
      case .i32: .i32(Int32(slot: slot))
      case .i64: .i64(Int64(slot: slot))
      case .f32: .f32(Float(slot: slot))
      case .f64: .f64(Double(slot: slot))
      default: .v128(low: slot.low, high: slot.high)
      }
    }
    if type.nullable, Self.empty.contains(type.heap) || randoms.next() % 4 == 0 {
      return randoms.next() % 2 == 0 ? .null : null(type.heap)
    }
    switch type.heap {
    case .func: return .funcRef(randoms.one(of: functions))
    case .extern:
      if randoms.next() % 4 != 0 { return .externRef(randoms.one(of: objects)) }
      return try exports.function("to extern")(store, made(.any, &randoms))[0]
    case .exn: return try exports.function("exception")(store, randoms.number(Int32.self))[0]
    default: return try made(type.heap, &randoms)
    }
  }

  /// A garbage-collected value.
  private func made(_ heap: HeapType, _ randoms: inout Randoms) throws -> Val {
    let number = randoms.number(Int32.self)
    switch heap {
    case .i31: return try Reference(store, i31: number >> 1).val
    case .struct: return try exports.function("struct")(store, number)[0]
    case .array: return try exports.function("array")(store, number)[0]
    case .any where randoms.next() % 4 == 0:
      return try exports.function("to any")(store, Val.externRef(randoms.one(of: objects)))[0]
    default: return try made(randoms.one(of: [.i31, .struct, .array]), &randoms)
    }
  }
}

/// The null of a type's hierarchy.
private func null(_ heap: HeapType) -> Val {
  switch heap {
  case .func, .noFunc: .funcRef(nil)
  case .extern, .noExtern: .externRef(nil)
  case .exn, .noExn: .exnRef(nil)
  default: .anyRef(nil)
  }
}

/// Fails unless values have come out as they went in: with all their bits, or as references to the very same.
func checkSame(_ found: [Val], _ given: [Val], _ types: [ValType], _ store: Store) throws {
  guard found.count == given.count else { throw Problem("\(given) became \(found)") }
  for (place, type) in types.enumerated() {
    guard try isSame(given[place], found[place], type, store) else {
      throw Problem("\(type): \(bits(given[place])) became \(bits(found[place]))")
    }
  }
}

private func isSame(_ given: Val, _ found: Val, _ type: ValType, _ store: Store) throws -> Bool {
  guard case .ref(let type) = type else { return given == found }
  if given.isNull { return found == null(type.heap) }
  switch (given, found) {
  case (.funcRef(let one?), .funcRef(let other?)): return try one.same(store, other)
  case (.externRef(let one as Reference), .externRef(let other as Reference)): return try one.same(store, other)
  case (.externRef(let one?), .externRef(let other?)): return one === other
  case (.anyRef(let one?), .anyRef(let other?)): return try one.same(store, other)
  case (.exnRef(let one?), .exnRef(let other?)): return try one.same(store, other)
  default: return false
  }
}

/// A value as a failure shows it: of floats the bits.
private func bits(_ value: Val) -> String {
  switch value {
  case .f32(let float): "f32 bits \(String(float.bitPattern, radix: 16))"
  case .f64(let float): "f64 bits \(String(float.bitPattern, radix: 16))"
  default: "\(value)"
  }
}
