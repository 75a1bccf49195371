"""Async calls whose tasks come and go: collected, driven by hand, on threads, cancelled by chance."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import contextvars
import gc
import random
import threading
import weakref
from typing import Any

import pytest

from loops import LOOPS, Home, Loop, Waits
from trimaran import Store, Trap


@pytest.fixture(params=LOOPS, ids=lambda loop: loop.name)
def loop(request: pytest.FixtureRequest) -> Loop:
    found: Loop = request.param
    return found


def test_a_call_that_nobody_goes_on_with_is_collected() -> None:
    class Once:
        def __await__(self) -> Any:
            try:
                yield "here"
            except GeneratorExit:
                ends.append("closed")
                raise

    async def wait(number: int) -> int:
        await Once()
        return number

    ends: list[str] = []
    home = Home(wait)
    store = weakref.ref(home.store)
    call = home.start("once", 1)
    assert call.send(None) == "here"
    del call
    gc.collect()
    assert ends == ["closed"]
    assert home.call("plain", 1) == 2

    def cycle() -> weakref.ref[Store]:
        keeps: list[Any] = []
        home = Home(wait, lambda number: len(keeps) + number)
        keeps.append(home.start("once", 1))
        assert keeps[0].send(None) == "here"
        return weakref.ref(home.store)

    # One that its own store keeps.
    other = cycle()
    del home
    gc.collect()
    assert store() is None and other() is None and ends == ["closed"] * 2


def test_a_coroutine_that_is_driven_by_hand() -> None:
    class Once:
        def __await__(self) -> Any:
            return (yield "here")

    async def wait(number: int) -> int:
        given: int = await Once()
        return number + given

    home = Home(wait)
    # Each as a task of its own has it.
    first, second = contextvars.copy_context(), contextvars.copy_context()
    call, other = home.start("once", 1), home.start("plain", 1)
    assert first.run(call.send, None) == "here"
    # It stands in line, in a loop that nobody knows.
    assert second.run(other.send, None) is None
    with pytest.raises(StopIteration) as done:
        first.run(call.send, 10)
    assert done.value.value == 12
    with pytest.raises(StopIteration) as done:
        second.run(other.send, None)
    assert done.value.value == 2
    call = home.start("once", 1)
    call.send(None)
    call.close()
    call = home.start("once", 1)
    call.send(None)
    with pytest.raises(KeyError):
        call.throw(KeyError("it"))
    assert home.call("plain", 1) == 2


def test_a_thread_waits_for_a_guest_that_waits(loop: Loop) -> None:
    async def wait(number: int) -> int:
        thread.start()
        await loop.sleep(0.05)
        assert not found
        return number

    found: list[int] = []
    home = Home(wait)
    thread = threading.Thread(target=lambda: found.append(home.call("plain", 5)))
    assert loop.run(lambda: home.start("once", 1)) == 2
    thread.join(20)
    assert found == [6]


def test_threads_that_a_host_function_waits_for() -> None:
    async def wait(number: int) -> int:
        # They have the task's context.
        return number + int(await asyncio.to_thread(home.call, "plain", number))

    home = Home(wait)
    assert asyncio.run(home.start("once", 5)) == 16


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="Python 3.12 has eager tasks")
def test_eager_tasks() -> None:
    async def wait(number: int) -> int:
        await asyncio.sleep(0)
        return number

    home = Home(wait)

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(vars(asyncio)["eager_task_factory"])
        tasks = [asyncio.create_task(home.start("once", number)) for number in range(5)]
        assert [await task for task in tasks] == [0, 2, 4, 6, 8]

    asyncio.run(main())


def test_calls_that_are_cancelled_by_chance() -> None:
    gone = by_chance(random.Random(20261130))
    gc.collect()
    assert gone() is None


def by_chance(dice: random.Random) -> weakref.ref[Store]:
    """Begins calls, some of them in others, and cancels some at any time. Gives their store, which nobody has then."""

    async def wait(number: int) -> int:
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(0)
        if dice.random() < 0.3:
            await home.start(dice.choice(["once", "plain", "twice"]), 2)
        return number

    async def main() -> None:
        names = ["once", "twice", "plain", "traps", "calls_now"]
        for _ in range(200):
            tasks = [asyncio.create_task(home.start(dice.choice(names), 3)) for _ in range(dice.randrange(1, 5))]
            for _ in range(dice.randrange(12)):
                await asyncio.sleep(0)
            for task in tasks:
                if dice.random() < 0.4:
                    task.cancel()
            for came in await asyncio.gather(*tasks, return_exceptions=True):
                assert isinstance(came, (int, Trap, asyncio.CancelledError)), came
            assert home.call("plain", 1) == 2

    home = Home(wait)
    asyncio.run(main())
    return weakref.ref(home.store)


def test_a_client_that_hangs_up_stops_its_guest() -> None:
    waits, over = Waits(LOOPS[0]), asyncio.Event()
    home, stopped = Home(waits), list[bool]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call, gone = asyncio.ensure_future(home.start("once", 1)), asyncio.ensure_future(reader.read())
        await asyncio.wait([call, gone], return_when=asyncio.FIRST_COMPLETED)
        call.cancel()
        await asyncio.wait([call])
        stopped.append(call.cancelled())
        writer.close()
        over.set()

    async def main() -> None:
        waits.begun = asyncio.Event()
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            _, client = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            await waits.begun.wait()
            client.close()
            await over.wait()
            await client.wait_closed()

    asyncio.run(main())
    assert stopped == [True] and waits.ends == [asyncio.CancelledError]
    assert home.call("plain", 1) == 2
