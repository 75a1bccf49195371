"""Async calls that are cancelled, that take too long, and whose store is closed."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from loops import LOOPS, Home, Loop, Waits, interruptible
from trimaran import BusyError, ClosedError, Store, TimeLimitTrap, Trap, WasmTypeError


@pytest.fixture(params=LOOPS, ids=lambda loop: loop.name)
def loop(request: pytest.FixtureRequest) -> Loop:
    found: Loop = request.param
    return found


def test_a_time_out_around_a_guest_that_waits(loop: Loop) -> None:
    wait = Waits(loop)
    home = Home(wait)

    async def main() -> None:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with loop.limit(0.02):
                    await home.start("once", 1)
            assert home.call("plain", 1) == 2

    loop.run(main)
    assert wait.ends == [loop.cancelled] * 3


def test_a_time_out_around_a_guest_that_computes(loop: Loop) -> None:
    home = Home(Waits(loop), settings=interruptible())

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with loop.limit(0.05):
                await home.start("spins")
        assert home.call("plain", 1) == 2

    loop.run(main)


def test_a_host_function_may_clean_up(loop: Loop) -> None:
    async def wait(number: int) -> int:
        try:
            await loop.sleep(1000)
        finally:
            done.append(home.call("plain", number))
        return number

    done: list[int] = []
    home = Home(wait)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with loop.limit(0.02):
                await home.start("once", 1)

    loop.run(main)
    assert done == [2]
    assert home.call("plain", 1) == 2


def test_a_call_that_stands_in_line_is_cancelled(loop: Loop) -> None:
    wait = Waits(loop)
    home = Home(wait)

    async def first() -> None:
        with pytest.raises(TimeoutError):
            async with loop.limit(0.1):
                await home.start("once", 1)
        order.append("first")

    async def second() -> None:
        with pytest.raises(TimeoutError):
            async with loop.limit(0.02):
                await home.start("plain", 1)
        order.append("second")

    async def third() -> None:
        assert await home.start("plain", 1) == 2
        order.append("third")

    async def main() -> None:
        async with loop.tasks() as begin:
            begin(first)
            await loop.sleep(0.01)
            begin(second)
            begin(third)

    order: list[str] = []
    loop.run(main)
    assert order[0] == "second" and set(order) == {"first", "second", "third"}
    assert wait.ends == [loop.cancelled]


def test_a_call_on_the_loop_s_own_thread_would_wait_for_itself(loop: Loop) -> None:
    wait = Waits(loop)
    home = Home(wait)

    async def outside() -> None:
        assert wait.begun is not None
        await wait.begun.wait()
        with pytest.raises(BusyError):
            home.call("plain", 1)
        # Its memory is no call.
        assert home.memory.read(home.store, 0, 1) == b"\1"
        home.store.close()

    async def main() -> None:
        wait.begun = loop.event()
        async with loop.tasks() as begin:
            begin(outside)
            with pytest.raises(TimeoutError):
                async with loop.limit(0.1):
                    await home.start("once", 1)

    loop.run(main)


def test_a_store_is_closed_while_its_guest_waits(loop: Loop) -> None:
    async def wait(number: int) -> int:
        await event.wait()
        return number

    home, event = Home(wait), loop.event()

    async def call() -> None:
        with pytest.raises(ClosedError):
            await home.start("once", 1)

    async def main() -> None:
        nonlocal event
        event = loop.event()
        async with loop.tasks() as begin:
            begin(call)
            begin(call)
            await loop.sleep(0.01)
            home.store.close()
            event.set()

    loop.run(main)
    with pytest.raises(ClosedError):
        loop.run(lambda: home.start("once", 1))


def test_a_limit_of_the_store(loop: Loop) -> None:
    async def wait(number: int) -> int:
        await loop.sleep(0.2)
        return number

    home = Home(wait, settings=interruptible())
    home.store.set_timeout(0.05)
    for name, given in [("spins", ()), ("once", (1,))]:
        with pytest.raises(TimeLimitTrap):
            loop.run(functools.partial(home.start, name, *given))
    home.store.set_timeout(None)
    handle = home.store.interrupt_handle()

    async def main() -> None:
        async with loop.tasks() as begin:
            begin(stopped)
            await loop.sleep(0.01)
            assert handle.interrupt()

    async def stopped() -> None:
        with pytest.raises(Trap):
            await home.start("spins")

    loop.run(main)
    assert home.call("plain", 1) == 2


def test_a_guest_that_computes_lets_others_run(loop: Loop) -> None:
    home = Home(Waits(loop), settings=interruptible())
    home.store.set_timeout(0.3)

    async def main() -> None:
        beats = 0
        async with loop.tasks() as begin:
            begin(call)
            while not over:
                beats += 1
                await loop.sleep(0)
        assert beats > 3

    async def call() -> None:
        with pytest.raises(TimeLimitTrap):
            await home.start("spins")
        over.append(True)

    over: list[bool] = []
    loop.run(main)


def test_a_guest_that_computes_goes_on_in_an_executor(loop: Loop) -> None:
    def now(number: int) -> int:
        threads.add(threading.current_thread())
        return number

    async def wait(number: int) -> int:
        assert threading.current_thread() is threading.main_thread()
        return number

    threads: set[threading.Thread] = set()
    home = Home(wait, now, settings=interruptible())
    with ThreadPoolExecutor(1) as pool:
        home.store.set_executor(pool)
        assert loop.run(lambda: home.start("counts", 100_000_000)) == 0
        home.store.set_timeout(0.1)
        with pytest.raises(TimeLimitTrap):
            loop.run(lambda: home.start("spins"))
        home.store.set_timeout(None)

        async def main() -> None:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with loop.limit(0.05):
                        await home.start("spins")
                # The thread is free by then.
                assert home.call("plain", 1) == 2

        loop.run(main)
        assert loop.run(lambda: home.start("once", 1)) == 2
    with pytest.raises(RuntimeError, match="shutdown"):
        loop.run(lambda: home.start("spins"))
    home.store.set_executor(None)
    assert home.call("plain", 1) == 2


def test_the_loop_does_not_wait_for_a_guest_that_an_executor_computes(loop: Loop) -> None:
    home = Home(Waits(loop), settings=interruptible())
    answer = home.instance.func(home.store, "plain")

    async def main() -> None:
        async with loop.tasks() as begin:
            begin(spin)
            await loop.sleep(0.1)
            # The guest comes back to this thread, which has nobody else to go on.
            for work in (lambda: home.memory.read(home.store, 0, 1), lambda: answer(home.store, 1)):
                with pytest.raises(BusyError, match="goes on by way of this very thread"):
                    work()
            assert home.instance.func(home.store, "plain") == answer
            home.store.interrupt_handle().interrupt()

    async def spin() -> None:
        with pytest.raises(Trap):
            await home.start("spins")

    with ThreadPoolExecutor(1) as pool:
        home.store.set_executor(pool)
        loop.run(main)
    assert home.call("plain", 1) == 2


def test_what_is_no_executor() -> None:
    wrong: Any = 3
    with pytest.raises(WasmTypeError, match="the executor is an int: expected an Executor, or None"):
        Store().set_executor(wrong)
