"""Generated bindings with functions that wait: the twins of what a component has, and hosts with async methods."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from bindings_guests import ASKS, COUNTERS
from component_guests import ENGINE, echo

from guests import ROOT
from trimaran import PoisonedError, Store, SuspendError, WasmTypeError
from trimaran.component import Component, ResultError, load

GUESTS = ROOT / "tests" / "kotlin" / "bindings" / "guests.wit"


def made(folder: Path, name: str, *options: str) -> Any:
    """The bindings of the world that asks its host, by the command line."""
    command = [sys.executable, "-m", "trimaran", "bindgen", str(GUESTS), "--world", "asking", *options]
    subprocess.run([*command, "-o", str(folder / name)], check=True)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


class LateSink:
    """A resource of the host's with an async method."""

    def __init__(self, start: int) -> None:
        self.total = start

    async def put(self, number: int) -> int:
        await asyncio.sleep(0)
        self.total += number
        return self.total


class Sink(LateSink):
    """The same without one."""

    def put(self, number: int) -> int:  # type: ignore[override]
        self.total += number
        return self.total


class Host:
    """A host, some of whose methods are async."""

    def __init__(self, sink: type[LateSink] = LateSink) -> None:
        self.raises: BaseException | None = None
        self.host = self
        self.sink = sink
        self.asked = asyncio.Event()

    async def new_sink(self, start: int) -> LateSink:
        await asyncio.sleep(0)
        return self.sink(start)

    def sink_limit(self) -> int:
        return 100

    async def check(self, number: int) -> None:
        self.asked.set()
        await asyncio.sleep(1000 if number == 9 else 0)
        if self.raises is not None:
            raise self.raises
        if number > 9:
            raise ResultError(number)


def test_every_function_of_a_component_has_a_twin() -> None:
    module = load(COUNTERS.encode(), "app")
    counters = module.exports.counters

    async def main(store: Store) -> None:
        app = await module.App.instantiate_async(store)
        counter = await counters.Counter.create_async(app.counters, 40)
        assert type(counter) is counters.Counter
        assert (await counter.next_async(), counter.next()) == (41, 42)
        other = await counters.Counter.create_async(app.counters, start=8)
        merged = await counters.Counter.merge_async(app.counters, counter, b=other)
        assert type(merged) is counters.Counter
        assert await merged.next_async() == 51
        merged.close()
        other.close()
        assert await app.counters.dropped_async() == 2
        assert await app.counters.even_async(number=4) == 4
        with pytest.raises(counters.ErrorException) as caught:
            await app.counters.even_async(3)
        assert caught.value.value is counters.Error.ODD
        for method in (app.counters.even_async, counter.next_async, counters.Counter.create_async):
            assert inspect.iscoroutinefunction(method)

    with Store(ENGINE) as store:
        asyncio.run(main(store))


def test_the_twins_need_no_loop_of_asyncio() -> None:
    module = load(COUNTERS.encode(), "app")

    async def main() -> int:
        with Store(ENGINE) as store:
            app = await module.App.instantiate_async(store)
            number: int = await app.counters.even_async(4)
            return number

    assert trio.run(main) == 4


@pytest.mark.parametrize("sink", [LateSink, Sink])
def test_a_host_with_async_methods(tmp_path: Path, sink: type[LateSink]) -> None:
    module, host = made(tmp_path, "asking_async", "--async"), Host(sink)

    async def main() -> None:
        with Store(ENGINE) as store:
            world = await module.Asking.instantiate_async(store, Component(ENGINE, ASKS), host)
            assert await world.run_async(5) == 107
            # What the function declares goes to the guest, which goes on.
            assert await world.checked_async(1) == 1000
            assert await world.checked_async(number=200) == 200
            host.raises = KeyError("x")
            with pytest.raises(KeyError) as caught:
                await world.checked_async(1)
            assert caught.value is host.raises

    asyncio.run(main())


def test_a_call_that_is_not_awaited_says_what_to_do(tmp_path: Path) -> None:
    module = made(tmp_path, "asking_sync", "--async")
    with Store(ENGINE) as store:
        world = module.Asking.instantiate(store, Component(ENGINE, ASKS), Host())
        with pytest.raises(SuspendError):
            world.run(5)


def test_a_component_that_is_cancelled_while_it_waits(tmp_path: Path) -> None:
    module, host = made(tmp_path, "asking_cancelled", "--async"), Host()

    async def main() -> None:
        with Store(ENGINE) as store:
            world = module.Asking.instantiate(store, Component(ENGINE, ASKS), host)
            task = asyncio.create_task(world.checked_async(9))
            await host.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            # As after a trap.
            with pytest.raises(PoisonedError):
                await world.checked_async(1)

    asyncio.run(main())


def test_only_what_is_named_waits(tmp_path: Path) -> None:
    module = made(tmp_path, "asking_some", "--async=host.check,checked")

    class Some(Host):
        def new_sink(self, start: int) -> Sink:  # type: ignore[override]
            return Sink(start)

    host = Some()

    async def main() -> None:
        with Store(ENGINE) as store:
            world = module.Asking.instantiate(store, Component(ENGINE, ASKS), host)
            assert await world.checked_async(1) == 1000
            # Its methods are not async, and so it can be called without `await`.
            assert world.run(5) == 107
            assert not hasattr(world, "run_async")

    asyncio.run(main())
    text = (tmp_path / "asking_some" / "imports" / "host.py").read_text()
    assert "def check(self, number: int) -> wit.MaybeAwaitable[None]:" in text
    assert "def new_sink(self, start: int) -> Sink: ..." in text
    # What is in the header makes the same again.
    assert "--async=host.check,checked" in text


def test_values_go_both_ways_while_a_component_waits() -> None:
    person = '(type $p\' (record (field "x" s32) (field "first-name" string))) (import "p" (type $p (eq $p\')))'
    module = load(echo("(list $p)", "i32 i32", person).encode())
    people, seen = [module.P(x=-1, first_name="Ada"), module.P(x=2, first_name="x" * 5000)], []

    async def f(x: Any) -> Any:
        await asyncio.sleep(0)
        seen.append(x)
        return x

    async def main() -> None:
        with Store(ENGINE) as store:
            world = module.World.instantiate(store, SimpleNamespace(f=f))
            given = await world.run_async(people)
            assert seen == [people] == [given]
            assert type(given[0]) is type(seen[0][0]) is module.P
            with pytest.raises(WasmTypeError, match='argument 1: element 0: field "first-name"'):
                await world.run_async([module.P(x=1, first_name=2)])

    asyncio.run(main())
