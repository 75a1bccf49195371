// The rows of what a host does beside calls: texts, names, types and objects.

import Trimaran

private let mib = 1 << 20
private let times = 1_000

/// A run of a guest that gives `read` a text so many times.
private func textGuest(
  _ read: @escaping @Sendable (borrowing Caller, Int, Int) throws -> Int
) throws -> TypedFunc<(Int32) -> Int32> {
  let host = try Func(store, FuncType([.i32, .i32], [.i32])) { caller, arguments in
    guard case .i32(let start) = arguments[0], case .i32(let count) = arguments[1] else { return [] }
    return [.i32(Int32(try read(caller, Int(start), Int(count))))]
  }
  return try run(host)
}

/// The run of that guest, with such a host function.
private func run(_ host: Func) throws -> TypedFunc<(Int32) -> Int32> {
  let module = try Module(engine, fromFile: source("text.wat"))
  return try Instance(store, module, [host]).function(store, "run").typed(store)
}

private func callers() throws {
  let store = store
  let reads = try textGuest { caller, start, count in
    try caller.memory("memory").readString(caller.store, at: start, count: count).utf8.count
  }
  try measure("host function reads a text", each: times) { check(try reads(store, 1_000) == 16_000) }
  let typed = try run(
    Func(store) { (caller: borrowing Caller, start: Int32, count: Int32) -> Int32 in
      let text = try caller.memory("memory").readString(caller.store, at: Int(start), count: Int(count))
      return Int32(text.utf8.count)
    }
  )
  try measure("host function of numbers reads a text", each: times) { check(try typed(store, 1_000) == 16_000) }
  let looks = try textGuest { caller, _, _ in
    for _ in 0..<times { _ = try caller.memory("memory") }
    return 1
  }
  try measure("caller, memory by name", each: times) { check(try looks(store, 1) == 1) }
}

private func memories() throws {
  let (memory, store, instance) = (memory, store, instance)
  try memory.write(store, String(repeating: "x", count: mib))
  try measure("read_string 16 B") { check(try memory.readString(store, at: 0, count: 16).utf8.count == 16) }
  try measure("read_string 1 MiB") { check(try memory.readString(store, at: 0, count: mib).utf8.count == mib) }
  let (start, size) = (UnsafeRawPointer(try memory.dataPtr(store)), opaque(mib))
  measure("read_string 1 MiB", of: "decoding a view") {
    check(String(decoding: UnsafeRawBufferPointer(start: start, count: size), as: UTF8.self).utf8.count == mib)
  }
  try measure("fill 16 B") { try memory.fill(store, 7, at: 0, count: 16) }
  try measure("copy_within 16 B") { try memory.copyWithin(store, from: 0, to: 64, count: 16) }
  try memory.write(store, [UInt8](repeating: 0, count: 99) + [33])
  try measure("find in 100 B") { check(try memory.find(store, "!", at: 0, count: 100) == 99) }
  try measure("grow by 0") { check(try memory.grow(store, by: 0) == 257) }
  try measure("data_ptr") { check(Int(bitPattern: try memory.dataPtr(store)) != 0) }
  try measure("instance.memory(name)") { _ = try instance.memory(store, "memory") }
  try measure("exports of an instance, by name") { check(try instance.exports(store)["add"] != nil) }
  let exports = try instance.exports(store)
  measure("export by name") { check(exports["add"] != nil) }
  try measure("memory.type") { check(try memory.type(store).limits.min == 257) }
  try measure("hexdump of 32 B") { check(try memory.hexdump(store, at: 0, count: 32).isEmpty == false) }
  let late = [UInt8](repeating: 0, count: 8)
  measure("bounds error") {
    do {
      try memory.write(store, late, at: 257 << 16)
      check(false)
    } catch {}
  }
}

/// Prints the rows.
func surface() throws {
  try callers()
  try memories()
  let names = (0..<10).map { "(func (export \"f\($0)\") (param i32))" }.joined(separator: " ")
  let ten = try Module(engine, "(module \(names))")
  try measure("module.exports, 10 items") { check(try ten.exports.count == 10) }
  try measure("engine") { _ = try Engine() }
  try measure("linker with WASI") { try Linker(engine).defineWasi() }
  try measure("store") { _ = try Store(engine) }
  let module = try Module(engine, "(module (func (export \"trap\") unreachable))")
  let trap = try Instance(store, module).function(store, "trap").typed(store, as: (() -> Void).self)
  let store = store
  measure("trap") {
    do {
      try trap(store)
      check(false)
    } catch {}
  }
}
