"""What a host function raises comes out of the outermost call as the very same object."""

from __future__ import annotations

import asyncio
import gc
import threading
import traceback
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from throwing import Guest, caught_from, thrower

from guests import engine
from trimaran import (
    BoundsError,
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    LimitError,
    Module,
    Store,
    Trap,
    TrapCode,
    ValType,
    WasmtimeError,
)


class Falsy(Exception):
    """An error that counts as false, and equals everything."""

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return False

    def __eq__(self, _other: object) -> bool:
        return True


class Stubborn(BaseException):
    """An error that can only be made with three arguments."""

    def __init__(self, first: int, second: int, third: int) -> None:
        super().__init__()


ERRORS: list[Callable[[], BaseException]] = [
    lambda: ValueError("mine"),
    lambda: KeyError("key"),
    lambda: StopIteration(7),
    lambda: StopAsyncIteration(),
    lambda: GeneratorExit(),
    lambda: KeyboardInterrupt("stop"),
    lambda: SystemExit(3),
    lambda: RecursionError(),
    lambda: MemoryError(),
    lambda: OSError(2, "no such file"),
    lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    lambda: ExceptionGroup("several", [ValueError(1), TypeError(2)]),
    lambda: BaseExceptionGroup("several", [KeyboardInterrupt()]),
    lambda: asyncio.CancelledError(),
    lambda: BaseException("base"),
    lambda: WasmtimeError("a plain one"),
    lambda: LimitError("mine"),
    lambda: Trap("my own trap"),
    Falsy,
    lambda: Stubborn(1, 2, 3),
]


WAYS = ["fast", "surface", "values", "rows", "direct", "start"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("make", ERRORS)
def test_the_very_same_object(make: Callable[[], BaseException], way: str) -> None:
    error = make()
    fields, args = dict(error.__dict__), error.args
    guest = Guest(thrower(error))
    assert caught_from(guest.ways()[way]) is error
    assert (error.__cause__, error.__context__, error.__suppress_context__) == (None, None, False)
    # It has a note on the guest that it has crossed.
    notes = error.__dict__.pop("__notes__", [])
    assert all(note.startswith(("wasm backtrace:", "in row ")) for note in notes)
    if way != "rows":
        assert (error.__dict__, error.args) == (fields, args)
    # The guest has unwound, and the store goes on.
    assert guest.exports["two"](guest.store) == 2
    assert caught_from(guest.ways()[way]) is error


@pytest.mark.parametrize("way", WAYS)
def test_it_keeps_its_traceback(way: str) -> None:
    def first() -> None:
        second()

    def second() -> None:
        raise ValueError("deep")

    error = caught_from(Guest(first).ways()[way])
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names[0] == "caught_from"
    assert names[-2:] == ["first", "second"]
    shown = "".join(traceback.format_exception(error))
    assert "_bindings" not in shown and "During handling" not in shown and "direct cause" not in shown


@pytest.mark.parametrize("way", WAYS)
def test_it_keeps_its_cause_and_context(way: str) -> None:
    cause = KeyError("cause")

    def fail() -> None:
        try:
            raise cause
        except KeyError as error:
            raise ValueError("mine") from error

    def fail_quietly() -> None:
        try:
            raise cause
        except KeyError:
            raise ValueError("mine") from None

    for act, suppressed in [(fail, cause), (fail_quietly, None)]:
        call = Guest(act).ways()[way]
        error = caught_from(call)
        assert (error.__cause__, error.__context__, error.__suppress_context__) == (suppressed, cause, True)
        cause.__context__ = None
        handled = OSError("handled")
        try:
            raise handled
        except OSError:
            error = caught_from(call)
        # As if no guest had been in between.
        assert (error.__cause__, error.__context__, error.__suppress_context__) == (suppressed, cause, True)
        assert cause.__context__ is handled
        cause.__context__ = None


@pytest.mark.parametrize("way", WAYS)
def test_an_error_of_the_guest_stays_one(way: str) -> None:
    """What fails inside a host function, and is not caught there, is an exception like any other."""
    inner = Store(engine())
    trap = Instance(inner, Module(inner.engine, '(module (func (export "f") unreachable))')).func(inner, "f")
    found: list[BaseException] = []

    def act() -> None:
        try:
            trap(inner)
        except Trap as error:
            found.append(error)
            raise

    error = caught_from(Guest(act).ways()[way])
    assert isinstance(error, Trap) and error is found[0] and error.code is TrapCode.UNREACHABLE


def test_through_three_stores() -> None:
    error = KeyboardInterrupt()
    inner = Guest(thrower(error))
    middle = Guest(lambda: inner.exports["run"](inner.store))
    outer = Guest(lambda: middle.exports["run"].call(middle.store, []))
    assert caught_from(outer.ways()["fast"]) is error
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names.count("<lambda>") >= 4 and names[-1] == "throw"


def test_through_one_store_to_any_depth() -> None:
    error = ValueError()

    depth = 0

    def act() -> None:
        nonlocal depth
        depth += 1
        if depth == 20:
            raise error
        guest.exports["run"](guest.store)

    guest = Guest(act)
    assert caught_from(guest.ways()["fast"]) is error
    assert guest.exports["two"](guest.store) == 2


def test_a_host_function_in_between_may_catch_it() -> None:
    inner = Guest(thrower(ValueError("inner")))

    def act() -> None:
        with pytest.raises(ValueError, match="inner"):
            inner.exports["run"](inner.store)

    outer = Guest(act)
    assert outer.exports["run"](outer.store) is None


def test_another_error_takes_its_place() -> None:
    first, second = ValueError("first"), TypeError("second")
    inner = Guest(thrower(first))

    def act() -> None:
        try:
            inner.exports["run"](inner.store)
        except ValueError:
            raise second  # noqa: B904

    error = caught_from(Guest(act).ways()["fast"])
    assert error is second
    assert error.__context__ is first


def test_a_row_that_fails_is_named() -> None:
    for error in (ValueError("mine"), LimitError("mine")):
        guest = Guest(thrower(error))
        assert caught_from(guest.ways()["rows"]) is error
        crossed, row = error.__notes__
        assert crossed.startswith("wasm backtrace:") and row == "in row 2 of the columns"
    assert isinstance(error, LimitError) and error.row == 2


def test_wrong_arguments_are_the_callers_error() -> None:
    store = Store(engine())
    func = Func(store, FuncType([ValType.i32()], []), lambda: None)
    with pytest.raises(TypeError, match="takes 0 positional arguments but 1 was given"):
        func(store, 1)


def test_the_cause_of_an_own_error_in_a_host_function() -> None:
    """An error of the package that a host function did not catch is still that of its own call."""

    def act() -> None:
        raise BoundsError("mine")

    error = caught_from(Guest(act).ways()["values"])
    assert isinstance(error, BoundsError) and str(error) == "mine"


@pytest.mark.parametrize("way", WAYS)
def test_it_is_let_go_at_once(way: str) -> None:
    class Mine(Exception):
        pass

    def act() -> None:
        raise Mine

    guest = Guest(act)
    call = guest.ways()[way]
    gc.collect()
    gc.disable()
    try:
        error: BaseException | None = caught_from(call)
        known = weakref.ref(error)
        error = None
        assert known() is None
    finally:
        gc.enable()


def test_an_error_of_another_thread_is_not_mixed_up() -> None:
    wrong: list[int] = []

    def work(number: int) -> None:
        error = ValueError(number)
        guest = Guest(thrower(error))
        for _ in range(200):
            if caught_from(guest.ways()["fast"]) is not error:
                wrong.append(number)
            error.__traceback__ = None

    workers = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


def test_a_generator_in_a_host_function() -> None:
    def numbers() -> Any:
        try:
            yield 1
        finally:
            done.append("closed")

    done: list[str] = []
    made = numbers()
    store = Store(engine())
    step = Func(store, FuncType([], [ValType.i32()]), lambda: next(made))
    assert step(store) == 1
    with pytest.raises(StopIteration):
        step(store)
    assert done == ["closed"]


def test_a_global_is_set_before_the_error() -> None:
    """What the guest did before stays done."""
    store = Store(engine())
    item = Global(store, GlobalType(ValType.i32(), True), 0)
    host = Func(store, FuncType([], []), thrower(ValueError()))
    wat = """(module (import "host" "g" (global $g (mut i32))) (import "host" "f" (func $f))
        (func (export "run") (global.set $g (i32.const 1)) (call $f) (global.set $g (i32.const 2))))"""
    exports: Any = Instance(store, Module(store.engine, wat), [item, host]).exports(store)
    with pytest.raises(ValueError):
        exports["run"](store)
    assert item.value(store) == 1
