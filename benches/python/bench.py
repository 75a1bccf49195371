"""Prints a line a row: `row<TAB>who<TAB>nanoseconds`, for `benches/run`.

The package and its peer, wasmtime-py, run the same code side by side in one process. Times are medians of nine rounds;
a row of calls is the time of one call, the batch the time of the whole batch. Every benchmark checks its result.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wasmtime

import trimaran

WORKLOAD = Path(__file__).resolve().parent.parent / "workload.wat"
ROUNDS = 9
SIZES = {"16 B": 16, "64 KiB": 1 << 16, "16 MiB": 1 << 24}
TRAP = '(module (func (export "trap") unreachable))'


def measure(row: str, who: str, call: Callable[..., object], *arguments: object) -> None:
    """The median time of one call, of several rounds that take about 20 ms each."""

    def once(count: int) -> float:
        # The loop itself is not what is measured: it has as little as can be.
        rounds = range(count)
        start = time.perf_counter_ns()
        for _ in rounds:
            call(*arguments)
        return time.perf_counter_ns() - start

    count = 1
    while once(count) < 10e6:
        count *= 2
    times = [once(count * 2) / (count * 2) for _ in range(ROUNDS)]
    print(f"{row}\t{who}\t{statistics.median(times):.1f}", flush=True)


def expect(value: object, expected: object) -> None:
    """A benchmark of something else than what it says is worth nothing."""
    if value != expected:
        raise SystemExit(f"expected {expected!r}, got {value!r}")


def bench(package: Any, who: str) -> None:
    """What both packages have."""
    engine = package.Engine()
    module = package.Module(engine, WORKLOAD.read_text())
    store = package.Store(engine)
    exports = package.Instance(store, module, []).exports(store)
    nop, add, total, memory = exports["nop"], exports["add"], exports["sum"], exports["memory"]

    expect(nop(store), None)
    measure("() -> ()", who, nop, store)
    expect(add(store, 40, 2), 42)
    measure("(i32, i32) -> i32", who, add, store, 40, 2)
    expect(total(store, 1.0, 2.0, 3.0, 4.0), 10.0)
    measure("(f64 x 4) -> f64", who, total, store, 1.0, 2.0, 3.0, 4.0)

    for name, size in SIZES.items():
        data = bytes(range(256)) * (size // 256) or bytes(range(size))
        memory.write(store, data, 0)
        expect(bytes(memory.read(store, 0, size)), data)
        measure(f"read {name}", who, memory.read, store, 0, size)
        measure(f"write {name}", who, memory.write, store, data, 0)

    expect(memory.size(store), 257)
    measure("size", who, memory.size, store)
    measure("data_len", who, memory.data_len, store)

    def instantiate() -> None:
        store = package.Store(engine)
        package.Instance(store, module, [])

    measure("instantiate", who, instantiate)

    store = package.Store(engine)
    trap = package.Instance(store, package.Module(engine, TRAP), []).exports(store)["trap"]

    def caught() -> bool:
        try:
            trap(store)
        except package.Trap:
            return True
        return False

    expect(caught(), True)
    measure("trap", who, caught)


def bench_ours() -> None:
    """What the peer has no like of, or has under another name."""
    engine = trimaran.Engine()
    store = trimaran.Store(engine)
    instance = trimaran.Instance(store, trimaran.Module(engine, WORKLOAD.read_text()))
    add, memory = instance.func(store, "add"), instance.memory(store, "memory")
    left, right = array("i", range(1000)), array("i", [1]) * 1000
    expect(add.map(store, left, right), array("i", range(1, 1001)))
    measure("batch of 1000", "python", add.map, store, left, right)
    memory.store_i32(store, 8, -7)
    expect(memory.load_i32(store, 8), -7)
    measure("load i32", "python", memory.load_i32, store, 8)


def bench_theirs() -> None:
    """The same, as the peer has it."""
    engine = wasmtime.Engine()
    store: Any = wasmtime.Store(engine)
    exports: Any = wasmtime.Instance(store, wasmtime.Module(engine, WORKLOAD.read_text()), []).exports(store)
    add, memory = exports["add"], exports["memory"]
    left, right = list(range(1000)), [1] * 1000

    def batch() -> list[int]:
        return [add(store, x, y) for x, y in zip(left, right, strict=True)]

    expect(batch(), list(range(1, 1001)))
    measure("batch of 1000", "wasmtime-py", batch)

    def load() -> int:
        return int.from_bytes(memory.read(store, 8, 12), "little", signed=True)

    memory.write(store, (-7).to_bytes(4, "little", signed=True), 8)
    expect(load(), -7)
    measure("load i32", "wasmtime-py", load)


def bench_import(package: str, who: str) -> None:
    """The whole import, in a fresh interpreter each time."""
    program = f"import time; start = time.perf_counter_ns(); import {package}; print(time.perf_counter_ns() - start)"

    def once() -> int:
        done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
        return int(done.stdout)

    # The first ones warm the caches of the system up.
    times = [once() for _ in range(2 * ROUNDS + 3)][3:]
    print(f"import\t{who}\t{statistics.median(times):.1f}", flush=True)


if __name__ == "__main__":
    bench(trimaran, "python")
    bench(wasmtime, "wasmtime-py")
    bench_ours()
    bench_theirs()
    bench_import("trimaran", "python")
    bench_import("wasmtime", "wasmtime-py")
