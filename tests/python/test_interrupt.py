"""Guests that do not end by themselves: time-outs, handles, and Python's own interrupts."""

from __future__ import annotations

import signal
import threading
import time
from array import array
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from guests import config
from trimaran import (
    ConfigError,
    Engine,
    Func,
    FuncType,
    Instance,
    InterruptHandle,
    Linker,
    Module,
    RangeError,
    Store,
    Trap,
    TrapCode,
    WasiConfig,
    WasmTypeError,
)

WAT = """(module
    (import "host" "f" (func $f))
    (memory 16)
    (func (export "spin") (loop (br 0)))
    (func $forever (export "recurse") (param i32) (result i32)
        (loop (drop (call $leaf (i32.const 20))) (br 0)) unreachable)
    (func $leaf (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $leaf (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
    (func (export "fill") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x100000)) (br 0)))
    (func (export "host") (loop (call $f) (br 0)))
    (func (export "fine") (result i32) (i32.const 42)))"""
ENGINE = Engine(config().epoch_interruption(True))
MODULE = Module(ENGINE, WAT)
ENDLESS: dict[str, list[int]] = {"spin": [], "recurse": [0], "fill": [], "host": []}
# What it takes on a machine that is busy: far less than for ever.
SOON = 10.0


class Guest:
    """An instance of the guest, whose host function does nothing."""

    def __init__(self) -> None:
        self.store = Store(ENGINE)
        host = Func(self.store, FuncType([], []), lambda: None)
        self.exports: Any = Instance(self.store, MODULE, [host]).exports(self.store)

    def __call__(self, name: str) -> Any:
        return self.exports[name](self.store, *ENDLESS.get(name, []))

    def check(self) -> None:
        """The store goes on."""
        self.store.set_timeout(None)
        assert self("fine") == 42


@contextmanager
def soon() -> Generator[None]:
    """What is inside has to end soon."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < SOON


@contextmanager
def interrupted(handler: Callable[..., object] | None = None) -> Generator[None]:
    """Sends this process an interrupt, as Ctrl-C does, after a moment."""
    before = signal.getsignal(signal.SIGINT)
    if handler is not None:
        signal.signal(signal.SIGINT, handler)
    timer = threading.Timer(0.1, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
    timer.start()
    try:
        with soon():
            yield
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_timeout(name: str) -> None:
    guest = Guest()
    guest.store.set_timeout(0.05)
    for _ in range(2):
        # Each call has that long.
        with soon(), pytest.raises(Trap) as caught:
            guest(name)
        assert caught.value.code is TrapCode.INTERRUPT
        assert guest("fine") == 42
    guest.check()


def test_a_start_function_and_a_program_of_wasi() -> None:
    store, linker = Store(ENGINE), Linker(ENGINE)
    linker.define_wasi()
    store.set_wasi(WasiConfig())
    store.set_timeout(0.05)
    with soon(), pytest.raises(Trap) as caught:
        linker.instantiate(store, Module(ENGINE, "(module (func $f (loop (br 0))) (start $f))"))
    assert caught.value.code is TrapCode.INTERRUPT
    program = linker.instantiate(store, Module(ENGINE, '(module (func (export "_start") (loop (br 0))))'))
    with soon(), pytest.raises(Trap) as caught:
        program.func(store, "_start")(store)
    assert caught.value.code is TrapCode.INTERRUPT


@pytest.mark.parametrize("name", ENDLESS)
def test_another_thread_interrupts(name: str) -> None:
    guest = Guest()
    handle = guest.store.interrupt_handle()
    # Nobody runs: nothing happens.
    handle.interrupt()
    assert guest("fine") == 42
    timer = threading.Timer(0.05, handle.interrupt)
    timer.start()
    with soon(), pytest.raises(Trap) as caught:
        guest(name)
    assert caught.value.code is TrapCode.INTERRUPT
    timer.join()
    guest.check()


def test_a_handle_outlives_its_store() -> None:
    handle = Guest().store.interrupt_handle()
    handle.interrupt()
    with pytest.raises(WasmTypeError):
        InterruptHandle()


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
    assert [type(error) for error in ended] == [Trap]
    guest.check()


def test_an_epoch_without_a_deadline() -> None:
    guest = Guest()
    for _ in range(5):
        ENGINE.increment_epoch()
    assert guest("fine") == 42
    guest.store.set_epoch_deadline(1)
    ENGINE.increment_epoch()
    with pytest.raises(Trap) as caught:
        guest("spin")
    assert caught.value.code is TrapCode.INTERRUPT


def test_without_interruption() -> None:
    store = Store(Engine(config()))
    for use in (lambda: store.set_timeout(1), store.interrupt_handle):
        with pytest.raises(ConfigError, match="epoch_interruption"):
            use()


@pytest.mark.parametrize(
    ("seconds", "kind", "sentence"),
    [
        (-1, RangeError, "the timeout is -1: expected 0 or more seconds"),
        (float("nan"), RangeError, "the timeout is nan"),
        ("1", WasmTypeError, "the timeout is a str: expected seconds"),
        (True, WasmTypeError, "the timeout is a bool: expected seconds"),
    ],
)
def test_what_is_no_time(seconds: Any, kind: type[Exception], sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        Store(ENGINE).set_timeout(seconds)


def test_no_time_at_all() -> None:
    guest = Guest()
    guest.store.set_timeout(0)
    with soon(), pytest.raises(Trap):
        guest("spin")
