"""The rows about guests that wait for async host functions, and what a loop feels of guests that compute.

By itself, `waits.py` prints what is no time of a call: bytes and threads of many guests that wait, and how late the beats of a
loop come.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from trimaran import (
    Config,
    Engine,
    Func,
    FuncType,
    Instance,
    Module,
    Store,
    ValType,
)

WAT = """(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (func (export "waits") (param i32) (result i32) (local i32)
    (loop (local.set 1 (call $wait (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "spin") (loop (br 0))))"""

ROUNDS = 90
TIMES = 200
MANY = 10_000
NUMBER = FuncType([ValType.i32()], [ValType.i32()])
Work = Callable[[], Awaitable[object]]


async def plain(number: int) -> int:
    await asyncio.sleep(0)
    return number


def guest(wait: Callable[..., Any], module: Module) -> tuple[Store, Instance]:
    store = Store(module.engine)
    return store, Instance(store, module, [Func(store, NUMBER, wait)])


async def measured(row: str, works: dict[str, Work], each_has: int) -> None:
    """The least time of many rounds, in turns."""
    times: dict[str, list[float]] = {who: [] for who in works}
    for _ in range(ROUNDS):
        for who, work in works.items():
            start = time.perf_counter_ns()
            await work()
            times[who].append(time.perf_counter_ns() - start)
    for who, found in times.items():
        print(f"{row}\t{who}\t{min(found) / each_has:.1f}", flush=True)


async def calls(module: Module) -> None:
    """Calls that end at once."""
    store, instance = guest(plain, module)
    add = instance.func(store, "add")
    if await add.call_async(store, 40, 2) != 42:
        raise SystemExit("it adds wrongly")
    # A store without async functions, where nothing runs on a fiber.
    there = Store(module.engine)
    other = Instance(there, module, [Func(there, NUMBER, lambda number: number)]).func(
        there, "add"
    )

    async def asynchronous() -> None:
        for _ in range(TIMES):
            await add.call_async(store, 40, 2)

    async def synchronous() -> None:
        for _ in range(TIMES):
            other(there, 40, 2)

    async def beside() -> None:
        for _ in range(TIMES):
            add(store, 40, 2)

    await measured(
        "async call, (i32, i32) -> i32",
        {
            "python": asynchronous,
            "synchronous": synchronous,
            "synchronous, beside async functions": beside,
        },
        TIMES,
    )


async def round_trips(module: Module) -> None:
    """From a guest to an async host function that lets others run, and back."""
    store, instance = guest(plain, module)
    waits = instance.func(store, "waits")
    loop = asyncio.get_running_loop()

    def bridge(number: int) -> int:
        return asyncio.run_coroutine_threadsafe(plain(number), loop).result()

    there, threaded = guest(bridge, module)

    async def alone() -> None:
        for number in range(TIMES):
            await plain(number)

    await measured(
        "async host function",
        {
            "python": lambda: waits.call_async(store, TIMES),
            "without a guest": alone,
            "to_thread": lambda: asyncio.to_thread(
                threaded.func(there, "waits"), there, TIMES
            ),
        },
        TIMES,
    )


async def cancelled(module: Module) -> None:
    async def forever(number: int) -> int:
        await asyncio.sleep(1000)
        return number

    store, instance = guest(forever, module)
    waits = instance.func(store, "waits")

    async def cancel(work: Callable[[], Any]) -> None:
        for _ in range(TIMES // 10):
            task = asyncio.create_task(work())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])

    await measured(
        "cancel while it waits",
        {
            "python": lambda: cancel(lambda: waits.call_async(store, 1)),
            "without a guest": lambda: cancel(lambda: forever(1)),
        },
        TIMES // 10,
    )


def bench() -> None:
    async def main() -> None:
        module = Module(Engine(), WAT)
        await calls(module)
        await round_trips(module)
        await cancelled(module)

    asyncio.run(main())


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


async def many() -> None:
    """Many guests that wait at once, each in a store of its own."""
    module = Module(Engine(), WAT)
    event = asyncio.Event()
    waiting = 0

    async def wait(number: int) -> int:
        nonlocal waiting
        waiting += 1
        await event.wait()
        return number

    guests = [guest(wait, module) for _ in range(MANY)]
    runs = [(store, instance.func(store, "waits")) for store, instance in guests]
    gc.collect()
    before, threads = resident(), len(os.listdir("/proc/self/task"))
    start = time.perf_counter()
    tasks = [asyncio.create_task(run.call_async(store, 1)) for store, run in runs]
    while waiting < MANY:
        await asyncio.sleep(0)
    begun, held = time.perf_counter() - start, resident() - before
    more = len(os.listdir("/proc/self/task")) - threads
    event.set()
    await asyncio.gather(*tasks)
    whole = time.perf_counter() - start
    print(
        f"{MANY} guests wait: {held / MANY / 1024:.1f} KiB each, {more} threads more, begun in {begun:.2f} s, ended in {whole:.2f} s"
    )


async def cancelled_while_it_computes() -> None:
    module = Module(Engine(Config().epoch_interruption(True)), WAT)
    store, instance = guest(plain, module)
    spin = instance.func(store, "spin")
    times: list[float] = []
    for _ in range(50):
        task = asyncio.create_task(spin.call_async(store))
        await asyncio.sleep(0.01)
        start = time.perf_counter()
        task.cancel()
        await asyncio.wait([task])
        times.append(time.perf_counter() - start)
    times.sort()
    print(
        f"cancel while it computes: median {times[25] * 1e3:.2f} ms, most {times[-1] * 1e3:.2f} ms"
    )


async def beats(seconds: float = 2) -> list[float]:
    """How late each beat of 10 ms came, in milliseconds."""
    late: list[float] = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        await asyncio.sleep(0.01)
        late.append((time.perf_counter() - start - 0.01) * 1e3)
    return sorted(late)


async def heartbeat() -> None:
    def show(row: str, late: list[float]) -> None:
        print(
            f"{row}: {len(late)} beats, median {late[len(late) // 2]:.2f} ms late, p99 {late[len(late) * 99 // 100]:.2f} ms"
        )

    show("heartbeat, nothing else", await beats())
    module = Module(Engine(Config().epoch_interruption(True)), WAT)
    with ThreadPoolExecutor(2) as pool:
        for row, executor in (
            ("heartbeat, two guests compute", None),
            ("the same, in an executor", pool),
        ):
            tasks: list[asyncio.Task[Any]] = []
            for _ in range(2):
                store, instance = guest(plain, module)
                store.set_executor(executor)
                tasks.append(
                    asyncio.create_task(instance.func(store, "spin").call_async(store))
                )
            await asyncio.sleep(0.05)
            show(row, await beats())
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


if __name__ == "__main__":
    bench()
    for what in (many, cancelled_while_it_computes, heartbeat):
        asyncio.run(what())
