"""Guests that do not end by themselves: time-outs, handles, and what runs meanwhile."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from endless import ENDLESS, ENGINE, Guest, soon
from guests import config
from trimaran import (
    BusyError,
    ConfigError,
    Engine,
    Func,
    FuncType,
    Instance,
    InterruptHandle,
    Interruption,
    Linker,
    Module,
    RangeError,
    Store,
    TimeLimitTrap,
    Trap,
    TrapCode,
    ValType,
    WasiConfig,
    WasmTypeError,
)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_timeout(name: str) -> None:
    guest = Guest()
    guest.store.set_timeout(0.05)
    for _ in range(2):
        # Each call has that long.
        with soon(), pytest.raises(TimeoutError) as caught:
            guest(name)
        assert isinstance(caught.value, TimeLimitTrap) and isinstance(caught.value, Trap)
        assert (caught.value.code, caught.value.interruption) == (TrapCode.INTERRUPT, Interruption.TIME_LIMIT)
        assert str(caught.value).startswith("wasm trap: interrupt: its time limit has passed")
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
    # Nothing is under way: nothing happens.
    assert handle.interrupt() is False
    assert guest("fine") == 42
    timer = threading.Timer(0.05, handle.interrupt)
    timer.start()
    with soon(), pytest.raises(Trap) as caught:
        guest(name)
    assert (caught.value.code, caught.value.interruption) == (TrapCode.INTERRUPT, Interruption.HANDLE)
    timer.join()
    guest.check()


def test_a_handle_outlives_its_store() -> None:
    handle = Guest().store.interrupt_handle()
    handle.interrupt()
    with pytest.raises(WasmTypeError):
        InterruptHandle()


def test_an_epoch_without_a_deadline() -> None:
    guest = Guest()
    for _ in range(5):
        ENGINE.increment_epoch()
    assert guest("fine") == 42
    guest.store.set_epoch_deadline(1)
    ENGINE.increment_epoch()
    with pytest.raises(Trap) as caught:
        guest("spin")
    assert (type(caught.value), caught.value.interruption) == (Trap, Interruption.EPOCH)


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


@contextmanager
def crowded(guest: Guest, others: int) -> Generator[None]:
    """Meanwhile so many other threads call the same store, again and again."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.002):
            guest("fine")

    threads = [threading.Thread(target=work) for _ in range(others)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("others", [1, 2, 7])
def test_a_timeout_holds_however_many_others_call(others: int) -> None:
    guest = Guest()
    guest.store.set_timeout(0.2)
    with crowded(guest, others), soon(), pytest.raises(TimeLimitTrap):
        guest("spin")
    guest.check()


@pytest.mark.parametrize("others", [1, 7])
def test_a_handle_holds_however_many_others_call(others: int) -> None:
    guest, caught = Guest(), list[Interruption | None]()
    handle = guest.store.interrupt_handle()

    def spin() -> None:
        try:
            guest("spin")
        except Trap as trap:
            caught.append(trap.interruption)

    with soon():
        spinner = threading.Thread(target=spin)
        spinner.start()
        time.sleep(0.05)
        # Others come while it runs, and wait for it: none of them takes its place as what the handle ends.
        waiting = [threading.Thread(target=guest, args=["fine"]) for _ in range(others)]
        for thread in waiting:
            thread.start()
        time.sleep(0.05)
        assert handle.interrupt() is True
        spinner.join()
        for thread in waiting:
            thread.join()
    assert caught == [Interruption.HANDLE]
    guest.check()


@pytest.mark.parametrize("kib", [192, 512, 8192])
def test_a_callback_in_a_guest_inside_a_guest(kib: int) -> None:
    """What does not come by a host function must not run over the guest that waits."""
    store, linker, seen = Store(ENGINE), Linker(ENGINE), list[type[BaseException]]()
    linker.define_wasi()
    config = WasiConfig()
    text = """(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "host" "f" (func $f))
        (memory (export "memory") 1) (data (i32.const 64) "hello")
        (func (export "print")
            (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 5))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
        (func (export "outer") (call $f)) (func (export "fine")))"""
    exports: dict[str, Func] = {}

    def written(_data: bytes) -> None:
        try:
            exports["fine"](store)
        except BusyError as error:
            seen.append(type(error))

    config.stdout_custom = written
    store.set_wasi(config)
    linker.define_func("host", "f", FuncType([], []), lambda: exports["print"](store))
    instance = linker.instantiate(store, Module(ENGINE, text))
    exports.update({name: instance.func(store, name) for name in ("print", "outer", "fine")})
    before = threading.stack_size(kib * 1024)
    thread = threading.Thread(target=exports["outer"], args=[store])
    thread.start()
    threading.stack_size(before)
    thread.join()
    assert seen == [BusyError]


def test_an_object_that_a_guest_lets_go_of_may_use_the_store() -> None:
    guest, ends = Guest(), list[object]()

    class Goes:
        def __del__(self) -> None:
            ends.append(guest("fine"))

    def take(_object: object) -> None:
        pass

    keep = Func(guest.store, FuncType([ValType.externref()], []), take)
    collect = Func(guest.store, FuncType([], []), guest.store.gc)
    keep(guest.store, Goes())
    gc.collect()
    # The collector runs in the middle of a guest.
    collect(guest.store)
    assert ends == [42]


def test_a_guest_that_only_calls_the_host_is_ended_when_that_returns() -> None:
    store = Store(ENGINE)
    text = '(module (import "" "" (func $h)) (func (export "many") ' + "(call $h)" * 200 + "))"
    host = Func(store, FuncType([], []), lambda: time.sleep(0.02))
    many = Instance(store, Module(ENGINE, text), [host]).func(store, "many")
    store.set_timeout(0.1)
    start = time.monotonic()
    with pytest.raises(TimeLimitTrap):
        many(store)
    # All of them would take four seconds.
    assert time.monotonic() - start < 3
