"""A memory as people read it: by offset, in hex and as ASCII."""

from trimaran import Engine, Limits, Memory, MemoryType, Store

engine = Engine()
with Store(engine) as store:
    memory = Memory(store, MemoryType(Limits(1)))
    memory.write(store, b"Hello, WebAssembly World!\x00\x01\x02\x03\xff\xfe\xfd")
    print(memory.hexdump(store, 0, 64))
