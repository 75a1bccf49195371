"""Functions over columns, for the tests of `trimaran.udf`."""

from __future__ import annotations

from functools import cache
from typing import Any

from component_guests import LIBC

from guests import TARGET
from trimaran import Config, Engine, Module
from trimaran.component import Component
from trimaran.udf import ColumnFunction

# What each of some people pays; with nobody, the division traps. `count` says how often it was called in its store,
# `hungry` takes all memory that it gets, `spin` computes for ever, `log` and `two` are none for a column.
MODULE = """(module
  (memory (export "memory") 1) (global $n (mut i64) (i64.const 0))
  (func (export "share") (param i64 i32) (result i64) (i64.div_s (local.get 0) (i64.extend_i32_s (local.get 1))))
  (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func (export "count") (param i32) (result i64)
    (global.set $n (i64.add (global.get $n) (i64.const 1))) (global.get $n))
  (func (export "hungry") (param i32) (result i32)
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (memory.size))
  (func (export "spin") (param i32) (result i32) (loop $again (br $again)) (unreachable))
  (func (export "log") (param i32))
  (func (export "two") (param i32) (result i32 i32) (local.get 0) (local.get 0)))"""

# Half of a number, or the error "odd".
HALF = f"""(component {LIBC}
  (core module $m (import "" "memory" (memory 1)) (data (i32.const 0) "odd")
    (func (export "half") (param i32) (result i32)
      (i32.store (i32.const 16) (i32.and (local.get 0) (i32.const 1)))
      (i32.store (i32.const 20)
        (select (i32.const 0) (i32.shr_u (local.get 0) (i32.const 1)) (i32.load (i32.const 16))))
      (i32.store (i32.const 24) (i32.const 3))
      (i32.const 16)))
  (core instance $m (instantiate $m (with "" (instance $libc))))
  (func (export "half") (param "n" u32) (result (result u32 (error string)))
    (canon lift (core func $m "half") (memory $memory) (realloc $realloc))))"""


@cache
def untrusted() -> Engine:
    """An engine for the target under test, whose guests can be stopped."""
    return Engine(Config.untrusted().target(TARGET))


def function(name: str, **options: Any) -> ColumnFunction:
    """A function of the module."""
    return ColumnFunction(Module(untrusted(), MODULE), name, **options)


def half() -> ColumnFunction:
    return ColumnFunction(Component(untrusted(), HALF), "half")


def same(ty: str, flat: str) -> ColumnFunction:
    """A component's function that gives its argument, which crosses as such numbers."""
    kinds = flat.split()
    if len(kinds) == 1:
        signature, body = f"(param {flat}) (result {flat})", "(local.get 0)"
    else:
        signature = f"(param {flat}) (result i32)"
        places = range(len(kinds))
        stores = (f"({kinds[at]}.store (i32.const {16 + 4 * at}) (local.get {at}))" for at in places)
        body = f"{' '.join(stores)} (i32.const 16)"
    text = f"""(component {LIBC} (type $t' {ty}) (export $t "t" (type $t'))
  (core module $m (import "" "memory" (memory 1)) (func (export "same") {signature} {body}))
  (core instance $m (instantiate $m (with "" (instance $libc))))
  (func (export "same") (param "x" $t) (result $t)
    (canon lift (core func $m "same") (memory $memory) (realloc $realloc))))"""
    return ColumnFunction(Component(untrusted(), text), "same")
