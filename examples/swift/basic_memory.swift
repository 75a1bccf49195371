// Makes a memory, writes to it, reads from it, and grows it.

import Trimaran

let engine = try Engine()
let store = try Store(engine)

// One page (64 KB) at first, and at most ten (640 KB).
let memory = try Memory(store, MemoryType(Limits(1, 10)))
print("Initial memory: \(try memory.size(store)) pages (\(try memory.dataLen(store)) bytes)")

let message = "Hello from Python!"
try memory.write(store, message, at: 0)

let data = try memory.read(store, 0..<message.utf8.count)
print("Read from memory: \(String(decoding: data, as: UTF8.self))")

let oldSize = try memory.grow(store, by: 2)
print("Memory grown from \(oldSize) to \(try memory.size(store)) pages")
