"""What a platform has to do, on the compiler and on the interpreter: calls, memory, traps, threads, a component."""

from __future__ import annotations

import platform
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

start = time.monotonic()
import trimaran  # noqa: E402
from trimaran import Config, Engine, Func, FuncType, Instance, Module, Store, Trap, ValType, component  # noqa: E402

TEXT = """(module
  (import "host" "twice" (func $twice (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "host") (param i32) (result i32) (call $twice (local.get 0)))
  (func (export "quiet") (param f32) (result f32) (local.get 0))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "beyond") (result i32) (i32.load (i32.const 0x7fffffff)))
  (func $deep (export "deep") (call $deep))
  (func (export "unreachable") unreachable)
  (func (export "sum") (param i32) (result i64) (local i64)
    (loop
      (local.set 1 (i64.add (local.get 1) (i64.extend_i32_u (local.get 0))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))"""
COMPONENT = """(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))"""
TRAPS = {
    "divide": "INTEGER_DIVISION_BY_ZERO",
    "beyond": "MEMORY_OUT_OF_BOUNDS",
    "deep": "STACK_OVERFLOW",
    "unreachable": "UNREACHABLE",
}


def trapped(call: Callable[[], object]) -> str:
    try:
        call()
    except Trap as trap:
        return str(trap.code)
    return "no trap"


def check(engine: Engine) -> None:
    module = Module(engine, TEXT)
    with Store(engine) as store:
        twice = Func(store, FuncType([ValType.i32()], [ValType.i32()]), lambda number: number * 2)
        instance = Instance(store, module, [twice])
        assert instance.func(store, "add")(store, 40, 2) == 42
        assert instance.func(store, "host")(store, 21) == 42
        assert instance.func(store, "quiet")(store, 1.5) == 1.5
        assert instance.func(store, "sum")(store, 1_000_000) == 500_000_500_000
        memory = instance.memory(store, "memory")
        memory.write(store, b"Hello", 16)
        assert memory.read_string(store, 16, 5) == "Hello"
        for name, code in TRAPS.items():
            arguments = (1, 0) if name == "divide" else ()
            said = trapped(partial(instance.func(store, name), store, *arguments))
            assert code in said, f"{name}: {said}"
    check_threads(engine, module)
    check_component(engine)


def check_threads(engine: Engine, module: Module) -> None:
    found: list[int] = []

    def run() -> None:
        with Store(engine) as store:
            twice = Func(store, FuncType([ValType.i32()], [ValType.i32()]), lambda number: number * 2)
            instance = Instance(store, module, [twice])
            for number in range(50):
                assert trapped(partial(instance.func(store, "unreachable"), store)) != "no trap"
                found.append(instance.func(store, "host")(store, number))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([number * 2 for number in range(50)] * 4)


def check_component(engine: Engine) -> None:
    with Store(engine) as store:
        linker = component.Linker(engine)
        instance = linker.instantiate(store, component.Component(engine, COMPONENT))
        assert instance.func(store, "add")(store, 40, 2) == 42


print(f"Python {sys.version.split()[0]}, {platform.machine()}, {platform.libc_ver()[0] or 'another libc'}")
print(f"imported in {time.monotonic() - start:.2f} s; trimaran {trimaran.__version__}")
for target in (None, "pulley64"):
    config = Config()
    if target is not None:
        config.target = target
    check(Engine(config))
    print(f"{target or 'native'}: ok")
