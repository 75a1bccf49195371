"""Guests whose host function throws, and what comes out of them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any, NoReturn

from guests import engine
from trimaran import (
    Func,
    FuncType,
    Instance,
    Module,
    Store,
)

WAT = """(module
    (import "host" "f" (func $f))
    (func $inner (call $f))
    (func (export "run") (call $inner))
    (func (export "row") (param i32) (if (i32.eq (local.get 0) (i32.const 2)) (then (call $f))))
    (func (export "two") (result i32) (i32.const 2)))"""


class Guest:
    """A guest whose host function does as it is told."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.store = Store(engine())
        self.act = act
        self.host = Func(self.store, FuncType([], []), lambda: self.act())
        self.module = Module(self.store.engine, WAT)
        self.exports: Any = Instance(self.store, self.module, [self.host]).exports(self.store)

    def ways(self) -> dict[str, Callable[[], object]]:
        """All the ways into the host function."""
        run, row = self.exports["run"], self.exports["row"]
        start = '(module (import "host" "f" (func $f)) (start $f))'
        return {
            "fast": lambda: run(self.store),
            "surface": lambda: run(store=self.store),
            "values": lambda: run.call(self.store, []),
            "rows": lambda: row.map(self.store, array("i", range(4))),
            "direct": lambda: self.host(self.store),
            "start": lambda: Instance(self.store, Module(self.store.engine, start), [self.host]),
        }


def thrower(error: BaseException) -> Callable[[], NoReturn]:
    def throw() -> NoReturn:
        raise error

    return throw


def caught_from(call: Callable[[], object]) -> BaseException:
    try:
        call()
    except BaseException as error:
        return error
    raise AssertionError("it raised nothing")
