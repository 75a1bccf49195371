// Reaches the bytes of a memory by a pointer, as C code would. Nothing checks what is done with it.

import Trimaran

let engine = try Engine()
let store = try Store(engine)
let memory = try Memory(store, MemoryType(Limits(1)))

// The pointer is void once the memory grows or its store is closed.
let bytes = UnsafeMutableRawBufferPointer(
  start: try memory.dataPtr(store),
  count: try memory.dataLen(store)
)

let text = "Direct memory access"
bytes.copyBytes(from: text.utf8)
print("Direct write result: \(try memory.readString(store, at: 0, count: text.utf8.count))")

/// A structure that lies in memory: what C has as `uint32_t`, `uint16_t`, `uint16_t`, `uint32_t`.
struct DataStruct {
  var magic: UInt32
  var version: UInt16
  var flags: UInt16
  var dataSize: UInt32
}

let overlay = DataStruct(magic: 0x1234_5678, version: 1, flags: 0b1010, dataSize: 1024)
bytes.storeBytes(of: overlay, toByteOffset: 100, as: DataStruct.self)

let magic = try memory.loadU32(store, at: 100)
print("Magic value: 0x\(String(magic, radix: 16))")
