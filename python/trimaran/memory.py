"""Memories: the bytes that a guest and its host share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._ffi import failure
from ._handle import StoreItem
from ._native import MemoryBase, integer, within
from ._pointer import Pointer
from .store import Storelike
from .types import MemoryType

if TYPE_CHECKING:
    import ctypes


def u32(value: int) -> int:
    """The unsigned reading of an i32: a guest's pointer or length, which is negative as an int from 2 GiB on.

    For every offset that comes from a guest: `memory.read_string(store, u32(pointer), u32(length))`. Raises
    `RangeError` for a number that is no i32.
    """
    return within(value, "the value", "i32", -1 << 31, (1 << 32) - 1) & 0xFFFF_FFFF


class Memory(MemoryBase, StoreItem):
    """A linear memory. It belongs to one store.

    Its size is a whole number of pages, of 65,536 bytes unless its type says otherwise. Offsets and lengths are in
    bytes. Whatever reaches past the end raises `BoundsError`, which is an `IndexError`, and then nothing is read or
    written. Typed loads and stores are in little-endian order and need not be aligned; a number that the type does
    not hold is a `RangeError`.

    An offset is not negative, except in `read` and `write` for memories of up to 2 GiB. A pointer that a guest gives is
    an i32, and negative above 2 GiB: `u32` reads it as the offset that it is.
    """

    __slots__ = ("__weakref__",)
    _instead = "it lives in its store; read its bytes"

    def __init__(self, store: Storelike, ty: MemoryType) -> None:
        """Makes a memory in `store`.

        Raises `RangeError` where the type is impossible, `LimitError` where there is no room, and
        `WasmTypeError` for a shared type, which `SharedMemory` is for.
        """
        self._make(store, ty)

    def page_size_log2(self, store: Storelike) -> int:
        """The size of a page, as a power of two."""
        return self.type(store).page_size_log2

    def data_ptr(self, store: Storelike) -> Pointer:
        """The address of the first byte in this process, for `ctypes` and foreign functions.

        Nothing checks what is done with it; it is void once the memory grows or its store is closed.
        """
        return Pointer(self._data_ptr(store))

    def get_buffer_ptr(
        self, store: Storelike, size: int | None = None, offset: int = 0
    ) -> ctypes.Array[ctypes.c_ubyte]:
        """`size` bytes from `offset`, or up to the end, as an array in place.

        It suits `numpy.frombuffer`. The range is checked; that the memory still is there is not: the array is void
        once the memory grows or its store is closed.
        """
        import ctypes

        offset, length = integer(offset, "the offset"), self.data_len(store)
        size = length - offset if size is None else integer(size, "the size")
        if offset < 0 or size < 0 or offset + size > length:
            raise failure("Bounds", offset=max(offset, 0), length=max(size, 0), size=length)
        return (ctypes.c_ubyte * size).from_address(self.data_ptr(store) + offset)
