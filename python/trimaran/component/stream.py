"""Streams and futures that guests give."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from .._closable import Managed
from .._handle import StoreItem
from .._identity import Constant
from .._native import ComponentStreamBase, RunBase, within
from .._run import drive
from ..store import Store

_PART = 1 << 16
"""How many elements a part has at most, if nothing else is asked for."""


class _End(ComponentStreamBase, Constant, StoreItem, Managed):
    """The end that is read."""

    __slots__ = ("__weakref__", "_store")
    _origin = "comes out of a guest: give a guest an iterator or an awaitable instead"
    _instead = "it lives in its store"
    _store: Store

    @property
    def alive(self) -> bool:
        """Whether it can still be read: it was neither closed nor given away nor read to its end, and its store is not
        closed."""
        return self._is_alive()

    def close(self) -> None:
        """Closes it, on any thread and without waiting: who writes to it sees, when it goes on, that nobody reads it.

        Closing it twice, or after it was given away, does nothing. One that nobody closes is closed when its object is
        gone.
        """
        self._release()

    async def _read_async(self, most: int) -> Any:
        came = self._begin(self._store, most)
        return await drive(came) if came.__class__ is RunBase else came

    def _type_in(self, store: Any) -> str:
        return ""


class Stream(_End):
    """A stream that a guest gave. It belongs to one store.

    Its elements come in parts, as a list of the type would: `bytes` where they are bytes, and else a `list`. As an
    iterator, and as an async one, it gives one part after the other. The guest that writes waits until somebody reads,
    and no part has more than that asks for.

    To read it has the guests of its store go on that wait. No other call may go on meanwhile; in an async host
    function, the call goes on that the function is of. Where it is given to a guest, that raises `WasmTypeError` if the
    host has begun to read it, and `ClosedError` if it was given away.
    """

    __slots__ = ()

    def read(self, most: int = _PART) -> Any:
        """Reads the next elements, at most `most`. An empty list is the end.

        Raises `SuspendError` where nothing can come, or only what an async host function has to give first; `Trap`
        where the guest traps that writes, and `PoisonedError` after that; `ClosedError` where it was closed, given
        away, or read to its end; and `BusyError` where it is being read already, or in a host function that an async
        function has called.
        """
        return self._read(self._store, within(most, "the number of elements", "u32", 1, (1 << 32) - 1))

    async def read_async(self, most: int = _PART) -> Any:
        """The same, which waits for async host functions.

        Where the task is cancelled while guests wait, nothing is lost: the next read gets what came. Where it is
        cancelled while it awaits a host function for a guest, or a guest computes, that raises `PoisonedError` then.
        """
        return await self._read_async(within(most, "the number of elements", "u32", 1, (1 << 32) - 1))

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Any:
        part = await self._read_async(_PART) if self._is_alive() else ()
        if not part:
            raise StopAsyncIteration
        return part

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Any:
        part = self._read(self._store, _PART) if self._is_alive() else ()
        if not part:
            raise StopIteration
        return part


class Future(_End):
    """A future that a guest gave. It belongs to one store. Await it for its value, which it gives once.

    What `Stream` says of reading holds here as well.
    """

    __slots__ = ()

    def read(self) -> Any:
        """Its value. Raises as `Stream.read` does."""
        return self._read(self._store, 1)

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._read_async(1).__await__()
