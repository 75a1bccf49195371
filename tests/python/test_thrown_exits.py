"""Host functions that end by Ctrl-C or end the program, with guests around them."""

from __future__ import annotations

import _thread
import signal
import subprocess
import sys
import threading

import pytest
from throwing import Guest, caught_from


def test_an_interrupt_while_a_host_function_runs() -> None:
    """The signal arrives in the middle of the host function."""
    handled: list[int] = []

    def act() -> None:
        signal.raise_signal(signal.SIGINT)
        while True:
            handled.append(1)

    guest = Guest(act)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for way in ("fast", "surface"):
            assert isinstance(caught_from(guest.ways()[way]), KeyboardInterrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert guest.exports["two"](guest.store) == 2


def test_an_interrupt_from_another_thread() -> None:
    def act() -> None:
        threading.Timer(0.05, _thread.interrupt_main).start()
        while True:
            pass

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert isinstance(caught_from(Guest(act).ways()["fast"]), KeyboardInterrupt)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("statement", "status"), [("sys.exit(7)", 7), ("raise SystemExit", 0), ("1 / 0", 1)])
def test_a_program_ends_as_if_no_guest_were_there(statement: str, status: int) -> None:
    program = f"""
import sys
from trimaran import *
def host():
    {statement}
store = Store()
func = Func(store, FuncType([], []), host)
module = Module(store.engine, '(module (import "h" "f" (func $f)) (func (export "run") (call $f)))')
Instance(store, module, [func]).exports(store)["run"](store)
print("not here")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert ("ZeroDivisionError" in done.stderr) == (status == 1)
