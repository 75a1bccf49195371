"""Calls of guests that wait for async host functions, by asyncio and by trio."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import os
import sys
import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from guests import engine
from hosts import EXTERNREF, F32, F64, I64, V128, Thing
from loops import I32, LOOPS, WAT, Home, Loop
from trimaran import (
    Caller,
    EscapedError,
    Func,
    FuncType,
    Instance,
    Linker,
    Module,
    RangeError,
    Store,
    SuspendError,
    Trap,
    Val,
    WasmtimeError,
    WasmTypeError,
)


@pytest.fixture(params=LOOPS, ids=lambda loop: loop.name)
def loop(request: pytest.FixtureRequest) -> Loop:
    found: Loop = request.param
    return found


def test_a_guest_waits_for_its_host_function(loop: Loop) -> None:
    async def wait(number: int) -> int:
        await loop.sleep(0.001)
        return number * 10

    home = Home(wait)
    assert loop.run(lambda: home.start("once", 4)) == 44
    assert loop.run(lambda: home.start("twice", 4)) == 80
    # Those that wait for nothing are over at once.
    assert loop.run(lambda: home.start("plain", 4)) == home.call("plain", 4) == 5
    assert loop.run(lambda: home.start("calls_now", 4)) == home.call("calls_now", 4) == 4


def test_it_is_a_coroutine() -> None:
    async def wait(number: int) -> int:
        return number

    home = Home(wait)
    assert inspect.iscoroutinefunction(Func.call_async)
    call = home.start("once", 4)
    assert inspect.iscoroutine(call)
    with pytest.raises(StopIteration) as done:
        call.send(None)
    assert done.value.value == 8
    with pytest.warns(RuntimeWarning, match="never awaited"):
        home.func("once").call_async(home.store, 4)  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    # Nothing has run.
    assert home.instance.global_(home.store, "calls").value(home.store) == 1


class Callable_:
    async def __call__(self, number: int) -> int:
        return number + 1

    async def method(self, number: int) -> int:
        return number + 2


def test_what_is_async(loop: Loop) -> None:
    async def add(more: int, number: int) -> int:
        return number + more

    functions: list[tuple[Callable[..., Any], int]] = [
        (Callable_(), 3),
        (Callable_().method, 4),
        (functools.partial(add, 3), 5),
        (mock.AsyncMock(return_value=6), 7),
    ]
    if sys.version_info >= (3, 12):
        functions.append((inspect.markcoroutinefunction(lambda number: add(6, number)), 8))
    for wait, expected in functions:
        home = Home(wait)
        assert loop.run(functools.partial(home.start, "once", 1)) == expected
    # One of which Python does not know that it gives a coroutine.
    home = Home(lambda number: add(1, number))
    with pytest.raises(WasmTypeError, match="gave a coroutine, and nothing awaits it"):
        loop.run(lambda: home.start("once", 1))


def test_a_future_that_a_host_function_gives_is_no_result() -> None:
    async def main() -> None:
        home = Home(lambda _: asyncio.get_running_loop().create_future())
        with pytest.raises(WasmTypeError, match="gave a Future, and nothing awaits it"):
            await home.start("once", 1)

    asyncio.run(main())


def test_values_go_both_ways(loop: Loop) -> None:
    kinds = [I32, I64, F32, F64, V128, EXTERNREF]
    given = [-1, 1 << 40, 1.5, 2.25, bytes(range(16)), Thing()]
    seen: list[tuple[Any, ...]] = []

    async def wait(*values: Any) -> Any:
        seen.append(values)
        await loop.sleep(0)
        return values if len(values) > 1 else values[0] if values else None

    store = Store(engine())
    for kind, value in zip(kinds, given, strict=True):
        host = Func(store, FuncType([kind], [kind]), wait)
        assert loop.run(functools.partial(host.call_async, store, value)) == value
        assert seen.pop() == (value,)
    host = Func(store, FuncType(kinds, kinds), wait)
    assert loop.run(lambda: host.call_async(store, *given)) == given
    assert seen.pop() == tuple(given)
    assert loop.run(lambda: Func(store, FuncType([], []), wait).call_async(store)) is None
    assert loop.run(lambda: Func(store, FuncType([F32], [F32]), wait).call_async(store, Val.f32(0.5))) == 0.5
    null = Func(store, FuncType([EXTERNREF], [EXTERNREF]), wait)
    assert loop.run(lambda: null.call_async(store, None)) is None


def test_wrong_arguments_are_those_of_a_call(loop: Loop) -> None:
    async def wait(number: int) -> int:
        return number

    home = Home(wait)
    for given in [("a",), (1, 2), (), (1 << 40,), (1.5,)]:
        once, arguments = home.func("once"), list(given)
        with pytest.raises(WasmtimeError) as found:
            loop.run(functools.partial(once.call_async, home.store, *arguments))
        with pytest.raises(WasmtimeError) as expected:
            once(home.store, *arguments)
        assert type(found.value) is type(expected.value) and str(found.value) == str(expected.value)


@pytest.mark.parametrize("named", [False, True])
def test_wrong_answers_are_those_of_a_call(loop: Loop, named: bool) -> None:
    wat = """(module (import "host" "f" (func $f (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $f (local.get 0))))"""
    answers: list[tuple[object, type[WasmtimeError]]] = [
        ("a", WasmTypeError),
        ([1, 2], WasmTypeError),
        (None, WasmTypeError),
        (1.5, WasmTypeError),
        (Val.i64(1), WasmTypeError),
        (1 << 40, RangeError),
    ]
    for answer, kind in answers:

        async def wait(_: int, answer: object = answer) -> object:
            return answer

        def now(_: int, answer: object = answer) -> object:
            return answer

        told: list[str] = []
        for function in (wait, now):
            store, ty = Store(engine()), FuncType([I32], [I32])
            module = Module(store.engine, wat)
            if named:
                linker = Linker(store.engine)
                linker.define_func("host", "f", ty, function)
                run = linker.instantiate(store, module).func(store, "run")
            else:
                run = Instance(store, module, [Func(store, ty, function)]).func(store, "run")
            with pytest.raises(kind) as error:
                loop.run(functools.partial(run.call_async, store, 1))
            told.append(str(error.value))
        assert told[0] == told[1], answer
        assert not named or "`host` `f`" in told[0]


def test_what_a_host_function_raises_is_the_very_same_object(loop: Loop) -> None:
    errors: list[BaseException] = [KeyError("it"), KeyboardInterrupt(), SystemExit(3), WasmTypeError("of a test")]

    async def wait(number: int) -> int:
        await loop.sleep(0)
        raise errors[number]

    home = Home(wait)
    for number, error in enumerate(errors):

        async def main(number: int = number, error: BaseException = error) -> None:
            with pytest.raises(type(error)) as raised:
                await home.start("once", number)
            assert raised.value is error

        loop.run(main)

    # One that cannot be called with these arguments.
    async def of_two(left: int, right: int) -> int:
        return left + right

    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        loop.run(lambda: Home(of_two).start("once", 1))
    assert home.call("plain", 1) == 2


def test_a_trap_after_a_wait(loop: Loop) -> None:
    async def wait(number: int) -> int:
        await loop.sleep(0)
        return number

    home = Home(wait)
    with pytest.raises(Trap, match="unreachable"):
        loop.run(lambda: home.start("traps", 1))
    assert home.call("plain", 1) == 2


def test_a_call_that_cannot_wait(loop: Loop) -> None:
    async def wait(number: int) -> int:
        return number

    def now(caller: Caller, number: int) -> int:
        below: int = caller.func("once")(caller, number)
        return below

    home = Home(wait)
    with pytest.raises(SuspendError, match="an async host function was called where its guest cannot wait"):
        home.call("once", 1)
    # Nor below a host function that is not async.
    home = Home(lambda _: 0, now, access_caller=True)
    store = home.store
    home.instance = Instance(
        store,
        home.module,
        [Func(store, FuncType([I32], [I32]), wait), Func(store, FuncType([I32], [I32]), now, access_caller=True)],
    )
    with pytest.raises(SuspendError):
        loop.run(lambda: home.start("calls_now", 1))
    assert loop.run(lambda: home.start("once", 1)) == 2


def test_a_host_function_uses_its_store_while_the_guest_waits(loop: Loop) -> None:
    async def wait(caller: Caller, number: int) -> int:
        memory = caller.memory("memory")
        await loop.sleep(0.001)
        assert memory.read(caller, 0, 4) == number.to_bytes(4, "little")
        await loop.sleep(0.001)
        # Synchronously, and as a guest that waits itself: on top of the one that waits for this.
        assert home.call("plain", number) == number + 1
        if number > 1:
            assert await home.func("once").call_async(caller, number - 1) > 0
        kept.append(caller)
        return number

    kept: list[Caller] = []
    home = Home(wait, access_caller=True)
    assert loop.run(lambda: home.start("once", 3)) == 4
    for caller in kept:
        with pytest.raises(EscapedError):
            caller.memory("memory")


def test_tasks_of_a_host_function_work_for_its_call(loop: Loop) -> None:
    async def wait(number: int) -> int:
        async def nested(number: int) -> None:
            found.append(await home.start("once", number))
            found.append(home.call("plain", number))

        if number > 0:
            async with loop.tasks() as begin:
                for _ in range(3):
                    begin(nested, 0)
        return number

    found: list[int] = []
    home = Home(wait)
    assert loop.run(lambda: home.start("once", 5)) == 5
    assert sorted(found) == [0, 0, 0, 1, 1, 1]


def test_calls_of_several_tasks_stand_in_line(loop: Loop) -> None:
    async def wait(number: int) -> int:
        order.append(("begins", number))
        await loop.sleep(0.001)
        order.append(("ends", number))
        return number

    order: list[tuple[str, int]] = []
    home = Home(wait)

    async def call(number: int) -> None:
        assert await home.start("once", number) == 2 * number

    async def main() -> None:
        async with loop.tasks() as begin:
            for number in range(20):
                begin(call, number)

    loop.run(main)
    # No two interleave.
    assert len(order) == 40
    for begins, ends in zip(order[::2], order[1::2], strict=True):
        assert begins == ("begins", ends[1]) and ends[0] == "ends"


def test_context_variables_are_those_of_the_task(loop: Loop) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")

    async def wait(number: int) -> int:
        assert variable.get() == "outer"
        await loop.sleep(0)
        variable.set("inner")
        return number

    home = Home(wait, lambda number: len(variable.get()) + number)

    async def main() -> None:
        variable.set("outer")
        await home.start("once", 1)
        # As where a coroutine is awaited.
        assert variable.get() == "inner"
        assert await home.start("calls_now", 1) == 6

    loop.run(main)


def test_a_thousand_guests_wait_without_a_thread_more(loop: Loop) -> None:
    TASKS = "/proc/self/task"
    waiting, event = 0, loop.event()
    threads: set[int] = set()
    tasks: set[int] = set()

    async def wait(number: int) -> int:
        nonlocal waiting
        waiting += 1
        if waiting == len(homes):
            event.set()
        await event.wait()
        threads.add(threading.active_count())
        tasks.add(len(os.listdir(TASKS)) if os.path.exists(TASKS) else 0)
        return number

    async def main() -> None:
        nonlocal event
        event = loop.event()
        async with loop.tasks() as begin:
            for home in homes:
                begin(home.start, "once", 1)

    shared = engine()
    module = Module(shared, WAT)
    homes = [Home(wait, module=module) for _ in range(1000)]
    loop.run(main)
    assert waiting == 1000 and len(threads) == len(tasks) == 1


def test_a_linker_s_async_function_in_each_store(loop: Loop) -> None:
    async def wait(number: int) -> int:
        await loop.sleep(0)
        return number * 3

    made = engine()
    with Linker(made) as linker:
        linker.define_func("host", "f", FuncType([I32], [I32]), wait)
        module = Module(
            made,
            """(module (import "host" "f" (func $f (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) (call $f (local.get 0))))""",
        )
        pre = linker.instantiate_pre(module)
        stores = [Store(made) for _ in range(4)]
        instances = [
            linker.instantiate(store, module) if place % 2 else pre.instantiate(store)
            for place, store in enumerate(stores)
        ]

    async def call(place: int) -> None:
        run = instances[place].func(stores[place], "run")
        assert await run.call_async(stores[place], place) == 3 * place

    async def main() -> None:
        async with loop.tasks() as begin:
            for place in range(4):
                begin(call, place)

    loop.run(main)
    got = Linker(made)
    got.define_func("host", "f", FuncType([I32], [I32]), wait)
    item = got.get(stores[0], "host", "f")
    assert isinstance(item, Func)
    assert loop.run(lambda: item.call_async(stores[0], 5)) == 15
