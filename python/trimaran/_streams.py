"""Standard streams that guests wait for: what reads and writes them is awaited in the task that awaits the guest."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ._ffi import BytesLike, contents, failure
from ._handle import Handle
from ._loop import Bell
from ._native import StreamPortBase
from ._run import waits
from .output import FULL, rest
from .types import FuncType, ValType

if TYPE_CHECKING:
    from .store import Store


class Readable(Protocol):
    """What bytes can be read from: a file in binary mode, a stream, an `io.BytesIO`."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, `size` of them at most, and none at the end."""
        ...


class AsyncReadable(Protocol):
    """What bytes can be awaited from, such as an `asyncio.StreamReader`."""

    async def read(self, size: int, /) -> BytesLike:
        """The next bytes, `size` of them at most, and none at the end."""
        ...


class Writable(Protocol):
    """What bytes can be written to: a file in binary mode, a stream, an `io.BytesIO`."""

    def write(self, data: bytes, /) -> int | None:
        """Takes the next bytes, and gives how many it took, or `None` for all of them."""
        ...


class AsyncWritable(Protocol):
    """What takes bytes when it is awaited."""

    async def write(self, data: bytes, /) -> int | None:
        """Takes the next bytes, and gives how many it took, or `None` for all of them."""
        ...


class Queue(Protocol):
    """A queue, such as a `queue.Queue` or an `asyncio.Queue`. Each piece becomes an item."""

    def put(self, item: bytes, /) -> Any:
        """Puts a piece in, once there is room."""
        ...


class StreamPort(StreamPortBase, Handle):
    """What lies between a standard stream of a store's guests and the async function that serves it."""

    __slots__ = ("__weakref__",)

    def __init__(self, store: Store, serve: Callable[[StreamPort, int], Awaitable[None]]) -> None:
        # That module needs this one.
        from .func import Func

        async def serves(count: int) -> None:
            await serve(self, count)

        self._make(store, Func(store, FuncType([ValType.i32()], []), serves))


def reader(source: Any) -> Any:
    """What reads from it: its method `read`, or itself."""
    return getattr(source, "read", source)


def writer(target: Any) -> Any:
    """What writes to it: its method `write` or `put`, or itself."""
    write = getattr(target, "write", None) or getattr(target, "put", target)
    offer = getattr(target, "put_nowait", None)
    # A guest that waits for room in a queue of threads can be interrupted, and takes no thread where it is awaited.
    return write if offer is None or hasattr(target, "write") or waits(write) else partial(_offered, offer)


def _offered(offer: Callable[[bytes], None], data: bytes) -> object:
    try:
        offer(data)
    except Exception as error:
        # Whoever made the queue has imported that module.
        if isinstance(error, getattr(sys.modules.get("queue"), "Full", ())):
            return FULL
        raise
    return None


def is_read_in_turn(source: Any) -> bool:
    """Whether guests wait for it: its reader is async, or it is an async iterable."""
    read = reader(source)
    return waits(read) if callable(read) else hasattr(source, "__aiter__")


def is_awaited(target: Any) -> bool:
    """Whether guests wait for it: what writes to it is async, or what says that there is room again."""
    return waits(writer(target)) or waits(getattr(target, "drain", None))


class _Turn:
    """The turn of a task, once it is handed to it."""

    __slots__ = ("bell", "is_handed")

    def __init__(self) -> None:
        self.bell: Bell | None = None
        self.is_handed = False


_TURNS: ContextVar[tuple[_Turn, ...]] = ContextVar("trimaran_turns", default=())
"""The turns that a task reads in."""
_LOCK = threading.Lock()
"""Guards all turns, for a moment each."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)


class Turns:
    """Lets guests read a source one after the other, in their order: most sources have one reader at a time."""

    __slots__ = ("_line", "_present")

    def __init__(self) -> None:
        self._present: _Turn | None = None
        self._line: deque[_Turn] = deque()

    async def read(self, read: Callable[[int], Awaitable[BytesLike]], most: int) -> BytesLike:
        """Reads once no other guest does."""
        turn = await self._begun()
        outer = _TURNS.set((*_TURNS.get(), turn))
        try:
            return await read(most)
        finally:
            _TURNS.reset(outer)
            self._end()

    async def _begun(self) -> _Turn:
        turn = _Turn()
        with _LOCK:
            if self._present is None:
                self._present, turn.is_handed = turn, True
                return turn
            is_own = self._present in _TURNS.get()
        if is_own:
            reason = "the standard input is being read by this very task: what reads it cannot have a guest read it"
            raise failure("Busy", reason=reason)
        await self._wait(turn)
        return turn

    async def _wait(self, turn: _Turn) -> None:
        bell = turn.bell = Bell.here()
        with _LOCK:
            self._line.append(turn)
            is_free = self._present is None
        if is_free:
            # Who had the turn has left since.
            self._end()
        try:
            await bell.wait()
        except BaseException:
            with _LOCK:
                if not turn.is_handed:
                    self._line.remove(turn)
            if turn.is_handed:
                self._end()
            raise

    def _end(self) -> None:
        """Hands the turn to whoever is next."""
        with _LOCK:
            turn = self._present = self._line.popleft() if self._line else None
            if turn is not None:
                turn.is_handed = True
        if turn is not None and turn.bell is not None:
            turn.bell.ring()


def port_of_source(store: Store, source: Any, turns: Turns) -> StreamPort:
    """The standard input of a store's guests, where they wait for it."""
    read = reader(source)
    if not callable(read):
        read = _Pieces(aiter(source)).read

    async def serve(port: StreamPort, most: int) -> None:
        port._give(contents(await turns.read(read, most), "what the standard input gave"))

    return StreamPort(store, serve)


class _Pieces:
    """Reads what an async iterator gives, a piece at a time."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: AsyncIterator[BytesLike]) -> None:
        self._pieces = pieces

    async def read(self, _: int) -> bytes:
        """The next piece. One without bytes is not the end."""
        async for piece in self._pieces:
            octets = contents(piece, "what the standard input gave")
            if octets:
                return octets
        return b""


def port_of_target(store: Store, stream: str, target: Any) -> StreamPort:
    """A standard output of a store's guests, where they wait for it."""
    write, drain = writer(target), getattr(target, "drain", None)

    async def serve(port: StreamPort, _: int) -> None:
        data = port._take()
        while data:
            taken = write(data)
            data = rest(data, await taken if waits(write) else taken, stream)
            if drain is not None:
                await drain()

    return StreamPort(store, serve)
