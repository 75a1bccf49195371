"""A guest writes into its memory, and the host reads it."""

from trimaran import Engine, Instance, Module, Store

WAT = """
  (module
    (memory (export "memory") 1 10)
    (data $hello "Hello")
    (func (export "write_hello") (param $at i32)
      (memory.init $hello (local.get $at) (i32.const 0) (i32.const 5)))
    (func (export "read_byte") (param $at i32) (result i32)
      (i32.load8_u (local.get $at))))
"""

engine = Engine()
module = Module(engine, WAT)

with Store(engine) as store:
    instance = Instance(store, module)
    memory = instance.memory(store, "memory")
    write_hello = instance.func(store, "write_hello")
    read_byte = instance.func(store, "read_byte")

    write_hello(store, 10)
    print(f"WebAssembly wrote: {memory.read_string(store, 10, 5)}")

    for at in range(10, 15):
        byte = read_byte(store, at)
        print(f"Byte at {at}: {byte} ('{chr(byte)}')")
