"""Traps beside other signal handlers. Each test has a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from child import ended
from guests import TARGET

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there are no signals of POSIX"),
    pytest.mark.skipif(TARGET is not None, reason="the interpreter has no signals"),
]

CONFTEST = """
from trimaran import Config, Engine, Instance, Module, Store

ENGINE = Engine(Config())
MODULE = Module(ENGINE, '(module (memory 1) (func (export "trap") unreachable)'
    '(func (export "outside") (result i32) (i32.load (i32.const -8))))')
"""
TESTS = """
import ctypes, faulthandler
import pytest
from conftest import ENGINE, MODULE
from trimaran import Instance, Store, Trap

@pytest.mark.parametrize("time", range(3))
@pytest.mark.parametrize("name", ["trap", "outside"])
def test_trap(name, time):
    assert faulthandler.is_enabled()
    store = Store(ENGINE)
    with pytest.raises(Trap):
        Instance(store, MODULE).exports(store)[name](store)

def test_crash():
    import os
    if os.environ.get("CRASH"):
        Store(ENGINE)
        ctypes.string_at(0)
"""


def test_pytest_with_an_engine_in_conftest(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=tmp_path, env=dict(os.environ, **variables), capture_output=True, text=True, timeout=120
        )

    done = run()
    assert done.returncode == 0 and "7 passed" in done.stdout, done.stdout + done.stderr
    # And faulthandler still tells of what is really wrong.
    crash = run(CRASH="1")
    assert crash.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in crash.stderr and "test_crash" in crash.stderr


def test_pytest_with_an_instance_in_conftest(tmp_path: Path) -> None:
    # Nothing is made after `faulthandler` has come: the calls alone find it.
    made = "STORE = Store(ENGINE)\nEXPORTS = Instance(STORE, MODULE).exports(STORE)\n"
    tests = """
import faulthandler
import pytest
from conftest import EXPORTS, STORE
from trimaran import Trap

@pytest.mark.parametrize("name", ["trap", "outside"])
def test_trap(name):
    assert faulthandler.is_enabled()
    with pytest.raises(Trap):
        EXPORTS[name](STORE)
"""
    (tmp_path / "conftest.py").write_text(CONFTEST + made)
    (tmp_path / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_a_handler_that_comes_in_a_turn() -> None:
    program = """
import faulthandler, time
store, exports = guest('(module (memory 1) (func (export "run") (drop (i32.load (i32.const -8)))))')
func = Func(store, FuncType([], []), lambda: trap("in a host function"))

def trap(where):
    faulthandler.enable()
    # A tick of the clock, or a few.
    time.sleep(0.05)
    try:
        exports["run"](store)
    except Trap:
        print("trap", where, flush=True)
    faulthandler.disable()

with store.turn():
    trap("in a turn")
    with store.turn():
        trap("in another turn")
    func(store)
func(store)
"""
    done = ended(program)
    printed = ["trap in a turn", "trap in another turn", "trap in a host function", "trap in a host function"]
    assert (done.returncode, done.stdout.splitlines()) == (0, printed), done.stderr


@pytest.mark.parametrize("order", ["before", "after", "both", "off"])
def test_a_crash_is_told_of_once(order: str) -> None:
    enable = "import faulthandler; faulthandler.enable()\n"
    program = f"""
{enable if order in ("before", "both") else ""}
store, exports = guest('(module (func (export "run") unreachable))')
{enable if order in ("after", "both") else ""}
{"import faulthandler; faulthandler.enable(); Store(engine()); faulthandler.disable()" if order == "off" else ""}
store, exports = guest('(module (func (export "run") unreachable))')
for _ in range(3):
    try:
        exports["run"](store)
    except Trap:
        print("trap", flush=True)
import ctypes
ctypes.string_at(0)
"""
    done = ended(program)
    assert (done.returncode, done.stdout) == (-signal.SIGSEGV, "trap\n" * 3)
    assert done.stderr.count("Fatal Python error") == (0 if order == "off" else 1), done.stderr
