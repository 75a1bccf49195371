"""Guests that do not end by themselves: time-outs, handles, and Python's own interrupts."""

from __future__ import annotations

import gc
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
    BusyError,
    ClosedError,
    ConfigError,
    Engine,
    Func,
    FuncType,
    Instance,
    InterruptHandle,
    Interruption,
    Limits,
    Linker,
    Memory,
    MemoryType,
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


def test_a_deadline_covers_all_calls_of_its_thread() -> None:
    guest = Guest()
    with soon(), guest.store.deadline(0.2):
        assert guest("fine") == 42
        with pytest.raises(TimeLimitTrap):
            guest("spin")
        with pytest.raises(TimeLimitTrap):
            guest("fine")
        with pytest.raises(TimeLimitTrap):
            Instance(guest.store, MODULE, [Func(guest.store, FuncType([], []), lambda: None)])
        thread = threading.Thread(target=guest, args=["fine"])
        thread.start()
        thread.join()
    guest.check()


def test_a_deadline_and_a_timeout() -> None:
    guest = Guest()
    # Whichever comes first, in both orders.
    guest.store.set_timeout(0.05)
    with soon(), guest.store.deadline(60), pytest.raises(TimeLimitTrap):
        guest("spin")
    guest.store.set_timeout(60)
    with soon(), guest.store.deadline(0.05), pytest.raises(TimeLimitTrap):
        guest("spin")
    with soon(), guest.store.deadline(0.05), guest.store.deadline(60), pytest.raises(TimeLimitTrap):
        guest("spin")
    with soon(), guest.store.deadline(60), guest.store.deadline(0.05), pytest.raises(TimeLimitTrap):
        guest("spin")
    guest.check()


def test_a_deadline_in_a_host_function() -> None:
    guest, outer = Guest(), Store(ENGINE)

    def host() -> None:
        with guest.store.deadline(0.05), pytest.raises(TimeLimitTrap):
            guest("spin")

    func = Func(outer, FuncType([], []), host)
    with soon():
        func(outer)
    guest.check()


def test_a_deadline_covers_waiting_for_the_store() -> None:
    guest = Guest()
    handle = guest.store.interrupt_handle()

    def spin() -> None:
        with pytest.raises(Trap):
            guest("spin")

    spinner = threading.Thread(target=spin)
    spinner.start()
    time.sleep(0.05)
    with soon(), guest.store.deadline(0.1), pytest.raises(TimeLimitTrap):
        guest("fine")
    with soon(), guest.store.deadline(0.1), pytest.raises(TimeLimitTrap):
        guest.store.gc()
    assert spinner.is_alive()
    handle.interrupt()
    spinner.join()
    guest.check()


def test_a_handle_between_the_calls_of_a_deadline() -> None:
    guest = Guest()
    handle = guest.store.interrupt_handle()
    with guest.store.deadline(None):
        assert guest("fine") == 42
        assert handle.interrupt() is True
        for _ in range(2):
            with pytest.raises(Trap) as caught:
                guest("fine")
            assert caught.value.interruption is Interruption.HANDLE
    assert handle.interrupt() is False
    guest.check()


def test_a_deadline_is_of_one_use_at_a_time() -> None:
    store = Store(ENGINE)
    deadline = store.deadline(1)
    with deadline, pytest.raises(BusyError, match="has begun already"):
        deadline.__enter__()
    # Ended, it may begin again.
    with deadline:
        store.close()
    with pytest.raises(ClosedError):
        deadline.__enter__()
    with pytest.raises(ConfigError, match="epoch_interruption"):
        Store(Engine(config())).deadline(1).__enter__()
    with pytest.raises(RangeError, match="the deadline is -1: expected 0 or more seconds"):
        store.deadline(-1)


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


def test_a_deadline_of_a_thread_that_has_ended_is_of_no_other() -> None:
    guest, kept, ends = Guest(), list[Generator[None]](), list[object]()

    def open_ended() -> Generator[None]:
        with guest.store.deadline(0.01):
            yield

    def leave() -> None:
        kept.append(open_ended())
        next(kept[-1])

    for work in (leave, lambda: ends.append(guest("fine"))):
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0.02)
    assert ends == [42] * 8
