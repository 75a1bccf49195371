"""Guests that wait: for a notification, a clock or input that never comes. What ends a guest ends its waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from guests import ROOT, config
from trimaran import (
    Config,
    Engine,
    Limits,
    Linker,
    MemoryType,
    Module,
    SharedMemory,
    Store,
    Trap,
    TrapCode,
    WaitOutcome,
    WasiConfig,
)

GUESTS = ROOT / "tests" / "hostile" / "guests"
ATOMIC = ["wait32", "wait64", "hour", "again"]
WASI = ["sleep", "until", "both"]
# What it takes on a machine that is busy: far less than an hour.
SOON = 10.0


def guest(name: str) -> tuple[Store, Any]:
    """The guest that waits in that way."""
    is_atomic = name in ATOMIC
    # The interpreter has no threads.
    made = Engine((Config().wasm_threads(True) if is_atomic else config()).epoch_interruption(True))
    store, linker = Store(made), Linker(made)
    linker.define_wasi()
    store.set_wasi(WasiConfig())
    module = Module.from_file(made, GUESTS / ("waits.wat" if is_atomic else "sleep.wat"))
    return store, linker.instantiate(store, module).exports(store)


@contextmanager
def soon() -> Generator[None]:
    """What is inside has to end soon."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < SOON


def check_alive(store: Store, exports: Any) -> None:
    """The store goes on, and waits that end by themselves last as long as they say."""
    store.set_timeout(None)
    assert exports["plain"](store, 3) == 3
    start = time.monotonic()
    assert exports["moment"](store) in (0, 2)
    assert time.monotonic() - start >= 0.05


@pytest.mark.parametrize("name", ATOMIC + WASI)
def test_a_timeout(name: str) -> None:
    store, exports = guest(name)
    store.set_timeout(0.05)
    for _ in range(2):
        with soon(), pytest.raises(Trap) as caught:
            exports[name](store)
        assert caught.value.code is TrapCode.INTERRUPT
    check_alive(store, exports)


@pytest.mark.parametrize("name", ATOMIC + WASI)
def test_another_thread_interrupts(name: str) -> None:
    store, exports = guest(name)
    timer = threading.Timer(0.1, store.interrupt_handle().interrupt)
    timer.start()
    with soon(), pytest.raises(Trap) as caught:
        exports[name](store)
    assert caught.value.code is TrapCode.INTERRUPT
    timer.join()
    check_alive(store, exports)


class Alarm(Exception):
    """What a handler of signals raises."""


@pytest.mark.parametrize("name", ATOMIC + WASI)
@pytest.mark.parametrize("raised", [KeyboardInterrupt, Alarm])
def test_a_signal(name: str, raised: type[BaseException]) -> None:
    store, exports = guest(name)

    def handler(_number: int, _frame: object) -> None:
        raise raised

    before = signal.signal(signal.SIGINT, handler)
    timer = threading.Timer(0.1, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
    timer.start()
    try:
        with soon(), pytest.raises(raised):
            exports[name](store)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    check_alive(store, exports)


@pytest.mark.parametrize("wait", ["wait32", "wait64"])
@pytest.mark.parametrize("timeout", [None, 600])
def test_a_signal_ends_a_wait_of_the_host(wait: str, timeout: float | None) -> None:
    memory = SharedMemory(Engine(Config().wasm_threads(True)), MemoryType(Limits(1, 1)))

    def handler(_number: int, _frame: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGINT, handler)
    timer = threading.Timer(0.1, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
    timer.start()
    try:
        with soon(), pytest.raises(Alarm):
            getattr(memory, wait)(0, 0, timeout)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert memory.wait32(0, 1) is WaitOutcome.MISMATCH


@pytest.mark.parametrize("name", ["wait32", "sleep", "both"])
def test_others_run_while_one_waits(name: str) -> None:
    store, exports = guest(name)
    ended: list[BaseException] = []

    def work() -> None:
        try:
            exports[name](store)
        except Trap as trap:
            ended.append(trap)

    handle = store.interrupt_handle()
    threads = [threading.Thread(target=work)]
    threads[0].start()
    other, plain = guest(name)
    assert all(plain["plain"](other, number) == number for number in range(1000))
    assert threads[0].is_alive()
    # It may not have begun to wait.
    while threads[0].is_alive():
        handle.interrupt()
        threads[0].join(0.01)
    assert len(ended) == 1


PROGRAM = """
import threading
from trimaran import *
made = Engine(Config().target({target!r}).epoch_interruption(True))
store, linker = Store(made), Linker(made)
linker.define_wasi()
store.set_wasi(WasiConfig().inherit_stdin())
exports = linker.instantiate(store, Module.from_file(made, {path!r})).exports(store)
memory = exports["memory"]


def interrupted(name, word=None):
    try:
        if word:
            print(word, flush=True)
        exports[name](store)
    except Trap as trap:
        return trap.code is TrapCode.INTERRUPT
    except KeyboardInterrupt:
        return True


for name in ("read", "ready"):
    store.set_timeout(0.05)
    print(interrupted(name), flush=True)
    store.set_timeout(None)
    threading.Timer(0.1, store.interrupt_handle().interrupt).start()
    print(interrupted(name), flush=True)
    print(interrupted(name, "signal"), flush=True)
print("write", flush=True)
store.set_timeout(20)
print(exports["read"](store), memory.load_u32(store, 528), memory.read(store, 1024, 1028), flush=True)
print("close", flush=True)
print(exports["read"](store), memory.load_u32(store, 528), flush=True)
"""


def test_input_that_never_comes() -> None:
    """In a process of its own, whose input is a pipe."""
    program = PROGRAM.format(target=config().target.value, path=str(GUESTS / "sleep.wat"))
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin and child.stdout
        said: list[str] = []
        with soon():
            for line in map(str.strip, child.stdout):
                match line:
                    case "signal":
                        time.sleep(0.1)
                        child.send_signal(signal.SIGINT)
                    case "write":
                        print("abcd", end="", file=child.stdin, flush=True)
                    case "close":
                        child.stdin.close()
                    case _:
                        said.append(line)
        assert child.wait() == 0
    # What was asked for in vain is not lost: the next who reads gets it all.
    assert said == [*["True"] * 6, "0 4 b'abcd'", "0 0"]


PIPES = {
    "module": "Module.from_file(Engine(), PIPE)",
    "stdin": "Store().set_wasi(WasiConfig().stdin_file(PIPE))",
    "stdout": "Store().set_wasi(WasiConfig().stdout_file(PIPE))",
}


@pytest.mark.parametrize(
    ("name", "outcome"), [("module", "KeyboardInterrupt"), ("stdin", "None"), ("stdout", "OSError")]
)
def test_a_pipe_without_another_side(tmp_path: Path, name: str, outcome: str) -> None:
    """It is opened without a wait, and the wait for what comes through it ends by Ctrl-C."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = f"""from trimaran import *
PIPE = {str(pipe)!r}
print("now", flush=True)
try:
    print({PIPES[name]})
except KeyboardInterrupt:
    print("KeyboardInterrupt")
except OSError:
    print("OSError")
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "now\n"
        time.sleep(0.5)
        if outcome == "KeyboardInterrupt":
            process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == f"{outcome}\n"
