"""The rows about generated bindings: the same calls through them, and without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trimaran import Engine, Store
from trimaran.component import Component, Linker, Record, Variant, load

Call = Callable[[], object]
Measure = Callable[[str, Mapping[str, Call]], None]

# `add` adds; the others give back what they get.
TEXT = """(component
  (core module $m
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get 3)))
      (local.get $at))
    (func (export "done") (param i32) (global.set $free (i32.const 1024)))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "record") (param i32 i64 f64 i32 i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0)) (i64.store (i32.const 24) (local.get 1))
      (f64.store (i32.const 32) (local.get 2)) (i32.store8 (i32.const 40) (local.get 3))
      (i32.store (i32.const 44) (local.get 4)) (i32.store (i32.const 48) (local.get 5))
      (i32.const 16))
    (func (export "variant") (param i32 f64) (result i32)
      (i32.store8 (i32.const 16) (local.get 0)) (f64.store (i32.const 24) (local.get 1))
      (i32.const 16)))
  (core instance $m (instantiate $m))
  (alias core export $m "memory" (core memory $memory))
  (type $r' (record (field "a" u32) (field "b" s64) (field "c" f64) (field "d" bool)
    (field "name" string)))
  (import "r" (type $r (eq $r')))
  (type $v' (variant (case "circle" f64) (case "none")))
  (import "v" (type $v (eq $v')))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $m "add")))
  (func (export "record") (param "x" $r) (result $r) (canon lift (core func $m "record")
    (memory $memory) (realloc (func $m "realloc")) (post-return (func $m "done"))))
  (func (export "variant") (param "x" $v) (result $v) (canon lift (core func $m "variant")
    (memory $memory))))"""

# A resource whose objects are numbers, and a method that gives the number.
METHODS = """(component
  (type $inner (resource (rep i32)))
  (core func $new (canon resource.new $inner))
  (core module $m (import "" "new" (func $new (param i32) (result i32)))
    (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "get") (param i32) (result i32) (local.get 0)))
  (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
  (func $new (param "n" u32) (result (own $inner)) (canon lift (core func $m "new")))
  (func $get (param "self" (borrow $inner)) (result u32) (canon lift (core func $m "get")))
  (component $shell
    (import "number" (type $n (sub resource)))
    (import "new" (func $new (param "n" u32) (result (own $n))))
    (import "get" (func $get (param "self" (borrow $n)) (result u32)))
    (export $N "number" (type $n))
    (export "[constructor]number" (func $new) (func (param "n" u32) (result (own $N))))
    (export "[method]number.get" (func $get) (func (param "self" (borrow $N)) (result u32))))
  (instance $i (instantiate $shell (with "number" (type $inner)) (with "new" (func $new))
    (with "get" (func $get))))
  (export "bench:app/numbers" (instance $i)))"""


def bench(measure: Measure) -> None:
    engine = Engine()
    module: Any = load(TEXT.encode(), "bench")
    store = Store(engine)
    made = module.Bench.instantiate(store)
    instance = Linker(engine).instantiate(store, Component(engine, TEXT))

    def row(name: str, typed: tuple[Any, ...], untyped: tuple[Any, ...]) -> None:
        generated, dynamic = getattr(made, name), instance.func(store, name)
        expected = 42 if name == "add" else typed[0]
        if generated(*typed) != expected:
            raise SystemExit(f"{name}: it gave something else back")
        calls: dict[str, Call] = {
            "python": lambda: generated(*typed),
            "dynamic calls": lambda: dynamic(store, *untyped),
        }
        measure(f"bindings {name}", calls)

    row("add", (40, 2), (40, 2))
    fields: dict[str, Any] = {"a": 1, "b": -2, "c": 0.5, "d": True, "name": "hull"}
    row("record", (module.R(**fields),), (Record(**fields),))
    row("variant", (module.VCircle(0.5),), (Variant("circle", 0.5),))
    method(engine, measure)


def method(engine: Engine, measure: Measure) -> None:
    """A method of a resource."""
    module: Any = load(METHODS.encode(), "bench")
    store = Store(engine)
    made = module.Bench.instantiate(store)
    number = module.exports.numbers.Number(made.numbers, 7)
    instance, path = (
        Linker(engine).instantiate(store, Component(engine, METHODS)),
        "bench:app/numbers",
    )
    other = instance.func(store, path, "[constructor]number")(store, 7)
    get = instance.func(store, path, "[method]number.get")
    if (number.get(), get(store, other)) != (7, 7):
        raise SystemExit("method: it gave another number")
    calls: dict[str, Call] = {
        "python": lambda: number.get(),
        "dynamic calls": lambda: get(store, other),
    }
    measure("bindings method", calls)
