"""How processes end, and what interrupts them: each test has a Python of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from guests import TARGET

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no signals of POSIX")

MODULE = """
import os, sys, threading, time
import trimaran
from trimaran import *

def engine(**settings):
    config = Config()
    target = os.environ.get("TRIMARAN_TEST_TARGET")
    if target:
        config.target = target
    for name, value in settings.items():
        setattr(config, name, value)
    return Engine(config)

def guest(wat, function=None, type=FuncType([], []), **settings):
    store = Store(engine(**settings))
    imports = [] if function is None else [Func(store, type, function)]
    return store, Instance(store, Module(store.engine, wat), imports).exports(store)

def daemon(work):
    inside = threading.Event()
    threading.Thread(target=lambda: work(inside), daemon=True).start()
    assert inside.wait(20)
"""

CALLS = '(module (import "" "f" (func $f)) (func (export "run") (call $f)))'
SPINS = '(module (func (export "run") (loop (br 0))))'
PRINTS = """(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\04\\00\\00\\00text")
    (func (export "run") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"""


@contextmanager
def python(program: str) -> Generator[subprocess.Popen[str]]:
    """A process of Python's that runs a program."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", MODULE + program], stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(program: str) -> subprocess.CompletedProcess[str]:
    """How a program ended."""
    command = [sys.executable, "-c", MODULE + program]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


AT_THE_END = {
    "in a function of the host": f"""
def work(inside):
    def function():
        inside.set()
        time.sleep(0.2)
        return None
    store, exports = guest({CALLS!r}, function)
    while True:
        exports["run"](store)
daemon(work)
""",
    "in one that is called by another": f"""
def work(inside):
    inner, exports = guest({CALLS!r}, lambda: (inside.set(), time.sleep(0.2), None)[-1])
    store, outer = guest({CALLS!r}, lambda: exports["run"](inner))
    while True:
        outer["run"](store)
daemon(work)
""",
    "in a callback for output": f"""
def work(inside):
    store, linker = Store(engine()), None
    linker = Linker(store.engine)
    linker.define_wasi()
    def write(data):
        inside.set()
        time.sleep(0.2)
    store.set_wasi(WasiConfig())
    wasi = WasiConfig()
    wasi.stdout_custom = write
    store.set_wasi(wasi)
    exports = linker.instantiate(store, Module(store.engine, {PRINTS!r})).exports(store)
    while True:
        exports["run"](store)
daemon(work)
""",
    "while a guest runs": f"""
def work(inside):
    store, exports = guest({SPINS!r})
    inside.set()
    exports["run"](store)
daemon(work)
""",
    "while a guest is asked": f"""
def work(inside):
    store, exports = guest({SPINS!r}, epoch_interruption=True)
    store.set_timeout(0.3)
    inside.set()
    while True:
        try:
            exports["run"](store)
        except Trap:
            pass
daemon(work)
""",
    "where an object goes": """
class Slow:
    def __del__(self):
        self.event.set()
        time.sleep(0.2)
def work(inside):
    Slow.event = inside
    wat = '(module (import "" "f" (func $f (param externref))) (export "run" (func $run))' \\
        '(func $run (param externref) (call $f (local.get 0))))'
    store, exports = guest(wat, lambda value: None, FuncType([ValType.externref()], []))
    while True:
        exports["run"](store, Slow())
        store.gc()
daemon(work)
""",
    "over the surface": f"""
def work(inside):
    store, exports = guest({CALLS!r}, lambda: (inside.set(), time.sleep(0.2), None)[-1])
    while True:
        # Keywords go the long way.
        exports["run"]._call_odd(store)
daemon(work)
""",
}


@pytest.mark.parametrize("name", AT_THE_END)
def test_python_ends_while_a_daemon_thread_is_inside(name: str) -> None:
    for wait in ("", "time.sleep(0.25)\n"):
        done = ended(f"{AT_THE_END[name]}{wait}print('end')")
        assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_python_ends_while_many_threads_come_and_go() -> None:
    program = f"""
def work(inside):
    store, exports = guest({CALLS!r}, lambda: inside.set())
    while True:
        exports["run"](store)
for _ in range(8):
    daemon(work)
print('end')
"""
    for _ in range(3):
        done = ended(program)
        assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def line(process: subprocess.Popen[str], part: str) -> str:
    """What a process says on standard error, up to a line with that part."""
    assert process.stderr is not None
    said = ""
    for text in process.stderr:
        said += text
        if part in text:
            return said
    raise AssertionError(f"it ended with {process.wait()}, and said {said!r}")


def ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None and process.stdout.readline() == "ready\n", process.communicate()
    # It has to get into the guest from there.
    time.sleep(0.3)


ENDLESS = f"""
store, exports = guest({SPINS!r})
print("ready", flush=True)
exports["run"](store)
"""


def test_ctrl_c_says_what_it_waits_for_and_ends_the_process() -> None:
    with python(ENDLESS) as process:
        ready(process)
        process.send_signal(signal.SIGINT)
        said = line(process, "Ctrl-C")
        assert "Config.epoch_interruption" in said and process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == -signal.SIGINT


def test_ctrl_c_in_a_child() -> None:
    program = f"""
store, exports = guest({SPINS!r})
child = os.fork()
if child:
    status = os.waitpid(child, 0)[1]
    sys.exit(0 if os.WTERMSIG(status) == 2 else 1)
store, exports = guest({SPINS!r})
print("ready", flush=True)
print(os.getpid(), flush=True)
exports["run"](store)
"""
    with python(program) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        child = int(process.stdout.readline())
        time.sleep(0.3)
        os.kill(child, signal.SIGINT)
        line(process, "Ctrl-C")
        os.kill(child, signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_ctrl_c_is_an_exception_where_the_guest_returns() -> None:
    program = f"""
import signal
wat = '(module (func (export "run") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))'
store, exports = guest(wat)
for _ in range(3):
    threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        while True:
            exports["run"](store, 1000000)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
inner, calls = guest({CALLS!r}, lambda: time.sleep(5))
threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    calls["run"](inner)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    done = ended(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n" * 4, "")


OTHERS = {
    "a handler of its own": """
import signal
signal.signal(signal.SIGINT, lambda *_: print("handled", flush=True))
""",
    "a handler that came later": """
import signal
Store(engine())
signal.signal(signal.SIGINT, lambda *_: print("handled", flush=True))
Store(engine())
""",
    "no handler": """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
""",
}


@pytest.mark.parametrize("name", OTHERS)
def test_ctrl_c_of_a_program_with(name: str) -> None:
    with python(OTHERS[name] + ENDLESS) as process:
        ready(process)
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        assert process.poll() is None
        process.kill()
        assert "Ctrl-C" not in process.communicate()[1]


def test_ctrl_c_beside_asyncio_and_a_wakeup_fd() -> None:
    program = f"""
import asyncio, signal, socket
store, exports = guest({CALLS!r}, lambda: None)
near, far = socket.socketpair()
far.setblocking(False)
signal.set_wakeup_fd(far.fileno())
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)
except KeyboardInterrupt:
    print(near.recv(1))
signal.set_wakeup_fd(-1)

async def main():
    exports["run"](store)
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(5)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
"""
    done = ended(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "b'\\x02'\ninterrupted\n", "")


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


@pytest.mark.skipif(TARGET is not None, reason="the interpreter has no signals")
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


@pytest.mark.skipif(TARGET is not None, reason="the interpreter has no signals")
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


def test_a_subinterpreter_is_told_that_it_cannot() -> None:
    program = """
code = '''
try:
    import trimaran
except ImportError as error:
    print(error)
else:
    store = trimaran.Store()
    module = trimaran.Module(store.engine, '(module (func (export "f") (result i32) (i32.const 42)))')
    print(trimaran.Instance(store, module).exports(store)["f"](store))
'''
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
other = interpreters.create()
print(interpreters.run_string(other, code) or "", end="", flush=True)
interpreters.destroy(other)
store, exports = guest('(module (func (export "f") (result i32) (i32.const 42)))')
print(exports["f"](store))
"""
    done = ended(program)
    assert done.returncode == 0, done.stderr
    said, still = done.stdout.splitlines()
    assert "subinterpreter" in said and said.startswith("trimaran ") and still == "42"


def test_the_environment_is_changed_meanwhile() -> None:
    program = """
import itertools
stop = threading.Event()
def change():
    for number in itertools.count():
        if stop.is_set():
            return
        os.environ[f"NAME_{number % 40}"] = "x" * (number % 4000)
        os.environ.pop(f"NAME_{(number + 20) % 40}", None)
        if number % 50 == 0:
            time.sleep(0.001)
thread = threading.Thread(target=change)
thread.start()
store = Store(engine())
for _ in range(20):
    store.set_wasi(WasiConfig().inherit_env())
stop.set()
thread.join()
print("end")
"""
    done = ended(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
