"""A package from PyPI that was written for wasmtime-py, unchanged: quickjs-rs, on either runtime.

`client.py RUNTIME` prints a line a row, as `bench.py` does. It imports the named runtime under wasmtime's name.
"""

from __future__ import annotations

import importlib
import sys
import timeit
from collections.abc import Callable

# What makes `import wasmtime` mean the runtime.
RUNTIMES = {"python": "trimaran.as_wasmtime", "wasmtime-py": "wasmtime"}
ROUNDS = 90
CALLS = 100


def measure(row: str, runtime: str, call: Callable[[], object], each_has: int = 1) -> None:
    """The least time of one call, of rounds of about 4 ms, divided by what each call does."""
    timer = timeit.Timer(call)
    count = 1
    while timer.timeit(count) < 2e-3:
        count *= 2
    times = [timer.timeit(count * 2) / (count * 2) * 1e9 for _ in range(ROUNDS)]
    print(f"{row}\t{runtime}\t{min(times) / each_has:.1f}", flush=True)


def main(runtime: str) -> None:
    importlib.import_module(RUNTIMES[runtime])
    # Only now, since it imports wasmtime.
    quickjs = importlib.import_module("quickjs_rs")

    with quickjs.Runtime() as engine, engine.new_context(timeout=60) as context:

        @context.function
        def increment(number: int) -> int:
            return number + 1

        loop = f"(() => {{ let n = 0; for (let i = 0; i < {CALLS}; i++) n = increment(n); return n }})()"
        if (context.eval("1 + 2"), context.eval(loop)) != (3, CALLS):
            raise SystemExit("quickjs-rs gives something else than expected")
        measure("quickjs-rs: eval", runtime, lambda: context.eval("1 + 2"))
        measure("quickjs-rs: JavaScript calls Python", runtime, lambda: context.eval(loop), CALLS)


if __name__ == "__main__":
    main(sys.argv[1])
