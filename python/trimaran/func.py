"""Functions: called with values that are checked first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import _bindings as raw

# `value` needs this module as well, so that its content is looked up when it is needed.
from . import value as _value
from ._columns import map_columns
from ._handle import Laned
from ._native import FuncLane
from ._surface import call, expect
from .store import Storelike, inside
from .types import FuncType


class Func(FuncLane, Laned[raw.Func]):
    """A function of a guest. It belongs to one store.

    It is called with its store and with plain Python objects, or with `Val`s. Ints go into any number that holds them
    exactly, floats into an `f32` by rounding, 16 bytes into a `v128`, a `Func` or a `Reference` into a reference, and
    `None` into a null one. It returns `None`, the one result, or a list of them, each as `Val.value` has it.

    A call raises `WasmTypeError` for a wrong number or type of arguments, `RangeError` for a number that does not
    fit, and `Trap` where the guest traps.
    """

    __slots__ = ("__weakref__", "_raw")

    def type(self, store: Storelike) -> FuncType:
        """The function's type."""
        return FuncType._from_raw(call(self._raw.type, inside(store)))

    def _call(self, store: Storelike, *params: Any) -> Any:
        results = [result.value for result in self.call(store, params)]
        return results if len(results) > 1 else next(iter(results), None)

    def call(self, store: Storelike, values: Iterable[Any]) -> list[_value.Val]:
        """Calls the function, and gives all its results as `Val`s, which keep every bit."""
        given = inside(store)
        values = list(values)
        arguments = [
            _value.to_raw(value, f"argument {place}") or self._wide(store, values, place)
            for place, value in enumerate(values, 1)
        ]
        return [_value.Val._from_raw(result) for result in call(self._raw.call, given, arguments)]

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

    def _wide(self, store: Storelike, values: list[Any], place: int) -> raw.Val:
        """What the core takes for an int of more than 64 bits with sign: that depends on the parameter."""
        params = self.type(store).params
        # Where the number of arguments is wrong, the core says so.
        ty = params[place - 1] if len(values) == len(params) else _value.Val.v128(0).type
        return _value.wide(values[place - 1], ty, f"argument {place}")

    def same(self, store: Storelike, other: Func) -> bool:
        """Whether two handles are to the same function of the same store."""
        return call(self._raw.same, inside(store), expect(other, Func, "the other")._raw)
