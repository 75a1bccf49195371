"""Components of WASI 0.3: they give the thread back while they wait, and keep what `WasiConfig` promises."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import trio

from guests import ROOT, config
from trimaran import (
    ClosedError,
    Config,
    Engine,
    ExitTrap,
    OutputPipe,
    PoisonedError,
    Store,
    SuspendError,
    TimeLimitTrap,
    WasiConfig,
)
from trimaran.component import Component, Func, Linker, Ok

HOUR = 3_600_000_000_000
TEXT = (ROOT / "tests" / "modules" / "component_wasi3.wat").read_text()


def asynchronous() -> Config:
    return config().wasm_component_model_async(True)


ENGINE = Engine(asynchronous())
COMPONENT = Component(ENGINE, TEXT)


class Program:
    """The guest in a store of its own."""

    def __init__(
        self, wasi: WasiConfig | None = None, engine: Engine = ENGINE, component: Component = COMPONENT
    ) -> None:
        self.store = Store(engine)
        self.store.set_wasi(wasi or WasiConfig())
        linker = Linker(engine)
        linker.define_wasi()
        self.instance = linker.instantiate(self.store, component)

    def func(self, *path: str) -> Func:
        return self.instance.func(self.store, *path)

    def __call__(self, name: str, *arguments: Any) -> Any:
        return self.func(name)(self.store, *arguments)

    async def awaited(self, name: str, *arguments: Any) -> Any:
        return await self.func(name).call_async(self.store, *arguments)


def test_a_command_is_called_and_awaited() -> None:
    async def awaited(program: Program) -> Any:
        return await program.func("wasi:cli/run@0.3.0", "run").call_async(program.store)

    for is_awaited in (False, True):
        wasi, output = WasiConfig(), OutputPipe()
        wasi.stdin_bytes = b"world"
        wasi.stdout_pipe = output
        program = Program(wasi)
        run = program.func("wasi:cli/run@0.3.0", "run")
        done = asyncio.run(awaited(program)) if is_awaited else run(program.store)
        assert done == Ok(None)
        assert output.contents() == b"hello\nworld"


def test_other_tasks_run_while_a_guest_sleeps() -> None:
    async def main() -> None:
        program = Program()
        task, turns = asyncio.create_task(program.awaited("sleep", 50_000_000)), 0
        while not task.done():
            await asyncio.sleep(0.001)
            turns += 1
        await task
        assert turns > 1
        # A call that is not awaited sleeps on its thread.
        program("sleep", 1_000_000)

    begun = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - begun >= 0.05


def test_fifty_guests_sleep_at_once_without_a_thread_more() -> None:
    async def main() -> None:
        programs = [Program() for _ in range(50)]
        before = threading.active_count()
        tasks = [asyncio.create_task(program.awaited("naps", 20, 20_000_000)) for program in programs]
        await asyncio.sleep(0.005)
        assert threading.active_count() == before
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_a_guest_that_sleeps_is_cancelled() -> None:
    async def main() -> None:
        program = Program()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await program.awaited("sleep", HOUR)
        with pytest.raises(PoisonedError):
            await program.awaited("sleep", 1)

    asyncio.run(main())


def test_a_guest_sleeps_in_trio() -> None:
    async def main() -> None:
        program = Program()
        await program.awaited("sleep", 1_000_000)
        with trio.move_on_after(0.02) as scope:
            await program.awaited("sleep", HOUR)
        assert scope.cancelled_caught

    trio.run(main)


def test_a_time_limit_ends_a_sleep() -> None:
    engine = Engine(asynchronous().epoch_interruption(True))
    component = Component(engine, TEXT)

    async def main() -> None:
        program = Program(engine=engine, component=component)
        program.store.set_timeout(0.03)
        with pytest.raises(TimeLimitTrap):
            await program.awaited("sleep", HOUR)

    asyncio.run(main())
    program = Program(engine=engine, component=component)
    program.store.set_timeout(0.03)
    with pytest.raises(TimeLimitTrap):
        program("sleep", HOUR)


def test_a_store_is_closed_while_its_guest_sleeps() -> None:
    # A guest that nothing can interrupt sleeps its time at once.
    engine = Engine(asynchronous().epoch_interruption(True))

    async def main() -> None:
        program = Program(engine=engine, component=Component(engine, TEXT))
        task = asyncio.create_task(program.awaited("sleep", HOUR))
        await asyncio.sleep(0.01)
        program.store.close()
        with pytest.raises(ClosedError):
            await task

    asyncio.run(main())


def test_what_a_callback_raises_is_raised() -> None:
    raised = KeyError("no")

    def fails(_: bytes) -> None:
        raise raised

    for is_awaited in (False, True):
        wasi = WasiConfig()
        wasi.stdout_custom = fails
        program = Program(wasi)
        with pytest.raises(KeyError) as caught:
            if is_awaited:
                asyncio.run(program.awaited("print", "hello"))
            else:
                program("print", "hello")
        assert caught.value is raised


def test_a_callback_calls_no_component() -> None:
    pieces: list[bytes] = []
    other = Program()

    def note(piece: bytes) -> None:
        pieces.append(piece)
        other("now")

    wasi = WasiConfig()
    wasi.stdout_custom = note
    with pytest.raises(Exception, match="no component is called from there"):
        Program(wasi)("print", "hello")
    assert pieces == [b"hello"]
    assert other("now") > 0


def test_an_async_stream_is_none_for_a_component() -> None:
    async def write(_: bytes) -> None:
        raise AssertionError

    async def main() -> None:
        wasi = WasiConfig()
        wasi.stdout_custom = write
        with pytest.raises(SuspendError, match="modules alone can wait"):
            await Program(wasi).awaited("print", "hello")

    asyncio.run(main())


def test_a_pipe_that_has_nothing_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR)

    async def main() -> None:
        wasi = WasiConfig()
        wasi.stdin_file = str(path)
        program = Program(wasi)
        task = asyncio.create_task(program.awaited("cat"))
        await asyncio.sleep(0.03)
        assert not task.done()
        os.write(end, b"later")
        await asyncio.sleep(0.01)
        os.close(end)
        assert await task == "later"

    asyncio.run(main())


def test_a_guest_exits() -> None:
    with pytest.raises(ExitTrap) as caught:
        Program()("leave", 42)
    assert caught.value.code == 42
