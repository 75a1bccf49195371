"""Shared memories: one memory for several threads and stores."""

from __future__ import annotations

from enum import Enum
from typing import Any, SupportsIndex, overload

from . import _bindings as raw
from ._closable import Managed
from ._handle import Laned
from ._native import SharedMemoryLane
from ._pointer import Pointer
from ._slices import first, no_view, read
from ._surface import BytesLike, call, contents, expect, integer, milliseconds, within
from .engine import Engine
from .memory import Memory
from .store import Storelike, inside
from .types import MemoryType

_ALL = (1 << 32) - 1


class WaitOutcome(Enum):
    """How a wait ended."""

    OK = 0
    """A notification woke it."""
    MISMATCH = 1
    """The memory did not hold the expected value: it did not wait."""
    TIMED_OUT = 2
    """The time was up."""


class SharedMemory(SharedMemoryLane, Laned[raw.SharedMemory], Managed):
    """A memory that several threads may use at once, each from a store of its own.

    It belongs to an engine and to no store: none of its methods waits for one. A number of 2, 4 or 8 bytes at a
    multiple of its width is read and written whole; longer or other accesses that race with others see each byte as
    it was before or after. It can be used in a `with` statement, which closes it at the end.
    """

    __slots__ = ("__weakref__", "_raw")
    _instead = "the threads of this process share it; make another one, and copy the bytes"

    def __init__(self, engine: Engine, ty: MemoryType) -> None:
        """Makes a shared memory. Its type need not say that it is shared, but has to have a maximum.

        Raises `RangeError` without a maximum or where the type is impossible, `ConfigError` where the engine has
        no shared memories (`Config.wasm_threads` or `Config.shared_memory`), and `LimitError` where there is no
        room.
        """
        given = expect(engine, Engine, "the engine")._raw
        self._hold(call(raw.SharedMemory, given, expect(ty, MemoryType, "the type")._to_raw()))

    def type(self) -> MemoryType:
        """The memory's type. Its limits are those that it was made with."""
        return MemoryType._from_raw(call(self._raw.type))

    def size(self) -> int:
        """The size now, in pages."""
        return call(self._raw.size)

    def data_len(self) -> int:
        """The size now, in bytes."""
        return call(self._raw.data_len)

    def data_ptr(self) -> Pointer:
        """The address of the first byte in this process, for `ctypes` and foreign functions.

        It stays the same for as long as the memory lives. Nothing checks what is done with it.
        """
        return Pointer(call(self._raw.data_ptr))

    def grow(self, delta: int) -> int:
        """Grows the memory by `delta` pages, 0 or more, for everybody, and gives its size before, in pages.

        Raises `LimitError` past its maximum.
        """
        return call(self._raw.grow, integer(delta, "the number of pages to grow by"))

    def _view(self, start: int = 0, length: int | None = None) -> memoryview:
        call(self._raw.data_len)
        return no_view(start, length)

    def _read(self, start: int | None = 0, stop: int | None = None) -> bytes:
        return read(lambda offset, length: call(self._raw.read, offset, length), self.data_len, start, stop)

    def _write(self, value: BytesLike, start: int | None = None) -> int:
        octets = contents(value, "the data")
        call(self._raw.write, octets, first(start, self.data_len))
        return len(octets)

    def __len__(self) -> int:
        """The size now, in bytes."""
        return self.data_len()

    def __bool__(self) -> bool:
        # A memory is one, even while it is empty.
        return True

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> bytes: ...
    def __getitem__(self, key: SupportsIndex | slice) -> int | bytes:
        """A byte, or a copy of a slice."""
        with self.view() as view:
            return view[key].tobytes() if isinstance(key, slice) else view[key]

    @overload
    def __setitem__(self, key: SupportsIndex, value: int) -> None: ...
    @overload
    def __setitem__(self, key: slice, value: BytesLike) -> None: ...
    def __setitem__(self, key: SupportsIndex | slice, value: Any) -> None:
        """Sets a byte, or a slice to as many bytes."""
        with self.view() as view:
            view[key] = value

    def as_memory(self, store: Storelike) -> Memory:
        """This memory as a `Memory` of `store`.

        Any number of stores may have one, all over the same bytes, and instances may import it. Raises
        `WrongEngineError` for a store of another engine.
        """
        return Memory._wrap(call(self._raw.as_memory, inside(store)))

    def notify(self, address: int, count: int = _ALL) -> int:
        """Wakes up to `count` threads that wait at `address`, and gives how many there were.

        It is what `memory.atomic.notify` does (threads proposal). The address is a multiple of 4.
        """
        number = within(count, "the count", "u32", 0, _ALL)
        return call(self._raw.notify, integer(address, "the address"), number)

    def wait32(self, address: int, expected: int, timeout: float | None = None) -> WaitOutcome:
        """Waits at `address` while it holds `expected`, until it is notified or `timeout` seconds have passed.

        It is what `memory.atomic.wait32` does (threads proposal), in steps of a millisecond. The address is a
        multiple of 4.
        """
        bits = within(expected, "the expected value", "i32", -1 << 31, _ALL)
        number = bits - (1 << 32) if bits >= 1 << 31 else bits
        outcome = call(self._raw.wait32, integer(address, "the address"), number, milliseconds(timeout))
        return WaitOutcome[outcome.name]

    def wait64(self, address: int, expected: int, timeout: float | None = None) -> WaitOutcome:
        """Like `wait32`, for 64-bit values, as `memory.atomic.wait64` does. The address is a multiple of 8."""
        bits = within(expected, "the expected value", "i64", -1 << 63, (1 << 64) - 1)
        number = bits - (1 << 64) if bits >= 1 << 63 else bits
        outcome = call(self._raw.wait64, integer(address, "the address"), number, milliseconds(timeout))
        return WaitOutcome[outcome.name]

    def close(self) -> None:
        """Closes this handle. The memory itself lives until every store that uses it is closed as well.

        Closing twice does nothing.
        """
        call(self._raw.release)

    def _said(self) -> str:
        return f" {self.type()}"
