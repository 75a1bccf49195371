"""Where the output of guests goes: memory, and what Python calls."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ._ffi import contents, failure, out_of_range, shown, wrong_type
from ._handle import Handle
from ._native import OutputPipeBase, article, index


class OutputPipe(OutputPipeBase, Handle):
    """Keeps what guests write, in memory. Several streams and stores may write to one."""

    __slots__ = ("__weakref__",)
    _instead = "guests write to it; use its contents()"

    def __init__(self, capacity: int | None = None) -> None:
        """An empty pipe that holds `capacity` bytes, or any number. What does not fit fails for the guest."""
        self._make(capacity)

    def __bytes__(self) -> bytes:
        return self.contents()

    def __len__(self) -> int:
        return len(self.contents())

    def __bool__(self) -> bool:
        # A pipe is one, even while it is empty.
        return True

    def _said(self) -> str:
        return f", {len(self)} bytes"


class Sinks:
    """What is called with output, and for input. The store has it, so that the garbage collector sees through it."""

    __slots__ = ("__weakref__", "_callbacks", "_handle", "_read")

    def __init__(self) -> None:
        self._callbacks: dict[str, Callable[[bytes], Any]] = {}
        self._read: Callable[[int], object] | None = None
        self._handle: Callable[[Any], None] | None = None

    def handler(self, handle: Callable[[Any], None]) -> Any:
        """What the core has answer requests."""
        self._handle = handle
        return _Handler(self)

    def handle(self, request: Any) -> None:
        """Has a request answered."""
        if self._handle:
            self._handle(request)

    def source(self, read: Callable[[int], object]) -> Any:
        """What the core asks for the standard input."""
        self._read = read
        return _Source(self)

    def read(self, most: int) -> bytes:
        """The next piece of input."""
        given = self._read(most) if self._read else b""
        return contents(given, "what the standard input gave")

    def sink(self, stream: str, callback: Callable[[bytes], Any]) -> Any:
        """What the core calls for that stream."""
        self._callbacks[stream] = callback
        return _Sink(self, stream)

    def write(self, stream: str, data: bytes) -> bool:
        """Passes all of `data` on. Whether there was room."""
        callback = self._callbacks[stream]
        while data:
            taken = callback(data)
            if taken is FULL:
                return False
            data = rest(data, taken, stream)
        return True


class _Source:
    """What the core asks. It may outlive the store, and keeps nothing alive."""

    __slots__ = ("_sinks",)

    def __init__(self, sinks: Sinks) -> None:
        self._sinks = weakref.ref(sinks)

    def __call__(self, most: int) -> bytes:
        """One piece of input."""
        sinks = self._sinks()
        if sinks is None:
            raise failure("Closed", what="store")
        return sinks.read(most)


class _Handler:
    """What the core has answer requests. It may outlive the store, and keeps nothing alive."""

    __slots__ = ("_sinks",)

    def __init__(self, sinks: Sinks) -> None:
        self._sinks = weakref.ref(sinks)

    def __call__(self, request: Any) -> None:
        """One request."""
        sinks = self._sinks()
        if sinks is None:
            raise failure("Closed", what="store")
        sinks.handle(request)


class _Sink:
    """What the extension module calls. It may outlive the store, and keeps nothing alive."""

    __slots__ = ("_sinks", "_stream")

    def __init__(self, sinks: Sinks, stream: str) -> None:
        self._sinks, self._stream = weakref.ref(sinks), stream

    def __call__(self, data: bytes) -> bool:
        """One piece of output. Whether there was room."""
        sinks = self._sinks()
        if sinks is None:
            raise failure("Closed", what="store")
        return sinks.write(self._stream, data)


FULL = object()
"""What a callback gives that has no room now."""


def rest(data: bytes, taken: object, stream: str) -> bytes:
    """What is left of a piece, of which a callback has taken so many bytes, or all of them."""
    return b"" if taken is None else data[_checked(taken, stream, len(data)) :]


def _checked(taken: object, stream: str, length: int) -> int:
    if not hasattr(taken, "__index__") or isinstance(taken, bool):
        raise wrong_type(f"the callback for {stream} gave {article(taken)}: expected a number of bytes or None")
    number = index(taken, "the number of bytes")
    if not 0 < number <= length:
        raise out_of_range(
            f"the callback for {stream} gave {shown(number)}: expected 1 to {length}, or None for all bytes"
        )
    return number
