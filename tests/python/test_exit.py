"""How processes end. Each test has a process of its own."""

from __future__ import annotations

import sys

import pytest

from child import CALLS, SPINS, ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no signals of POSIX")

PRINTS = """(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\04\\00\\00\\00text")
    (func (export "run") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"""


AT_THE_END = {
    "in a host function": f"""
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
        exports["run"](store=store)
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
