"""Host functions: what they may do, on which stacks and threads they run, and how long they live."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import gc
import math
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from guests import config, engine
from hosts import I32, I64, Thing, forward, imported
from trimaran import (
    Caller,
    ClosedError,
    Engine,
    Func,
    FuncType,
    Reference,
    Store,
    Trap,
    TrapCode,
    ValType,
    WasmtimeError,
    WasmTypeError,
)


@pytest.fixture
def store() -> Store:
    return Store(engine())


FACTORIAL = """(module (import "host" "f" (func $f (param i64) (result i64)))
    (func (export "run") (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
            (else (i64.mul (local.get 0) (call $f (i64.sub (local.get 0) (i64.const 1))))))))"""


def test_guest_and_host_call_each_other(store: Store) -> None:
    host = Func(store, FuncType([I64], [I64]), lambda number: exports["run"](store, number))
    exports = imported(store, FACTORIAL, host)
    assert exports["run"](store, 20) == math.factorial(20)


@pytest.mark.parametrize("kilobytes", [None, 256, 512])
@pytest.mark.parametrize("surface", [False, True])
def test_an_endless_recursion_through_the_host_ends(store: Store, kilobytes: int | None, surface: bool) -> None:
    """Whichever stack is short: a typed error, and the store goes on."""
    wat = """(module (import "host" "f" (func $f)) (func (export "run") (call $f))
        (func (export "two") (result i32) (i32.const 2)))"""
    exports = imported(store, wat, Func(store, FuncType([], []), lambda: recurse()))

    def recurse() -> None:
        if surface:
            exports["run"].call(store, [])
        else:
            exports["run"](store)

    found: list[BaseException | int] = []

    def run() -> None:
        try:
            recurse()
        except (RecursionError, Trap, WasmtimeError) as error:
            found.append(error)
        found.append(exports["two"](store))

    on_a_thread(run, kilobytes)
    error, two = found
    assert isinstance(error, (RecursionError, WasmtimeError)), error
    assert not isinstance(error, Trap) or error.code is TrapCode.STACK_OVERFLOW
    assert two == 2


def on_a_thread(run: Callable[[], None], kilobytes: int | None) -> None:
    """Runs it on a thread with a stack of that size."""
    before = threading.stack_size((kilobytes or 0) << 10)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()


@pytest.mark.parametrize("kilobytes", [128, 256, 512, 1024])
def test_a_callback_on_a_small_stack(store: Store, kilobytes: int) -> None:
    results: list[Any] = []

    def host(number: int) -> int:
        return len(f"{number:>{number}}") + int(math.sqrt(number))

    run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), host))["run"]
    on_a_thread(lambda: results.append(run(store, 100)), kilobytes)
    assert results == [110]


def test_a_host_function_may_close_its_store(store: Store) -> None:
    def host() -> None:
        store.close()
        with pytest.raises(ClosedError):
            exports["run"](store)

    wat = """(module (import "host" "f" (func $f))
        (func (export "run") (result i32) (call $f) (i32.const 5)))"""
    exports = imported(store, wat, Func(store, FuncType([], []), host))
    assert exports["run"](store) == 5
    assert store.closed
    with pytest.raises(ClosedError):
        exports["run"](store)


def test_a_host_function_may_make_others(store: Store) -> None:
    made: list[Func] = []

    def host(depth: int) -> int:
        if depth == 0:
            return 1
        func = Func(store, FuncType([I32], [I32]), host)
        made.append(func)
        return 1 + int(func(store, depth - 1))

    assert Func(store, FuncType([I32], [I32]), host)(store, 10) == 11
    assert [func(store, 0) for func in made] == [1] * 10


def test_a_function_is_called_row_by_row(store: Store) -> None:
    rows: list[int] = []

    def host(number: int) -> int:
        rows.append(number)
        # The store is free for whoever is called from within it.
        return int(double(store, number))

    wat = '(module (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))'
    double = imported(store, wat)["f"]
    run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), host))["run"]
    assert list(run.map(store, np.arange(100, dtype=np.int32))) == list(range(0, 200, 2))
    assert rows == list(range(100))


@pytest.mark.parametrize("caller", [False, True])
def test_a_closure_over_its_own_store_is_collected(caller: bool) -> None:
    def make() -> list[weakref.ref[Any]]:
        store, thing = Store(engine()), Thing()

        def host(*_: Any) -> None:
            thing.__class__  # noqa: B018
            funcs["run"](store)

        wat = '(module (import "host" "f" (func $f)) (func (export "call") (call $f)) (func (export "run")))'
        funcs = imported(store, wat, Func(store, FuncType([], []), host, access_caller=caller))
        funcs["call"](store)
        return [weakref.ref(store), weakref.ref(thing), weakref.ref(host)]

    known = make()
    gc.collect()
    assert [each() for each in known] == [None] * 3


def test_closing_lets_go_of_closures(store: Store) -> None:
    thing: Thing | None = Thing()
    known = weakref.ref(thing)

    def host(thing: Thing | None = thing) -> None:
        assert thing is not None

    func = Func(store, FuncType([], []), host)
    func(store)
    del host
    thing = None
    gc.collect()
    assert known() is not None
    store.close()
    assert known() is None
    with pytest.raises(ClosedError):
        func(store)


def test_a_store_keeps_its_host_functions(store: Store) -> None:
    run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), lambda number: number + 1))
    gc.collect()
    assert run["run"](store, 1) == 2


def test_a_call_keeps_nothing(store: Store) -> None:
    """The caller is gone when the call has returned, and so is what was given that is no reference."""
    known: list[weakref.ref[Any]] = []

    class Number:
        def __index__(self) -> int:
            return 5

    def host(caller: Caller, _number: int) -> Number:
        result = Number()
        known.extend([weakref.ref(caller), weakref.ref(result)])
        return result

    func = Func(store, FuncType([I32], [I32]), host, access_caller=True)
    run = imported(store, forward("i32", "i32", 1), func)["run"]
    gc.collect()
    gc.disable()
    try:
        assert run(store, 5) == 5
        assert [each() for each in known] == [None, None]
    finally:
        gc.enable()


def test_two_threads_with_a_store_each() -> None:
    ready = threading.Barrier(2)

    def work(number: int) -> int:
        store, total = Store(engine()), 0

        def host(given: int) -> int:
            nonlocal total
            total += given
            return total

        run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), host))["run"]
        ready.wait()
        for _ in range(2000):
            run(store, number)
        return total

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, [1, 3])) == [2000, 6000]


def test_threads_share_a_store_with_a_host_function(store: Store) -> None:
    inside = 0

    def host(number: int) -> int:
        nonlocal inside
        inside += 1
        assert inside == 1
        found = int(double(store, number))
        inside -= 1
        return found

    double = Func(store, FuncType([I32], [I32]), lambda number: number * 2)
    run = imported(store, forward("i32", "i32", 1), Func(store, FuncType([I32], [I32]), host))["run"]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda number: run(store, number), range(1000))) == list(range(0, 2000, 2))


def test_another_thread_waits_for_a_host_function(store: Store) -> None:
    entered, leave = threading.Event(), threading.Event()

    def host() -> None:
        entered.set()
        assert leave.wait(20)

    exports = imported(
        store,
        '(module (import "h" "f" (func $f)) (func (export "run") (call $f)))',
        Func(store, FuncType([], []), host),
    )
    other = Func(store, FuncType([], [I32]), lambda: 3)
    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(exports["run"], store)
        assert entered.wait(20)
        waiting = pool.submit(other, store)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.02)
        leave.set()
        assert call.result() is None
        assert waiting.result() == 3


def test_references_of_the_guest_reach_the_host() -> None:
    made = Engine(config().wasm_gc(True).wasm_function_references(True))
    store = Store(made)
    seen: list[object] = []

    def host(value: Reference) -> Reference:
        seen.append(value)
        return value

    wat = """(module (type $s (struct (field i32)))
        (import "host" "f" (func $f (param anyref) (result anyref)))
        (func (export "run") (param i32) (result i32)
            (struct.get $s 0 (ref.cast (ref $s) (call $f (struct.new $s (local.get 0)))))))"""
    func = Func(store, FuncType([ValType.anyref()], [ValType.anyref()]), host)
    assert imported(store, wat, func)["run"](store, 77) == 77
    assert isinstance(seen[0], Reference)
    wrong = Func(store, FuncType([], [ValType.anyref()]), lambda: func)
    with pytest.raises(WasmTypeError, match="result 1 is a funcref: expected anyref"):
        wrong(store)
