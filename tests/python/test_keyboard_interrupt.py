"""Guests that do not end by themselves, and Python's own interrupts."""

from __future__ import annotations

import signal
import threading
import time
from array import array
from collections.abc import Callable

import pytest

from endless import ENDLESS, ENGINE, Guest, interrupted
from guests import config
from trimaran import (
    BusyError,
    ClosedError,
    Engine,
    Func,
    FuncType,
    Instance,
    Limits,
    Linker,
    Memory,
    MemoryType,
    Module,
    Store,
    TimeLimitTrap,
    Trap,
    TrapCode,
)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_keyboard_interrupt(name: str) -> None:
    guest = Guest()
    with interrupted(), pytest.raises(KeyboardInterrupt):
        guest(name)
    guest.check()


@pytest.mark.parametrize("way", ["call", "map", "start", "pre"])
def test_a_keyboard_interrupt_in_every_way_to_run(way: str) -> None:
    guest, linker = Guest(), Linker(ENGINE)
    start = Module(ENGINE, "(module (func $f (loop (br 0))) (start $f))")
    ways: dict[str, Callable[[], object]] = {
        "call": lambda: guest.exports["spin"].call(guest.store, []),
        "map": lambda: guest.exports["recurse"].map(guest.store, array("i", [1, 2])),
        "start": lambda: linker.instantiate(guest.store, start),
        "pre": lambda: linker.instantiate_pre(start).instantiate(guest.store),
    }
    with interrupted(), pytest.raises(KeyboardInterrupt):
        ways[way]()
    guest.check()


class Alarm(Exception):
    """What a handler of signals raises."""


def test_what_a_handler_raises_is_the_same_object() -> None:
    guest, alarm = Guest(), Alarm("now")

    def handler(_number: int, _frame: object) -> None:
        raise alarm

    with interrupted(handler), pytest.raises(Alarm) as caught:
        guest("spin")
    assert caught.value is alarm
    guest.check()


def test_a_handler_that_returns_interrupts_nothing() -> None:
    guest, seen = Guest(), list[int]()
    guest.store.set_timeout(1)

    def handler(number: int, _frame: object) -> None:
        seen.append(number)

    with interrupted(handler), pytest.raises(Trap) as caught:
        guest("spin")
    assert caught.value.code is TrapCode.INTERRUPT
    assert seen == [signal.SIGINT]
    guest.check()


def test_an_interrupt_in_a_guest_inside_a_guest() -> None:
    inner, outer = Guest(), Store(ENGINE)
    func = Func(outer, FuncType([], []), lambda: inner("spin"))
    run = Instance(outer, Module(ENGINE, '(module (import "" "" (func $f)) (func (export "run") (call $f)))'), [func])
    with interrupted(), pytest.raises(KeyboardInterrupt):
        run.func(outer, "run")(outer)
    inner.check()


def test_another_thread_is_not_interrupted_by_ctrl_c() -> None:
    guest, ended = Guest(), list[BaseException]()
    guest.store.set_timeout(0.5)

    def work() -> None:
        try:
            guest("spin")
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    with interrupted(), pytest.raises(KeyboardInterrupt):
        while True:
            time.sleep(0.01)
    thread.join()
    assert [type(error) for error in ended] == [TimeLimitTrap]
    guest.check()


@pytest.mark.parametrize("is_interruptible", [True, False])
def test_ctrl_c_while_a_store_waits_to_be_closed(is_interruptible: bool) -> None:
    engine = Engine(config().epoch_interruption(is_interruptible))
    store, begun, leave = Store(engine), threading.Event(), threading.Event()
    text = '(module (import "" "" (func $f)) (func (export "run") (call $f)) (func (export "fine")))'
    ends = list[type[BaseException]]()

    def host() -> None:
        begun.set()
        leave.wait()
        # As after a close in a host function.
        with pytest.raises(ClosedError):
            fine(store)
        ends.append(ClosedError)

    guest = Instance(store, Module(engine, text), [Func(store, FuncType([], []), host)])
    run, fine = guest.func(store, "run"), guest.func(store, "fine")
    thread = threading.Thread(target=run, args=[store])
    thread.start()
    begun.wait()
    try:
        with interrupted(), pytest.raises(KeyboardInterrupt):
            store.close()
        assert store.closed
        with pytest.raises(ClosedError):
            fine(store)
    finally:
        leave.set()
        thread.join()
    assert ends == [ClosedError]
    store.close()


@pytest.mark.parametrize("is_interruptible", [True, False])
@pytest.mark.parametrize("way", ["call", "gc", "read", "size"])
def test_ctrl_c_while_the_store_is_busy(is_interruptible: bool, way: str) -> None:
    engine = Engine(config().epoch_interruption(is_interruptible))
    store, begun, leave = Store(engine), threading.Event(), threading.Event()
    memory = Memory(store, MemoryType(Limits(1)))
    text = '(module (import "" "" (func $f)) (func (export "run") (call $f)) (func (export "fine")))'

    def host() -> None:
        begun.set()
        leave.wait()

    guest = Instance(store, Module(engine, text), [Func(store, FuncType([], []), host)])
    run, fine = guest.func(store, "run"), guest.func(store, "fine")
    thread = threading.Thread(target=run, args=[store])
    thread.start()
    begun.wait()
    ways: dict[str, Callable[[], object]] = {
        "call": lambda: fine(store),
        "gc": store.gc,
        "read": lambda: memory.read(store, 0, 4),
        "size": lambda: memory.size(store),
    }
    try:
        with interrupted(), pytest.raises(KeyboardInterrupt):
            ways[way]()
    finally:
        leave.set()
        thread.join()
    assert memory.size(store) == 1


def test_a_handler_of_signals_that_uses_the_store_whose_guest_runs() -> None:
    guest, ends = Guest(), list[type[BaseException]]()
    guest.store.set_timeout(0.5)

    def handler(_number: int, _frame: object) -> None:
        # Its guest runs, on this very thread.
        for use in (lambda: guest("fine"), guest.store.gc):
            with pytest.raises(BusyError):
                use()
            ends.append(BusyError)

    with interrupted(handler), pytest.raises(TimeLimitTrap):
        guest("spin")
    assert ends == [BusyError, BusyError]
    guest.check()
