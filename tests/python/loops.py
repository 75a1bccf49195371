"""What the tests of async calls share: the loops, and a guest with an async host function."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Protocol

import trio

from guests import config
from trimaran import Config, Engine, Func, FuncType, Instance, Memory, Module, Store, ValType

I32 = ValType.i32()

WAT = """(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (import "host" "now" (func $now (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (func (export "once") (param i32) (result i32)
    (i32.store (i32.const 0) (local.get 0))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.add (call $wait (local.get 0)) (i32.load (i32.const 0))))
  (func (export "twice") (param i32) (result i32)
    (i32.add (call $wait (local.get 0)) (call $wait (local.get 0))))
  (func (export "traps") (param i32) (result i32) (drop (call $wait (local.get 0))) (unreachable))
  (func (export "calls_now") (param i32) (result i32) (call $now (local.get 0)))
  (func (export "plain") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "spins") (loop (br 0)))
  (func (export "counts") (param i32) (result i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))"""


def same(number: int) -> int:
    """A host function that is not async."""
    return number


class Home:
    """An instance with an async host function, and with one that is not, in a store of its own."""

    def __init__(
        self,
        wait: Callable[..., Any],
        now: Callable[..., Any] = same,
        settings: Config | None = None,
        access_caller: bool = False,
        module: Module | None = None,
    ) -> None:
        self.module = Module(Engine(config() if settings is None else settings), WAT) if module is None else module
        self.store, number = Store(self.module.engine), FuncType([I32], [I32])
        host = [
            Func(self.store, number, wait, access_caller=access_caller),
            Func(self.store, number, now, access_caller=access_caller),
        ]
        self.instance = Instance(self.store, self.module, host)

    def func(self, name: str) -> Func:
        """One of its functions."""
        return self.instance.func(self.store, name)

    def call(self, name: str, *given: int) -> Any:
        """Calls one of them."""
        return self.func(name)(self.store, *given)

    async def start(self, name: str, *given: int) -> Any:
        """The same, and waits for what the guest waits for."""
        return await self.func(name).call_async(self.store, *given)

    @property
    def memory(self) -> Memory:
        """Its memory."""
        return self.instance.memory(self.store, "memory")


def interruptible() -> Config:
    """Settings for guests that compute."""
    return config().epoch_interruption(True)


class Event(Protocol):
    """What tasks wait for."""

    def set(self) -> object: ...
    async def wait(self) -> object: ...


class Loop:
    """An event loop. The tests run with each."""

    name = "asyncio"
    cancelled: type[BaseException] = asyncio.CancelledError

    def run(self, main: Callable[[], Awaitable[Any]]) -> Any:
        """Runs it to its end."""

        async def body() -> Any:
            return await main()

        return asyncio.run(body())

    async def sleep(self, seconds: float) -> None:
        """Waits for so long."""
        await asyncio.sleep(seconds)

    def event(self) -> Event:
        """A new event."""
        return asyncio.Event()

    @asynccontextmanager
    async def tasks(self) -> AsyncGenerator[Callable[..., object]]:
        """Begins tasks, and waits for all of them at the end."""
        async with asyncio.TaskGroup() as group:

            async def body(work: Callable[..., Awaitable[Any]], *given: Any) -> None:
                await work(*given)

            def begin(work: Callable[..., Awaitable[Any]], *given: Any) -> None:
                group.create_task(body(work, *given))

            yield begin

    @asynccontextmanager
    async def limit(self, seconds: float) -> AsyncGenerator[None]:
        """Cancels what takes longer, with `TimeoutError`."""
        async with asyncio.timeout(seconds):
            yield


class Trio(Loop):
    """The same by trio."""

    name = "trio"
    cancelled = trio.Cancelled

    def run(self, main: Callable[[], Awaitable[Any]]) -> Any:
        return trio.run(main)

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)

    def event(self) -> Event:
        return trio.Event()

    @asynccontextmanager
    async def tasks(self) -> AsyncGenerator[Callable[..., object]]:
        async with trio.open_nursery(strict_exception_groups=True) as nursery:
            yield nursery.start_soon

    @asynccontextmanager
    async def limit(self, seconds: float) -> AsyncGenerator[None]:
        scope: AbstractContextManager[Any] = trio.fail_after(seconds)
        try:
            with scope:
                yield
        except trio.TooSlowError:
            raise TimeoutError from None


LOOPS = [Loop(), Trio()]


class Waits:
    """A host function that waits for ever, and notes how that ended."""

    def __init__(self, loop: Loop) -> None:
        self.loop, self.ends = loop, list[type[BaseException]]()
        self.begun: Event | None = None

    async def __call__(self, number: int) -> int:
        try:
            if self.begun is not None:
                self.begun.set()
            await self.loop.sleep(1000)
        except BaseException as error:
            self.ends.append(type(error))
            raise
        return number
