"""Host functions of components in Python: callers, exceptions, threads, and what keeps what alive."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import Any

import pytest
from component_guests import CALLS, ENGINE, linked

from trimaran import (
    BusyError,
    Caller,
    ClosedError,
    Config,
    Engine,
    EscapedError,
    Func,
    FuncType,
    LinkError,
    Module,
    PoisonedError,
    RangeError,
    Store,
    SuspendError,
    TimeLimitTrap,
    Trap,
    ValType,
    WasmTypeError,
)
from trimaran import Linker as CoreLinker
from trimaran.component import Component, Instance, Linker


def test_what_it_raises_comes_out_as_it_is() -> None:
    class Odd(BaseException):
        pass

    for error in (KeyError("gone"), Odd(), KeyboardInterrupt(), SystemExit(3)):

        def f(_: int, error: BaseException = error) -> int:
            raise error

        store, instance = linked(CALLS, f=f)
        with pytest.raises(type(error)) as caught:
            instance.func(store, "run")(store, 1)
        assert caught.value is error
        with pytest.raises(PoisonedError):
            instance.func(store, "one")(store)


def test_results_that_do_not_fit() -> None:
    for result, kind, words in [
        ("x", WasmTypeError, "`f`: result: expected a u32, found a str"),
        (None, WasmTypeError, "`f`: result: expected a u32, found None"),
        (-1, RangeError, "`f`: result: -1 does not fit a u32: expected 0 to 4294967295"),
    ]:
        store, instance = linked(CALLS, f=lambda _, result=result: result)
        with pytest.raises(kind) as caught:
            instance.func(store, "run")(store, 1)
        assert str(caught.value) == words


def test_a_coroutine_that_nobody_awaits() -> None:
    async def late(_: int = 0) -> int:
        return 1

    store, instance = linked(CALLS, f=lambda number: late(number))
    with pytest.raises(WasmTypeError, match="`f`: the host function gave a coroutine, and nothing awaits it"):
        instance.func(store, "run")(store, 1)
    core = Func(store, FuncType([], [ValType.i32()]), lambda: late())
    with pytest.raises(WasmTypeError, match="the host function gave a coroutine, and nothing awaits it"):
        core(store)
    linker = CoreLinker(ENGINE)
    linker.define_func("a", "b", FuncType([], []), lambda: late())
    module = Module(ENGINE, '(module (import "a" "b" (func $f)) (export "f" (func $f)))')
    exported = linker.instantiate(store, module).exports(store)["f"]
    assert isinstance(exported, Func)
    with pytest.raises(WasmTypeError, match="the host function gave a coroutine, and nothing awaits it"):
        exported(store)


def test_an_async_def_in_a_synchronous_call() -> None:
    async def late(number: int = 0) -> int:
        return number

    store, instance = linked(CALLS, f=late)
    with pytest.raises(SuspendError, match="the async host function `f` was called where its guest cannot wait"):
        instance.func(store, "run")(store, 1)
    store, instance = linked(CALLS, f=late)
    run = instance.func(store, "run")
    assert asyncio.run(run.call_async(store, 7)) == 7
    # Values that do not fit are refused as in a call, and the guest does not know of it.
    with pytest.raises(RangeError, match="argument 1: -1 does not fit a u32"):
        asyncio.run(run.call_async(store, -1))
    with pytest.raises(WasmTypeError, match="expected 1 argument"):
        asyncio.run(run.call_async(store))
    assert asyncio.run(run.call_async(store, 8)) == 8


def test_what_an_async_function_raises_is_the_very_same_object() -> None:
    error = KeyError("it")

    async def fails(number: int) -> int:
        await asyncio.sleep(0)
        raise error

    store, instance = linked(CALLS, f=fails)
    with pytest.raises(KeyError) as raised:
        asyncio.run(instance.func(store, "run").call_async(store, 7))
    assert raised.value is error


def test_a_component_that_is_cancelled_poisons_its_store() -> None:
    async def waits(number: int) -> int:
        await asyncio.sleep(1000)
        return number

    store, instance = linked(CALLS, f=waits)
    run = instance.func(store, "run")

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await run.call_async(store, 1)
        with pytest.raises(PoisonedError):
            await run.call_async(store, 1)

    asyncio.run(main())


def test_a_missing_wasi_is_named() -> None:
    wat = '(component (import "wasi:cli/exit@0.2.0" (instance (export "exit" (func (param "status" (result)))))))'
    with pytest.raises(LinkError, match=r"1 import is not defined.*; define_wasi defines those of WASI$"):
        Linker(ENGINE).instantiate(Store(ENGINE), Component(ENGINE, wat))


def test_a_caller_is_valid_for_its_call() -> None:
    kept: list[Caller] = []

    def f(caller: Caller, n: int) -> int:
        kept.append(caller)
        assert caller.store is store
        return n

    store, linker = Store(ENGINE), Linker(ENGINE)
    linker.root().define_func("f", f, access_caller=True)
    instance = linker.instantiate(store, Component(ENGINE, CALLS))
    assert instance.func(store, "run")(store, 3) == 3
    with pytest.raises(EscapedError):
        instance.func(kept[0], "run")


def test_reentry() -> None:
    found: list[Any] = []

    def f(n: int) -> int:
        try:
            instance.func(store, "one")(store)
        except BusyError as error:
            found.append(error)
        # Another instance of the store may be called.
        return int(other.func(store, "one")(store)) + n

    store, linker = Store(ENGINE), Linker(ENGINE)
    linker.root().define_func("f", f)
    made = Component(ENGINE, CALLS)
    instance, other = linker.instantiate(store, made), linker.instantiate(store, made)
    assert instance.func(store, "run")(store, 4) == 5 and len(found) == 1


def test_a_store_that_is_closed_in_a_call() -> None:
    def f(n: int) -> int:
        store.close()
        return n

    store, instance = linked(CALLS, f=f)
    run = instance.func(store, "run")
    assert run(store, 1) == 1
    with pytest.raises(ClosedError):
        run(store, 1)


def test_two_threads_share_a_store() -> None:
    store, instance = linked(CALLS, f=lambda n: n + 1)
    run = instance.func(store, "run")
    results: list[int] = []

    def call() -> None:
        results.extend(run(store, n) for n in range(200))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([n + 1 for n in range(200)] * 4)


def test_a_store_that_another_thread_closes() -> None:
    begun, go = threading.Event(), threading.Event()

    def f(n: int) -> int:
        begun.set()
        go.wait(20)
        return n

    store, instance = linked(CALLS, f=f)
    run = instance.func(store, "run")
    results: list[int] = []
    caller = threading.Thread(target=lambda: results.append(run(store, 5)))
    caller.start()
    assert begun.wait(20)
    closer = threading.Thread(target=store.close)
    closer.start()
    go.set()
    caller.join()
    closer.join()
    assert results == [5] and store.closed
    with pytest.raises(ClosedError):
        run(store, 1)


def test_a_guest_that_runs_for_ever() -> None:
    engine = Engine(Config().epoch_interruption(True))
    store, linker = Store(engine), Linker(engine)
    linker.root().define_func("f", lambda n: n)
    instance = linker.instantiate(store, Component(engine, CALLS))
    store.set_timeout(0.05)
    with pytest.raises(TimeLimitTrap):
        instance.func(store, "loop")(store)
    with pytest.raises(PoisonedError):
        instance.func(store, "one")(store)


def test_traps() -> None:
    store, instance = linked(CALLS, f=lambda n: n)
    with pytest.raises(Trap) as caught:
        instance.func(store, "trap")(store)
    assert caught.value.code is not None and len(caught.value.frames) == 1
    with pytest.raises(PoisonedError):
        instance.func(store, "one")(store)


class Big:
    """Something to see whether it is gone."""


@pytest.mark.parametrize("closes", [False, True])
def test_a_function_that_refers_to_its_store_is_no_leak(closes: bool) -> None:
    def make() -> weakref.ref[Big]:
        big = Big()
        store, linker = Store(ENGINE), Linker(ENGINE)
        kept: list[Instance] = []
        linker.root().define_func("f", lambda n: n if (big, store, linker, kept) else 0)
        kept.append(linker.instantiate(store, Component(ENGINE, CALLS)))
        assert kept[0].func(store, "run")(store, 2) == 2
        if closes:
            store.close()
            linker.close()
        return weakref.ref(big)

    seen = make()
    gc.collect()
    assert seen() is None


def test_a_store_keeps_the_functions_of_its_instances() -> None:
    store, instance = linked(CALLS, f=lambda n: n * 3)
    gc.collect()
    assert instance.func(store, "run")(store, 2) == 6


def test_a_closed_store_lets_go_of_functions() -> None:
    big = Big()
    seen = weakref.ref(big)
    store, instance = linked(CALLS, f=lambda n, big=big: n)
    del big
    assert instance.func(store, "run")(store, 2) == 2
    store.close()
    gc.collect()
    assert seen() is None


def test_deep_calls() -> None:
    store, linker, made = Store(ENGINE), Linker(ENGINE), Component(ENGINE, CALLS)
    instances: list[Instance] = []

    def f(n: int) -> int:
        return 0 if n == 0 else 1 + int(instances[n - 1].func(store, "run")(store, n - 1))

    linker.root().define_func("f", f)
    instances.extend(linker.instantiate(store, made) for _ in range(20))
    assert instances[19].func(store, "run")(store, 19) == 19
