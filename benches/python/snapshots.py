"""How long an interpreter takes until it is ready: begun anew, and from a snapshot.

The programs are those that `tests/programs/fetch` brings.

It prints lines of `row<TAB>who<TAB>nanoseconds`, as `bench.py` does.
"""

from __future__ import annotations

import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

from trimaran import Engine, FuncType, Instance, Linker, Module, OutputPipe, Store, ValType, WasiConfig

PROGRAMS = Path(__file__).resolve().parents[2] / "target" / "programs"
Prepare = Callable[[Store, Instance], None]


def quickjs(store: Store, instance: Instance) -> None:
    """A runtime and a context, as `qjs` has them before it reads its script."""
    instance.func(store, "_initialize")(store)
    instance.func(store, "qjs_init")(store)


def put(store: Store, instance: Instance, text: bytes) -> int:
    place = int(instance.func(store, "cabi_realloc")(store, 0, 0, 1, len(text)))
    instance.memory(store, "memory").write(store, text, place)
    return place


def ruby(store: Store, instance: Instance) -> None:
    """An interpreter that has loaded its core library."""
    instance.func(store, "_initialize")(store)
    options = [b"ruby\0", b"--disable-gems\0", b"-EUTF-8\0", b"-e_=0\0"]
    pairs = [(put(store, instance, option), len(option)) for option in options]
    given = b"".join(struct.pack("<II", *pair) for pair in pairs)
    instance.func(store, "ruby-init: func(args: list<string>) -> ()")(store, put(store, instance, given), len(pairs))


def evaluate(store: Store, instance: Instance, script: bytes) -> None:
    name = "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>"
    pair = instance.func(store, name)(store, put(store, instance, script), len(script))
    if instance.memory(store, "memory").load_i32(store, pair + 4) != 0:
        raise SystemExit("Ruby raises")


def least(rounds: int, call: Callable[[], None]) -> float:
    times = []
    for _ in range(rounds):
        begin = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - begin)
    return min(times)


def measure(
    name: str, file: str, prepare: Prepare, removed: list[str], rounds: int
) -> Callable[[], tuple[Store, Instance]]:
    engine = Engine()
    linker = Linker(engine)
    linker.define_wasi()
    for imported in "resource_new_rb-abi-value", "resource_get_rb-abi-value":
        linker.define_func("canonical_abi", imported, FuncType([ValType.i32()], [ValType.i32()]), lambda value: value)
    plain = Module.from_file(engine, PROGRAMS / file)
    copied = Module.for_snapshots(engine, (PROGRAMS / file).read_bytes())
    linker.define_unknown_imports_as_traps(plain)

    def begun(module: Module) -> tuple[Store, Instance]:
        store = Store(engine)
        wasi = WasiConfig()
        wasi.stdout_pipe = wasi.stderr_pipe = OutputPipe()
        store.set_wasi(wasi)
        return store, linker.instantiate(store, module)

    def anew(module: Module = plain) -> tuple[Store, Instance]:
        store, instance = begun(module)
        prepare(store, instance)
        return store, instance

    store, instance = anew(copied)
    begin = time.perf_counter_ns()
    octets = instance.snapshot(store, remove=removed)
    print(f"{name}: taking a snapshot\tpython\t{time.perf_counter_ns() - begin}")
    print(f"{name}: {len(octets)} bytes for {(PROGRAMS / file).stat().st_size} of the module", file=sys.stderr)
    snapshot = Module(engine, octets)
    print(f"{name}: a new start\tpython\t{least(rounds, lambda: anew()[0].close())}")
    print(f"{name}: from a snapshot\tpython\t{least(rounds * 50, lambda: begun(snapshot)[0].close())}")
    return lambda: begun(snapshot)


if __name__ == "__main__":
    measure("QuickJS", "qjs.wasm", quickjs, ["_initialize", "qjs_init"], 50)
    start = measure("Ruby", "ruby.wasm", ruby, ["_initialize"], 5)
    evaluate(*start(), b"raise unless [1, 2, 3].sum == 6 && RUBY_VERSION.start_with?('3.')")
