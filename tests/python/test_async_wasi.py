"""Guests that sleep by WASI: they give the thread back, in whichever loop they are awaited."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import trio

from guests import config
from trimaran import Engine, Func, Linker, Module, Store, TimeLimitTrap, WasiConfig

HOUR = 3_600_000_000_000

# `sleep` waits for so many nanoseconds by the monotonic clock, and gives the error number.
SLEEPS = """(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sleep") (param i64) (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (local.get 0))
    (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))"""


async def sleeper(store: Store, *, is_prepared: bool = False) -> Func:
    """The function `sleep` of an instance in the store."""
    store.set_wasi(WasiConfig())
    linker = Linker(store.engine)
    linker.define_wasi()
    module = Module(store.engine, SLEEPS)
    if is_prepared:
        instance = await linker.instantiate_pre(module).instantiate_async(store)
    else:
        instance = await linker.instantiate_async(store, module)
    return instance.func(store, "sleep")


@pytest.mark.parametrize("is_prepared", [False, True])
def test_other_tasks_run_while_a_guest_sleeps(is_prepared: bool) -> None:
    async def main() -> None:
        with Store(Engine(config())) as store:
            sleep = await sleeper(store, is_prepared=is_prepared)
            task, turns = asyncio.create_task(sleep.call_async(store, 50_000_000)), 0
            while not task.done():
                await asyncio.sleep(0.001)
                turns += 1
            assert task.result() == 0
            assert turns > 1
            # A call that is not awaited sleeps on its thread.
            assert sleep(store, 1_000_000) == 0

    begun = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - begun >= 0.05


def test_guests_sleep_at_once() -> None:
    async def sleep(engine: Engine) -> int:
        with Store(engine) as store:
            number: int = await (await sleeper(store)).call_async(store, 20_000_000)
            return number

    async def main() -> None:
        engine = Engine(config())
        assert await asyncio.gather(*(sleep(engine) for _ in range(20))) == [0] * 20

    asyncio.run(main())


def test_a_guest_that_sleeps_is_cancelled() -> None:
    async def main() -> None:
        with Store(Engine(config())) as store:
            sleep = await sleeper(store)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await sleep.call_async(store, HOUR)
            assert await sleep.call_async(store, 1) == 0

    asyncio.run(main())


def test_a_guest_sleeps_in_trio() -> None:
    async def main() -> None:
        with Store(Engine(config())) as store:
            sleep = await sleeper(store)
            assert await sleep.call_async(store, 1_000_000) == 0
            with trio.move_on_after(0.02) as scope:
                await sleep.call_async(store, HOUR)
            assert scope.cancelled_caught
            assert await sleep.call_async(store, 1) == 0

    trio.run(main)


def test_a_guest_sleeps_in_a_loop_of_which_nothing_is_known() -> None:
    with Store(Engine(config())) as store:

        async def main() -> Any:
            return await (await sleeper(store)).call_async(store, 1_000_000)

        task = main()
        with pytest.raises(StopIteration) as ended:
            while True:
                task.send(None)
        assert ended.value.value == 0


def test_a_time_limit_ends_a_sleep() -> None:
    async def main() -> None:
        with Store(Engine(config().epoch_interruption(True))) as store:
            sleep = await sleeper(store)
            store.set_timeout(0.03)
            with pytest.raises(TimeLimitTrap):
                await sleep.call_async(store, HOUR)
            store.set_timeout(None)
            assert await sleep.call_async(store, 1) == 0

    asyncio.run(main())
