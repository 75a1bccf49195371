"""A memory of one page: write into it, read back, and grow it."""

from trimaran import Engine, Limits, Memory, MemoryType, Store

engine = Engine()
with Store(engine) as store:
    # One page to begin with, ten at most. A page has 64 KiB.
    memory = Memory(store, MemoryType(Limits(1, 10)))
    print(f"Initial memory: {memory.size(store)} pages ({memory.data_len(store)} bytes)")

    message = b"Hello from Python!"
    memory.write(store, message)
    print(f"Read from memory: {memory.read(store, 0, len(message)).decode()}")

    old_size = memory.grow(store, 2)
    print(f"Memory grown from {old_size} to {memory.size(store)} pages")
