"""Prints a line a row: `row<TAB>who<TAB>nanoseconds`, for `tools/bench`.

The package and its peer, wasmtime-py, run the same code side by side in one process. Times are the least of ninety rounds;
a row of calls is the time of one call, the batch the time of the whole batch. Every benchmark checks its result.
"""

from __future__ import annotations

import subprocess
import sys
import timeit
from array import array
from collections.abc import Callable, Mapping
from functools import partial
from operator import getitem
from pathlib import Path
from typing import Any

import bindings
import component
import surface
import waits
import wasmtime

import trimaran

BENCHES = Path(__file__).resolve().parent.parent
WORKLOAD = BENCHES / "workload.wat"
HOST = BENCHES / "host.wat"
ROUNDS = 90
# Of processes that import a package.
STARTS = 20
CALLBACKS = 1000
SIZES = {"16 B": 16, "64 KiB": 1 << 16, "16 MiB": 1 << 24}
TRAP = '(module (func (export "trap") unreachable))'


Call = Callable[[], object]


def timer(call: Call) -> timeit.Timer:
    """Times a call as a program writes it, with its arguments: `partial` would be a call more, and so would `getitem`."""
    if not isinstance(call, partial):
        return timeit.Timer("call()", globals={"call": call})
    if call.func is getitem:
        container, key = call.args
        return timeit.Timer(
            "container[key]", globals={"container": container, "key": key}
        )
    names = {f"argument_{place}": argument for place, argument in enumerate(call.args)}
    return timeit.Timer(
        f"call({', '.join(names)})", globals={"call": call.func, **names}
    )


def measure(row: str, calls: Mapping[str, Call], each_has: int = 1) -> None:
    """The least time of one call of each, of many rounds that take about 2 ms each, in turns.

    Where a call does the same `each_has` times, it is the time of one.
    """

    timers = {who: timer(call) for who, call in calls.items()}
    counts: dict[str, int] = {}
    for who, each in timers.items():
        count = 1
        while each.timeit(count) < 1e-3:
            count *= 2
        counts[who] = count * 2
    times: dict[str, list[float]] = {who: [] for who in calls}
    for _ in range(ROUNDS):
        for who, each in timers.items():
            times[who].append(each.timeit(counts[who]) / counts[who] * 1e9)
    for who, found in times.items():
        print(f"{row}\t{who}\t{min(found) / each_has:.1f}", flush=True)


def expect(value: object, expected: object) -> None:
    """A benchmark of something else than what it says is worth nothing."""
    if value != expected:
        raise SystemExit(f"expected {expected!r}, got {value!r}")


def checked(call: Call, expected: object) -> Call:
    expect(call(), expected)
    return call


class Guest:
    """The workload, in either package."""

    def __init__(self, package: Any) -> None:
        self.package = package
        self.engine = package.Engine()
        self.module = package.Module(self.engine, WORKLOAD.read_text())
        self.store = package.Store(self.engine)
        self.instance = package.Instance(self.store, self.module, [])
        self.exports = self.instance.exports(self.store)
        self.memory = self.exports["memory"]

    def call(self, name: str, *values: object, result: object) -> Call:
        return checked(partial(self.exports[name], self.store, *values), result)

    def read(self, size: int) -> Call:
        self.memory.write(self.store, pattern(size), 0)
        return checked(partial(self.memory.read, self.store, 0, size), pattern(size))

    def write(self, size: int) -> Call:
        call = partial(self.memory.write, self.store, pattern(size), 0)
        call()
        expect(bytes(self.memory.read(self.store, 0, size)), pattern(size))
        return call

    def instantiate(self) -> None:
        store = self.package.Store(self.engine)
        self.package.Instance(store, self.module, [])

    def link(self) -> Call:
        """Links a module with a host function that a linker knows, in a new store."""
        package, engine = self.package, self.engine
        i32, module = package.ValType.i32(), package.Module(engine, HOST.read_text())
        (needed,) = module.imports
        linker = package.Linker(engine)
        kind = package.FuncType([i32], [i32])
        linker.define_func(needed.module, needed.name, kind, lambda value: value + 1)

        def link(store: Any = None) -> Any:
            store = package.Store(engine) if store is None else store
            return linker.instantiate(store, module)

        store = package.Store(engine)
        expect(link(store).exports(store)["run"](store, CALLBACKS), CALLBACKS)
        return link

    def trap(self) -> Call:
        store = self.package.Store(self.engine)
        module = self.package.Module(self.engine, TRAP)
        trap = self.package.Instance(store, module, []).exports(store)["trap"]

        def caught() -> bool:
            try:
                trap(store)
            except self.package.Trap:
                return True
            return False

        return checked(caught, True)

    def batch(self) -> Call:
        """A call for each of a thousand rows; all of them at once where the package can."""
        add = self.exports["add"]
        left, right = array("i", range(1000)), array("i", [1]) * 1000
        total = array("i", range(1, 1001))
        if hasattr(add, "map"):
            return checked(partial(add.map, self.store, left, right), total)
        return checked(
            lambda: array(
                "i", [add(self.store, x, y) for x, y in zip(left, right, strict=True)]
            ),
            total,
        )

    def load(self) -> Call:
        """Reads a number; by its bytes where the package knows no numbers."""
        memory, store = self.memory, self.store
        memory.write(store, (-7).to_bytes(4, "little", signed=True), 8)
        if hasattr(memory, "load_i32"):
            return checked(partial(memory.load_i32, store, 8), -7)
        return checked(
            lambda: int.from_bytes(memory.read(store, 8, 12), "little", signed=True), -7
        )

    def callback(self) -> Call:
        """A guest that calls the host a thousand times."""
        package, store = self.package, self.store
        i32 = package.ValType.i32()
        inc = package.Func(
            store, package.FuncType([i32], [i32]), lambda value: value + 1
        )
        module = package.Module(self.engine, HOST.read_text())
        run = package.Instance(store, module, [inc]).exports(store)["run"]
        return checked(partial(run, store, CALLBACKS), CALLBACKS)

    def view(self) -> Call:
        """Reads a number in place."""
        memory, store = self.memory, self.store
        memory.write(store, (-7).to_bytes(4, "little", signed=True), 8)
        if hasattr(memory, "view"):
            view = memory.view(store).cast("i")
        else:
            view = memoryview(memory.get_buffer_ptr(store)).cast("B").cast("i")
        return checked(partial(getitem, view, 2), -7)

    def global_value(self) -> Call:
        counter = self.exports["counter"]
        counter.set_value(self.store, 7)
        return checked(partial(counter.value, self.store), 7)

    def set_global(self) -> Call:
        counter = self.exports["counter"]
        call = partial(counter.set_value, self.store, 9)
        call()
        expect(counter.value(self.store), 9)
        return call

    def element(self) -> Call:
        call = partial(self.exports["table"].get, self.store, 0)
        func: Any = call()
        expect(func(self.store, 40, 2), 42)
        return call

    def size(self) -> Call:
        return checked(partial(self.exports["table"].size, self.store), 4)


def pattern(size: int) -> bytes:
    return (bytes(range(256)) * (size // 256 + 1))[:size]


def bench() -> None:
    guests = {"python": Guest(trimaran), "wasmtime-py": Guest(wasmtime)}

    def both(row: str, make: Callable[[Guest], Call], each_has: int = 1) -> None:
        measure(row, {who: make(guest) for who, guest in guests.items()}, each_has)

    both("() -> ()", lambda guest: guest.call("nop", result=None))
    both("(i32, i32) -> i32", lambda guest: guest.call("add", 40, 2, result=42))
    ours = guests["python"]
    with ours.store.turn():
        measure(
            "(i32, i32) -> i32, in a turn",
            {"python": ours.call("add", 40, 2, result=42)},
        )
    both(
        "(f64 x 4) -> f64",
        lambda guest: guest.call("sum", 1.0, 2.0, 3.0, 4.0, result=10.0),
    )
    both("batch of 1000", Guest.batch)
    for name, size in SIZES.items():
        both(f"read {name}", lambda guest, size=size: guest.read(size))
        both(f"write {name}", lambda guest, size=size: guest.write(size))
    both("size", lambda guest: checked(partial(guest.memory.size, guest.store), 257))
    both(
        "data_len",
        lambda guest: checked(partial(guest.memory.data_len, guest.store), 257 << 16),
    )
    both("load i32", Guest.load)
    both("host callback (i32)", Guest.callback, CALLBACKS)
    both("view load i32", Guest.view)
    both("global get", Guest.global_value)
    both("global set", Guest.set_global)
    both("table get", Guest.element)
    both("table size", Guest.size)
    both("instantiate", lambda guest: guest.instantiate)
    both("link with a host function", Guest.link)
    both("trap", Guest.trap)
    surface.bench(guests, measure)
    component.bench({who: guest.package for who, guest in guests.items()}, measure)
    bindings.bench(measure)
    waits.bench()


def bench_import() -> None:
    """The whole import, in a fresh interpreter each time."""
    packages = {"python": "trimaran", "wasmtime-py": "wasmtime"}
    times: dict[str, list[int]] = {who: [] for who in packages}
    for _ in range(STARTS):
        for who, name in packages.items():
            program = f"import time; start = time.perf_counter_ns(); import {name}; print(time.perf_counter_ns() - start)"
            done = subprocess.run(
                [sys.executable, "-c", program],
                check=True,
                capture_output=True,
                text=True,
            )
            times[who].append(int(done.stdout))
    for who, found in times.items():
        print(f"import\t{who}\t{min(found):.1f}", flush=True)


def bench_client() -> None:
    """A package that was written for wasmtime-py, in a process for each runtime: both have one name there."""
    for who in ("python", "wasmtime-py"):
        subprocess.run(
            [sys.executable, BENCHES / "python" / "client.py", who], check=True
        )


if __name__ == "__main__":
    bench()
    bench_import()
    bench_client()
