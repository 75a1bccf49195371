"""Columns of numbers, for many calls in one."""

from __future__ import annotations

import sys
from array import array
from typing import Any

from ._ffi import throw
from ._native import FuncBase
from .error import WasmtimeError
from .store import Storelike

_DTYPES = {"i": "int32", "q": "int64", "f": "float32", "d": "float64"}


def _rows(column: Any) -> int:
    """How many numbers a column has. What is no column has none: nothing is made for a length that is only said."""
    try:
        return len(memoryview(column))
    except TypeError:
        return 0


def map_columns(func: FuncBase, store: Storelike, columns: tuple[Any, ...]) -> Any:
    """Calls the function once for each row, and gives the columns of its results."""
    codes = func._columns(store)
    rows = _rows(columns[0]) if columns else 0
    # Who gives arrays of NumPy has imported it.
    numpy: Any = sys.modules.get("numpy")
    made: list[Any]
    if numpy and any(isinstance(column, numpy.ndarray) for column in columns):
        made = [numpy.empty(rows, _DTYPES[code]) for code in codes]
    else:
        made = [array(code, [0]) * rows for code in codes]
    failed = func._map(store, columns, made)
    if failed:
        row, error = failed
        # What a host function raised is not ours, and may be any exception.
        if isinstance(error, WasmtimeError):
            error.row = row
        error.add_note(f"in row {row} of the columns")
        try:
            throw(error)
        finally:
            # The error knows this frame: it must not know the error, or neither is freed at once.
            del failed, error
    return made if len(made) > 1 else next(iter(made), None)
