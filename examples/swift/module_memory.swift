// Shares a memory with a guest: the guest writes and the host reads, and the other way round.

import Trimaran

let wasm = try wat2wasm(
  """
  (module
    (memory (export "memory") 1 10)
    (func (export "write_hello") (param i32)
      ;; Write "Hello" starting at given offset
      local.get 0
      i32.const 72  ;; 'H'
      i32.store8
      local.get 0
      i32.const 1
      i32.add
      i32.const 101 ;; 'e'
      i32.store8
      local.get 0
      i32.const 2
      i32.add
      i32.const 108 ;; 'l'
      i32.store8
      local.get 0
      i32.const 3
      i32.add
      i32.const 108 ;; 'l'
      i32.store8
      local.get 0
      i32.const 4
      i32.add
      i32.const 111 ;; 'o'
      i32.store8)
    (func (export "read_byte") (param i32) (result i32)
      local.get 0
      i32.load8_u)
  )
  """
)

let engine = try Engine()
let store = try Store(engine)
let module = try Module(engine, wasm)
let instance = try Instance(store, module)

let exports = try instance.exports(store)
let memory = try exports.memory("memory")
let writeHello = try exports.function("write_hello")
let readByte = try exports.function("read_byte")

// An exported function is called like one of Swift.
try writeHello(store, 10)

let hello = try memory.read(store, 10..<15)
print("WebAssembly wrote: \(String(decoding: hello, as: UTF8.self))")

for offset in 10..<15 {
  let byte: UInt8 = try readByte(store, offset)
  print("Byte at \(offset): \(byte) ('\(Character(UnicodeScalar(byte)))')")
}
