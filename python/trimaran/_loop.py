"""What is asked of the event loop: asyncio's, trio's, or any other one. Imports neither."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any


class _Yield:
    """Gives the loop a turn. That is what `asyncio.sleep(0)` awaits."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield


_YIELD = _Yield()


def _trio() -> Any:
    """The module, if a task of it runs."""
    trio: Any = sys.modules.get("trio")
    return trio if trio is not None and trio.lowlevel.in_trio_task() else None


def _loop() -> Any:
    """The loop of asyncio, if one runs on this thread."""
    asyncio: Any = sys.modules.get("asyncio")
    return None if asyncio is None else asyncio._get_running_loop()


async def turn() -> None:
    """Lets other tasks go on."""
    trio = _trio()
    if trio is None:
        await _YIELD
    else:
        await trio.lowlevel.checkpoint()


async def sleep(seconds: float) -> None:
    """Lets other tasks go on for so long."""
    trio = _trio()
    if trio is not None:
        await trio.sleep(seconds)
    elif _loop() is not None:
        await sys.modules["asyncio"].sleep(seconds)
    else:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await _YIELD


class Bell:
    """Wakes the task that waits for it, from any thread.

    This one is for a loop of which nothing is known: the task looks again and again.
    """

    __slots__ = ("_is_rung",)

    def __init__(self) -> None:
        self._is_rung = False

    @staticmethod
    def here() -> Bell:
        """A new one for this task."""
        trio = _trio()
        if trio is not None:
            return _TrioBell(trio)
        loop = _loop()
        return Bell() if loop is None else _LoopBell(loop)

    def ring(self) -> None:
        """Wakes the task, now or when it will wait."""
        self._is_rung = True

    async def wait(self) -> None:
        """Waits until it has been rung."""
        while not self._is_rung:
            await _YIELD

    async def wait_to_end(self) -> None:
        """The same, however often the task is cancelled meanwhile."""
        await self.wait()


class _LoopBell(Bell):
    """For asyncio."""

    __slots__ = ("_future", "_loop")

    def __init__(self, loop: Any) -> None:
        super().__init__()
        self._loop, self._future = loop, loop.create_future()

    def ring(self) -> None:
        self._is_rung = True
        _told(self._loop.call_soon_threadsafe, self._set)

    def _set(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    async def wait(self) -> None:
        await self._future

    async def wait_to_end(self) -> None:
        cancelled: Any = sys.modules["asyncio"].CancelledError
        while not self._is_rung:
            # It was cancelled together with the task that waited.
            self._future = self._loop.create_future()
            if self._is_rung:
                return
            try:
                await self._future
            except cancelled:
                continue


class _TrioBell(Bell):
    """For trio."""

    __slots__ = ("_event", "_token", "_trio")

    def __init__(self, trio: Any) -> None:
        super().__init__()
        self._trio, self._event, self._token = trio, trio.Event(), trio.lowlevel.current_trio_token()

    def ring(self) -> None:
        self._is_rung = True
        _told(self._token.run_sync_soon, self._event.set)

    async def wait(self) -> None:
        await self._event.wait()

    async def wait_to_end(self) -> None:
        with self._trio.CancelScope(shield=True):
            await self._event.wait()


def _told(tell: Callable[[Callable[[], None]], object], work: Callable[[], None]) -> None:
    """Has a loop do something. One that is closed has nobody who waits."""
    with suppress(RuntimeError):
        tell(work)
