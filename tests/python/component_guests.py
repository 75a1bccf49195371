"""Components for tests of Python alone, in the text format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimaran import Engine, Store
from trimaran.component import Component, Func, Instance, Linker

ENGINE = Engine()

LIBC = """
  (core module $libc (memory (export "memory") 1) (global $n (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $n) (i32.sub (local.get 2) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get 2))))
      (global.set $n (i32.add (local.get $at) (local.get 3)))
      (block $enough (loop $more
        (br_if $enough (i32.le_u (global.get $n) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $more (i32.ne (memory.grow (i32.const 64)) (i32.const -1)))
        unreachable))
      (memory.copy (local.get $at) (local.get 0) (local.get 1))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))"""


def echo(ty: str, flat: str, before: str = "") -> str:
    """A component whose `run` gives its argument to the host's `f`, and gives what that gives.

    `before` has types that the type of the argument names.
    """
    kinds = flat.split()
    arguments = " ".join(f"(local.get {place})" for place in range(len(kinds)))
    if len(kinds) == 1:
        signature, call = f"(param {flat}) (result {flat})", f"(call $f {arguments})"
    else:
        signature, call = f"(param {flat} i32)", f"(call $f {arguments} (i32.const 16)) (i32.const 16)"
    result = flat if len(kinds) == 1 else "i32"
    return f"""(component {before} (type $t' {ty}) (import "t" (type $t (eq $t')))
  (import "f" (func $f (param "x" $t) (result $t))) {LIBC}
  (core func $f (canon lower (func $f) (memory $memory) (realloc $realloc)))
  (core module $m (import "" "f" (func $f {signature}))
    (func (export "run") (param {flat}) (result {result}) {call}))
  (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func (export "run") (param "x" $t) (result $t)
    (canon lift (core func $m "run") (memory $memory) (realloc $realloc))))"""


# `run` calls the host's `f`, `trap` traps, `loop` runs for ever, `one` gives 1.
CALLS = """(component (import "f" (func $f (param "n" u32) (result u32)))
  (core func $f (canon lower (func $f)))
  (core module $m (import "" "f" (func $f (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "one") (result i32) (i32.const 1))
    (func (export "trap") unreachable) (func (export "loop") (loop (br 0))))
  (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run")))
  (func (export "one") (result u32) (canon lift (core func $m "one")))
  (func (export "trap") (canon lift (core func $m "trap")))
  (func (export "loop") (canon lift (core func $m "loop"))))"""

# A resource of the guest's, whose destructor counts.
GUESTS = """(component
  (core module $d (global $n (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $n (i32.add (global.get $n) (i32.const 1))))
    (func (export "dropped") (result i32) (global.get $n)))
  (core instance $d (instantiate $d))
  (type $inner (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $inner)) (core func $drop (canon resource.drop $inner))
  (core module $m (import "" "new" (func $new (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "get") (param i32) (result i32) (local.get 0))
    (func (export "take") (param i32) (call $drop (local.get 0))))
  (core instance $m (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  (export $r "r" (type $inner))
  (func (export "make") (param "x" u32) (result (own $r)) (canon lift (core func $m "make")))
  (func (export "get") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "get")))
  (func (export "take") (param "r" (own $r)) (canon lift (core func $m "take")))
  (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))"""

# The host's resource `h`: `hold` gives what `make` makes, `lend` lends to `use`, `drop` drops.
HOSTS = """(component (import "h" (type $h (sub resource)))
  (import "make" (func $make (result (own $h)))) (import "use" (func $use (param "h" (borrow $h))))
  (core func $make (canon lower (func $make))) (core func $use (canon lower (func $use)))
  (core func $drop (canon resource.drop $h))
  (core module $m (import "" "make" (func $make (result i32))) (import "" "use" (func $use (param i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "hold") (result i32) (call $make))
    (func (export "keep") (drop (call $make)))
    (func (export "lend") (param i32) (call $use (local.get 0)) (call $drop (local.get 0)))
    (func (export "drop") (param i32) (call $drop (local.get 0))))
  (core instance $m (instantiate $m (with "" (instance
    (export "make" (func $make)) (export "use" (func $use)) (export "drop" (func $drop))))))
  (func (export "hold") (result (own $h)) (canon lift (core func $m "hold")))
  (func (export "keep") (canon lift (core func $m "keep")))
  (func (export "lend") (param "h" (borrow $h)) (canon lift (core func $m "lend")))
  (func (export "drop") (param "h" (own $h)) (canon lift (core func $m "drop"))))"""


def linked(wat: str, **functions: Callable[..., Any]) -> tuple[Store, Instance]:
    """An instance of a component in a store of its own, with those functions of the host."""
    store, linker = Store(ENGINE), Linker(ENGINE)
    for name, function in functions.items():
        linker.root().define_func(name, function)
    return store, linker.instantiate(store, Component(ENGINE, wat))


def echoing(ty: str, flat: str, seen: list[Any] | None = None, before: str = "") -> tuple[Store, Func]:
    """A function that gives its argument to the host, which notes it, and gives it back."""

    def f(value: Any) -> Any:
        if seen is not None:
            seen.append(value)
        return value

    store, instance = linked(echo(ty, flat, before), f=f)
    return store, instance.func(store, "run")
