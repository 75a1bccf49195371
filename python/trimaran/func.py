"""Functions, of guests and of the host: called with values that are checked first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

# `value` needs this module as well, so that its content is looked up when it is needed.
from . import value as _value
from ._columns import map_columns
from ._handle import Handle
from ._identity import Constant
from ._native import FuncLane, article
from ._surface import expect, wrong_type
from .store import Storelike, home, inside
from .types import FuncType


class Func(FuncLane, Constant, Handle):
    """A function of a guest or of the host. It belongs to one store.

    It is called with its store and with plain Python objects, or with `Val`s. Ints go into any number that holds them
    exactly, floats into an `f32` by rounding, 16 bytes into a `v128`, a `Func` or a `Reference` into a reference, any
    other object into an `externref`, and `None` into a null reference. It returns `None`, the one result, or a list
    of them, each as `Val.value` has it.

    A call raises `WasmTypeError` for a wrong number or type of arguments, `RangeError` for a number that does not
    fit, `Trap` where the guest traps, and whatever a host function raised, as the very same object.
    """

    __slots__ = ("__weakref__",)
    _instead = "it lives in its store; send the Module, and take the function of an instance there"

    def __init__(self, store: Storelike, ty: FuncType, func: Callable[..., Any], access_caller: bool = False) -> None:
        """Makes a host function, which calls `func` with its arguments as plain objects.

        `func` gives `None`, the one result, or a sequence of them: plain objects or `Val`s, which are checked as
        arguments are. With `access_caller`, its first argument is the `Caller`. It may use the store in every way.
        What it raises, be it a `KeyboardInterrupt`, comes out of the outermost call after the guest has unwound, as
        the very same object. A result that does not fit raises `WasmTypeError` or `RangeError` there.

        The store keeps `func` until it is closed or gone; a `func` that refers to its store is no leak.
        """
        inside(store)
        expect(ty, FuncType, "the type")
        body = host_body(func, access_caller)
        self._make_host(store, ty)
        self._attach(home(store), *body)

    def _call_odd(self, store: Storelike, *params: Any) -> Any:
        results = [result.value for result in self.call(store, params)]
        return results if len(results) > 1 else next(iter(results), None)

    def call(self, store: Storelike, values: Iterable[Any]) -> list[_value.Val]:
        """Calls the function, and gives all its results as `Val`s, which keep every bit."""
        inside(store)
        arguments = self._arguments(store, list(values))
        return [_value.Val._from_raw(result, store) for result in self._call(store, arguments)]

    def map(self, store: Storelike, *columns: Any) -> Any:
        """Calls the function once for each row of the columns, in one turn of the store.

        Each parameter has a column: a NumPy array, an `array.array` or another one-dimensional buffer, of int32,
        int64, float32 or float64 as the parameter is i32, i64, f32 or f64. Integers may be unsigned. Returns `None`,
        the one column of results, or a list of them: NumPy arrays where one was given, or else arrays of `array`.

        It stops at the first row that fails. The error says which one it was, counted from 0, in `row` and in a note.
        Raises `WasmTypeError` for columns that do not fit, and for a function with vectors or references.
        """
        inside(store)
        return map_columns(self, store, columns)

    def _arguments(self, store: Storelike, values: list[Any]) -> list[_value.Raw]:
        if all(isinstance(value, _value.Val) for value in values):
            return [value._to_raw(store) for value in values]
        params = self.type(store).params
        if len(values) != len(params):
            # The core says so.
            return [_value.Val.null()._to_raw(store)] * len(values)
        return [
            _value.to_raw(value, ty, store, f"argument {place}")
            for place, (value, ty) in enumerate(zip(values, params, strict=True), 1)
        ]


def host_body(func: Callable[..., Any], access_caller: bool) -> tuple[Callable[..., Any], bool]:
    """What a host function is made from, if it is that."""
    if not callable(func):
        raise wrong_type(f"the function is {article(func)}: expected something that can be called")
    return func, expect(access_caller, bool, "access_caller")
