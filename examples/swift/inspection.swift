// Prints the bytes of a memory for people to read.

import Trimaran

let engine = try Engine()
let store = try Store(engine)
let memory = try Memory(store, MemoryType(Limits(1)))

try memory.write(store, "Hello, WebAssembly World!", at: 0)
try memory.write(store, [0x00, 0x01, 0x02, 0x03, 0xff, 0xfe, 0xfd] as [UInt8], at: 25)

print(try memory.hexdump(store, at: 0, count: 64))
