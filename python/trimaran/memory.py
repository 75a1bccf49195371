"""Memories: the bytes that a guest and its host share."""

from __future__ import annotations

import ctypes

from . import _bindings as raw
from ._handle import Laned
from ._native import MemoryLane
from ._numbers import load, store_number
from ._pointer import Pointer
from ._slices import first, no_view, read, span
from ._surface import BytesLike, call, contents, expect, failure, integer, within
from .store import Storelike, inside
from .types import MemoryType


class Memory(MemoryLane, Laned[raw.Memory]):
    """A linear memory. It belongs to one store.

    Its size is a whole number of pages, of 65,536 bytes unless its type says otherwise. Offsets and lengths are in
    bytes. Whatever reaches past the end raises `BoundsError`, which is an `IndexError`, and then nothing is read or
    written. Typed loads and stores are in little-endian order and need not be aligned; a number that the type does
    not hold is a `RangeError`.
    """

    __slots__ = ("__weakref__", "_raw")
    _instead = "it lives in its store; read its bytes"

    def __init__(self, store: Storelike, ty: MemoryType) -> None:
        """Makes a memory in `store`.

        Raises `RangeError` where the type is impossible, `LimitError` where there is no room, and
        `WasmTypeError` for a shared type, which `SharedMemory` is for.
        """
        self._hold(call(raw.Memory, inside(store), expect(ty, MemoryType, "the type")._to_raw()))

    def type(self, store: Storelike) -> MemoryType:
        """The memory's type. Its limits are those that it was made with."""
        return MemoryType._from_raw(call(self._raw.type, inside(store)))

    def page_size(self, store: Storelike) -> int:
        """The size of a page, in bytes."""
        return call(self._raw.page_size, inside(store))

    def page_size_log2(self, store: Storelike) -> int:
        """The size of a page, as a power of two."""
        return self.type(store).page_size_log2

    def data_ptr(self, store: Storelike) -> Pointer:
        """The address of the first byte in this process, for `ctypes` and foreign functions.

        Nothing checks what is done with it; it is void once the memory grows or its store is closed.
        """
        return Pointer(call(self._raw.data_ptr, inside(store)))

    def get_buffer_ptr(
        self, store: Storelike, size: int | None = None, offset: int = 0
    ) -> ctypes.Array[ctypes.c_ubyte]:
        """`size` bytes from `offset`, or up to the end, as an array in place.

        It suits `numpy.frombuffer`. The range is checked; that the memory still is there is not: the array is void
        once the memory grows or its store is closed.
        """
        offset, length = integer(offset, "the offset"), self.data_len(store)
        size = length - offset if size is None else integer(size, "the size")
        if offset < 0 or size < 0 or offset + size > length:
            raise failure("Bounds", offset=max(offset, 0), length=max(size, 0), size=length)
        return (ctypes.c_ubyte * size).from_address(self.data_ptr(store) + offset)

    def grow(self, store: Storelike, delta: int) -> int:
        """Grows the memory by `delta` pages, 0 or more, and gives its size before, in pages.

        Raises `LimitError` past the maximum of its type or of its store; then nothing has changed.
        """
        return call(self._raw.grow, inside(store), integer(delta, "the number of pages to grow by"))

    def fill(self, store: Storelike, value: int, start: int, length: int) -> None:
        """Sets `length` bytes, beginning at `start`, to `value`, which is 0 to 255."""
        octet = within(value, "the value", "u8", 0, 255)
        call(self._raw.fill, inside(store), octet, *span(start, length))

    def copy_within(self, store: Storelike, source: int, destination: int, length: int) -> None:
        """Copies `length` bytes from `source` to `destination`. The two ranges may overlap."""
        given, target = inside(store), integer(destination, "the destination")
        offset, count = span(source, length)
        call(self._raw.copy_within, given, offset, target, count)

    def find(self, store: Storelike, needle: BytesLike, start: int = 0, length: int | None = None) -> int | None:
        """The offset of the first `needle` within `length` bytes from `start`, or up to the end; or `None`.

        An empty needle is found at once.
        """
        given, octets = inside(store), contents(needle, "the needle")
        count = None if length is None else integer(length, "the length")
        return call(self._raw.find, given, octets, integer(start, "the offset"), count)

    def read_string(self, store: Storelike, start: int, length: int) -> str:
        """The text of `length` bytes of UTF-8, beginning at `start`.

        Raises `EncodingError` where it is not UTF-8.
        """
        return call(self._raw.read_string, inside(store), *span(start, length))

    def read_terminated(self, store: Storelike, start: int, terminator: int = 0) -> str:
        """The text from `start` up to the first byte `terminator`, as C has it with 0.

        Raises `EncodingError` where it is not UTF-8 or no terminator follows.
        """
        octet = within(terminator, "the terminator", "u8", 0, 255)
        return call(self._raw.read_terminated, inside(store), integer(start, "the offset"), octet)

    def hexdump(self, store: Storelike, start: int = 0, length: int = 256, width: int = 16) -> str:
        """`length` bytes from `start` as text for people: `width` bytes a line, by offset, in hex and as ASCII."""
        return call(self._raw.hexdump, inside(store), *span(start, length), integer(width, "the width"))

    # What the lane gives back, because it is unusual or wrong.

    def _view(self, store: Storelike, start: int = 0, length: int | None = None) -> memoryview:
        inside(store)
        return no_view(start, length)

    def _size(self, store: Storelike) -> int:
        return call(self._raw.size, inside(store))

    def _data_len(self, store: Storelike) -> int:
        return call(self._raw.data_len, inside(store))

    def _read(self, store: Storelike, start: int | None = 0, stop: int | None = None) -> bytes:
        given = inside(store)
        return read(
            lambda offset, length: call(self._raw.read, given, offset, length),
            lambda: call(self._raw.data_len, given),
            start,
            stop,
        )

    def _write(self, store: Storelike, value: BytesLike, start: int | None = None) -> int:
        given, octets = inside(store), contents(value, "the data")
        call(self._raw.write, given, octets, first(start, lambda: call(self._raw.data_len, given)))
        return len(octets)

    def _load(self, kind: str, store: Storelike, offset: int) -> int | float:
        return load(self._raw, kind, store, offset)

    def _store(self, kind: str, store: Storelike, offset: int, value: float) -> None:
        store_number(self._raw, kind, store, offset, value)
