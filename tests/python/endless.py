"""Guests that run for ever."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from guests import config
from trimaran import Engine, Func, FuncType, Instance, Module, Store

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
