// Prints a line a row: `row<TAB>swift<TAB>nanoseconds`, for `tools/bench`. The rows are those of `benches/rust`.

import Foundation
import Trimaran

func source(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(name)
    .path
}

let rounds = 90

/// The least time of one call, of many rounds that take about 2 ms each. A call may do a thing several times.
func measure(_ row: String, of who: String = "swift", each times: Int = 1, _ call: () throws -> Void) rethrows {
  let clock = ContinuousClock()
  func once(_ count: Int) throws -> Double {
    let start = clock.now
    for _ in 0..<count { try call() }
    let (seconds, attoseconds) = (clock.now - start).components
    return Double(seconds) * 1e9 + Double(attoseconds) / 1e9
  }
  var count = 1
  while try once(count) < 1_000_000 { count *= 2 }
  let found = try (0..<rounds).map { _ in try once(count * 2) / Double(count * 2 * times) }
  print("\(row)\t\(who)\t\(String(format: "%.1f", found.min() ?? .nan))")
}

/// Hides from the compiler what a value is.
@inline(never)
func opaque<Value>(_ value: Value) -> Value { value }

func check(_ condition: Bool) {
  guard condition else { fatalError("a wrong result") }
}

let engine = try Engine()
let module = try Module(engine, fromFile: source("workload.wat"))
let store = try Store(engine)
let instance = try Instance(store, module)
let memory = try instance.memory(store, "memory")

func calls() throws {
  let nop = try instance.function(store, "nop").typed(store, as: (() -> Void).self)
  let add = try instance.function(store, "add").typed(store, as: ((Int32, Int32) -> Int32).self)
  let sum = try instance.function(store, "sum").typed(store, as: ((Double, Double, Double, Double) -> Double).self)
  let (store, untyped) = (store, add.function)
  try measure("() -> ()") { try nop(store) }
  try measure("(i32, i32) -> i32") { check(try add(store, opaque(40), opaque(2)) == 42) }
  try store.withTurn {
    try measure("(i32, i32) -> i32, in a turn") { check(try add(store, opaque(40), opaque(2)) == 42) }
  }
  try measure("(f64 x 4) -> f64") { check(try sum(store, opaque(1), 2, 3, opaque(4)) == 10) }

  try measure("(i32, i32) -> i32, dynamic") { check(try untyped(store, opaque(40), opaque(2)) as Int == 42) }

  let numbers = (0..<1_000).map(Int32.init)
  let ones = [Int32](repeating: 1, count: 1_000)
  try measure("batch of 1000") { check(try add.map(store, numbers, ones).reduce(0, +) == 500_500) }
}

func bytes() throws {
  let (memory, store) = (memory, store)
  for (name, size) in [("16 B", 16), ("64 KiB", 1 << 16), ("16 MiB", 1 << 24)] {
    let bytes = [UInt8](repeating: 7, count: size)
    try measure("write \(name)") { try memory.write(store, bytes) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { buffer.deallocate() }
    try measure("read \(name)") { try memory.read(store, at: 0, into: buffer) }
    check(buffer.elementsEqual(bytes))
    try measure("read \(name), new") { check(try memory.read(store, at: 0, count: size).count == size) }
  }
  try measure("size") { check(try memory.size(store) == 257) }
  try measure("load i32") { check(try memory.loadI32(store, at: opaque(8)) == 0x0707_0707) }
}

func views() throws {
  let (memory, store) = (memory, store)
  try memory.fill(store, 0, at: 0, count: 1 << 16)
  for place in 0..<1_000 { try memory.storeI32(store, Int32(place), at: 8 + place * 12) }
  let expected: Int32 = 499_500
  try memory.withUnsafeBytes(store) { bytes in
    // A stride that no compiler makes one wide load of.
    let (first, last, step) = (opaque(8), opaque(12_008), opaque(12))
    measure("view load i32", each: 1_000) {
      var (sum, offset): (Int32, Int) = (0, first)
      while offset < last {
        sum &+= bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
        offset &+= step
      }
      check(sum == expected)
    }
  }
  try measure("view of 16 B") { check(try memory.withUnsafeBytes(store, at: 20, count: 16) { $0[0] } == 1) }
}

func hosts() throws {
  let store = store
  let module = try Module(engine, fromFile: source("host.wat"))
  func run(_ inc: Func) throws -> TypedFunc<(Int32) -> Int32> {
    try Instance(store, module, [inc]).function(store, "run").typed(store)
  }
  let typed = try run(Func(store) { (value: Int32) -> Int32 in value + 1 })
  try measure("host callback (i32)", each: 1_000) { check(try typed(store, 1_000) == 1_000) }
  let dynamic = try run(
    Func(store, FuncType([.i32], [.i32])) { _, arguments in
      guard case .i32(let value) = arguments[0] else { return [] }
      return [.i32(value + 1)]
    }
  )
  try measure("host callback (i32), dynamic", each: 1_000) { check(try dynamic(store, 1_000) == 1_000) }
}

func references() throws {
  let store = store
  let (counter, table) = (try instance.global(store, "counter"), try instance.table(store, "table"))
  try counter.set(store, Int32(42))
  try measure("global get") { check(try counter.get(store).i32 == 42) }
  try measure("global set") { try counter.set(store, opaque(Int32(42))) }
  check(try counter.get(store) == .i32(42))
  try measure("table get") { check(try !table.get(store, at: opaque(0)).isNull) }
  try measure("table size") { check(try table.size(store) == 4) }
}

// Components alone, or generated bindings alone, where they are asked for.
if let wanted = CommandLine.arguments.dropFirst().first {
  if wanted == "component" { try components() }
  try typed()
  exit(0)
}

if CommandLine.arguments.dropFirst().first == "async" {
  try await asyncGuests(all: true)
  exit(0)
}

try calls()
try bytes()
try views()
try hosts()
try references()
try measure("instantiate") {
  let store = try Store(engine)
  _ = try Instance(store, module)
}
try components()
try typed()
try surface()
try await asyncGuests()
