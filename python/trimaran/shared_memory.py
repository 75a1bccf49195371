"""Shared memories: one memory for several threads and stores."""

from __future__ import annotations

from enum import Enum
from typing import Any, SupportsIndex, cast, overload

from ._closable import Managed
from ._ffi import BytesLike, milliseconds
from ._handle import Handle
from ._native import SharedMemoryBase, within
from ._pointer import Pointer
from .engine import Engine
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


class SharedMemory(SharedMemoryBase, Handle, Managed):
    """A memory that several threads may use at once, each from a store of its own.

    It belongs to an engine and to no store: none of its methods waits for one. A number of 2, 4 or 8 bytes at a
    multiple of its width is read and written whole; longer or other accesses that race with others see each byte as
    it was before or after. It can be used in a `with` statement, which closes it at the end.
    """

    __slots__ = ("__weakref__",)
    _instead = "the threads of this process share it; make another one, and copy the bytes"

    def __init__(self, engine: Engine, ty: MemoryType) -> None:
        """Makes a shared memory. Its type need not say that it is shared, but has to have a maximum.

        Raises `RangeError` without a maximum or where the type is impossible, `ConfigError` where the engine has
        no shared memories (`Config.wasm_threads` or `Config.shared_memory`), and `LimitError` where there is no
        room.
        """
        self._make(engine, ty)

    def data_ptr(self) -> Pointer:
        """The address of the first byte in this process, for `ctypes` and foreign functions.

        It stays the same for as long as the memory lives. Nothing checks what is done with it.
        """
        return Pointer(self._data_ptr())

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

    def wait32(self, address: int, expected: int, timeout: float | None = None) -> WaitOutcome:
        """Waits at `address` while it holds `expected`, until it is notified or `timeout` seconds have passed.

        It is what `memory.atomic.wait32` does (threads proposal), in steps of a millisecond. The address is a
        multiple of 4. Ctrl-C ends the wait; it belongs to no store, so that no time limit of one ends it. Raises
        `ClosedError` if another thread closes the memory meanwhile.
        """
        bits = within(expected, "the expected value", "i32", -1 << 31, _ALL)
        number = bits - (1 << 32) if bits >= 1 << 31 else bits
        return cast(WaitOutcome, self._wait32(address, number, milliseconds(timeout)))

    def wait64(self, address: int, expected: int, timeout: float | None = None) -> WaitOutcome:
        """Like `wait32`, for 64-bit values, as `memory.atomic.wait64` does. The address is a multiple of 8."""
        bits = within(expected, "the expected value", "i64", -1 << 63, (1 << 64) - 1)
        number = bits - (1 << 64) if bits >= 1 << 63 else bits
        return cast(WaitOutcome, self._wait64(address, number, milliseconds(timeout)))

    def close(self) -> None:
        """Closes this handle. The memory itself lives until every store that uses it is closed as well.

        Closing twice does nothing.
        """
        self._release()

    def _said(self) -> str:
        return f" {self.type()}"
