"""Guests that wait while their process forks, their loop is closed, or Python ends."""

from __future__ import annotations

import os

import pytest

from child import ended

HOME = """
import asyncio
WAT = '''(module (import "" "f" (func $f (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "spins") (loop (br 0)))
    (func (export "plain") (result i32) (i32.const 7)))'''
I32 = FuncType([ValType.i32()], [ValType.i32()])
async def wait(number):
    await asyncio.sleep(1000)
store, exports = guest(WAT, wait, I32, epoch_interruption=True)
run = exports["run"]
"""


@pytest.mark.parametrize("keeps", ["task = None", "kept = task", "kept = run.call_async(store, 1)"])
def test_python_ends_while_a_guest_waits(keeps: str) -> None:
    program = f"""
async def main():
    global kept
    task = asyncio.create_task(run.call_async(store, 1))
    await asyncio.sleep(0.01)
    {keeps}
    sys.exit(3)
asyncio.run(main())
"""
    done = ended(HOME + program)
    assert done.returncode == 3 and "panicked" not in done.stderr, done.stderr


def test_python_ends_while_a_coroutine_is_kept() -> None:
    program = """
call = run.call_async(store, 1)
async def main():
    global waiting
    waiting = asyncio.ensure_future(call)
    await asyncio.sleep(0.01)
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
print("end", flush=True)
"""
    done = ended(HOME + program)
    assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr
    assert "panicked" not in done.stderr


def test_a_loop_is_closed_while_a_guest_waits() -> None:
    program = """
import gc
loop = asyncio.new_event_loop()
tasks = [loop.create_task(run.call_async(store, 1)), loop.create_task(exports["plain"].call_async(store))]
loop.run_until_complete(asyncio.sleep(0.01))
loop.close()
del tasks
gc.collect()
print(exports["plain"](store))
"""
    done = ended(HOME + program)
    assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("name", ["run", "spins"])
def test_a_process_forks_while_a_guest_waits(name: str) -> None:
    given = "1" if name == "run" else ""
    program = f"""
import warnings
warnings.simplefilter("ignore")
async def main():
    task = asyncio.create_task(exports["{name}"].call_async(store, {given}))
    await asyncio.sleep(0.05)
    child = os.fork()
    if child == 0:
        try:
            exports["plain"](store)
        except WasmtimeError as error:
            print(type(error).__name__, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print(exports["plain"](store))
asyncio.run(main())
"""
    done = ended(HOME + program)
    assert done.returncode == 0 and done.stdout.splitlines()[1:] == ["7"], (done.stdout, done.stderr)


def test_ctrl_c_ends_a_guest_that_computes() -> None:
    program = """
import signal
async def main():
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    await exports["spins"].call_async(store)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted", exports["plain"](store))
"""
    done = ended(HOME + program)
    assert (done.returncode, done.stdout) == (0, "interrupted 7\n"), done.stderr
