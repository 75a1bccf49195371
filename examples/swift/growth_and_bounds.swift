// Grows a memory up to its maximum, and shows what happens past its end.

import Trimaran

let engine = try Engine()
let store = try Store(engine)

// One page (64 KB) at first, and at most three (192 KB).
let memory = try Memory(store, MemoryType(Limits(1, 3)))
let pageSize = 64 * 1024

try memory.fill(store, UInt8(ascii: "A"), at: 0, count: pageSize - 100)
print("Initial memory: \(try memory.size(store)) pages")

do {
  try memory.write(store, "This will fail", at: pageSize + 1000)
} catch {
  print("Expected error: \(error)")
}

let oldSize = try memory.grow(store, by: 1)
print("Memory grown from \(oldSize) to \(try memory.size(store)) pages")

// What failed before is now inside.
try memory.write(store, "Second page data", at: pageSize + 100)
let secondPage = try memory.readString(store, at: pageSize + 100, count: 16)
print("Second page contains: \(secondPage)")

do {
  try memory.grow(store, by: 5)
} catch {
  print("Growth limit reached: \(error)")
}
