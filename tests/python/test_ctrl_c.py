"""Ctrl-C while Python waits for a guest or a compilation that nothing can stop. Each test has a process of its own."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from child import CALLS, SPINS, ended, line, pressed, python, ready

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no signals of POSIX")

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


OWN = {
    "before": """
import signal
signal.signal(signal.SIGINT, lambda *_: print("handled", flush=True))
""",
    "later": """
import signal
Store(engine())
signal.signal(signal.SIGINT, lambda *_: print("handled", flush=True))
Store(engine())
""",
}


@pytest.mark.parametrize("name", OWN)
def test_ctrl_c_of_a_program_with_a_handler_of_its_own_that_came(name: str) -> None:
    with python(OWN[name] + ENDLESS) as process:
        ready(process)
        process.send_signal(signal.SIGINT)
        said = line(process, "Ctrl-C")
        # What it does is up to the program: it is not ended.
        assert "Config.epoch_interruption" in said and "handler" in said and "again" not in said
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        assert process.poll() is None
        process.kill()
        # It is said once.
        assert "Ctrl-C" not in process.communicate()[1]


def test_ctrl_c_of_a_program_that_ignores_it() -> None:
    with python("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + ENDLESS) as process:
        ready(process)
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        assert process.poll() is None
        process.kill()
        assert "Ctrl-C" not in process.communicate()[1]


def test_ctrl_c_under_asyncio() -> None:
    # Its handler comes when the store is there, and goes with it.
    program = f"""
import asyncio
store, exports = guest({SPINS!r})
async def nothing():
    pass
asyncio.run(nothing())
async def main():
    print("ready", flush=True)
    exports["run"](store)
asyncio.run(main())
"""
    with python(program) as process:
        ready(process)
        assert "handler" in pressed(process, "Ctrl-C") and process.poll() is None


def test_ctrl_c_after_asyncio() -> None:
    program = f"""
import asyncio
store, exports = guest({SPINS!r})
_, calls = guest({CALLS!r}, lambda: None)
async def main():
    calls["run"](_)
asyncio.run(main())
print("ready", flush=True)
exports["run"](store)
"""
    with python(program) as process:
        ready(process)
        assert "handler" not in pressed(process, "again")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == -signal.SIGINT


# Many functions, put together here: to translate as much text would take longer.
COMPILES = """
def leb(number):
    return bytes([number & 127 | 128]) + leb(number >> 7) if number > 127 else bytes([number])
def section(kind, *parts):
    content = b"".join(parts)
    return bytes([kind]) + leb(len(content)) + content
count = 2000
body = b"\\0" + bytes.fromhex("200020002000a2a09f2100") * 2000 + b"\\x0b"
binary = b"\\0asm\\1\\0\\0\\0" + section(1, bytes.fromhex("0160017c00")) + section(3, leb(count), bytes(count))
binary += section(10, leb(count), (leb(len(body)) + body) * count)
made = Engine(Config(ADDED))
print("ready", flush=True)
Module(made, binary)
print("compiled", flush=True)
"""


@pytest.mark.parametrize("added", ["", ").epoch_interruption(True"])
def test_ctrl_c_while_a_module_is_compiled(added: str) -> None:
    with python(COMPILES.replace("ADDED", added)) as process:
        ready(process)
        process.send_signal(signal.SIGINT)
        assert "compiled" in line(process, "Ctrl-C")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == -signal.SIGINT


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


@pytest.mark.parametrize("is_last", [True, False], ids=["ours came last", "theirs came last"])
def test_ctrl_c_beside_a_library_that_hands_it_on(is_last: bool) -> None:
    """Polars puts a handler of its own before that of Python, and hands on to what was there: to ours as well."""
    pytest.importorskip("polars", reason="polars is not installed: `make test` does that")
    program = f"""
store, exports = guest({SPINS!r}, epoch_interruption=True)
import polars
polars.DataFrame({{"a": [1, 2, 3]}}).lazy().select(polars.col("a").sum()).collect()
if {is_last}:
    store, exports = guest({SPINS!r}, epoch_interruption=True)
for _ in range(2):
    print("ready", flush=True)
    try:
        exports["run"](store)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr, flush=True)
"""
    with python(program) as process:
        for _ in range(2):
            ready(process)
            process.send_signal(signal.SIGINT)
            assert line(process, "interrupted")
        assert process.wait(timeout=20) == 0
