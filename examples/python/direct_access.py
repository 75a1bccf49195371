"""A memory through its address: nothing is copied, and nothing is checked."""

import ctypes

from trimaran import Engine, Limits, Memory, MemoryType, Store


class Header(ctypes.LittleEndianStructure):
    """What a guest might have there."""

    _fields_ = (
        ("magic", ctypes.c_uint32),
        ("version", ctypes.c_uint16),
        ("flags", ctypes.c_uint16),
        ("data_size", ctypes.c_uint32),
    )


engine = Engine()
with Store(engine) as store:
    memory = Memory(store, MemoryType(Limits(1)))

    # The address is good until the memory grows or the store is closed.
    address = memory.data_ptr(store)
    text = b"Direct memory access"
    ctypes.memmove(address, text, len(text))
    print(f"Direct write result: {memory.read_string(store, 0, len(text))}")

    header = Header.from_address(address + 100)
    header.magic, header.version, header.flags, header.data_size = 0x12345678, 1, 0b1010, 1024
    print(f"Magic value: {memory.load_u32(store, 100):#010x}")
