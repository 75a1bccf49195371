"""Calls of a component's function, one for each row."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from time import monotonic
from typing import Any, cast

from .._columns import _reporting
from .._ffi import wrong_type
from ..component import Err, Ok
from ..error import WasmtimeError

# Seconds between two reports of the progress.
_PAUSE = 0.1


def items(column: Any) -> list[Any] | None:
    """The values of a column as objects of Python's; `None` of what is one value for all rows."""
    if isinstance(column, (list, tuple)):
        return list(cast(Sequence[Any], column))
    if getattr(column, "ndim", 1) != 1:
        return None
    # Arrow, pandas and Polars, NumPy and other buffers.
    for name in ("to_pylist", "to_list", "tolist"):
        convert = getattr(column, name, None)
        if callable(convert):
            made: Any = convert()
            # An array of no dimensions gives its number.
            return made if made.__class__ is list else None
    return None


def item(column: Any, row: int) -> Any:
    """The value of one row."""
    if isinstance(column, (list, tuple)):
        return cast(Sequence[Any], column)[row]
    # A slice of one row is a column of the same library.
    found = None if getattr(column, "ndim", 1) != 1 else items(_slice(column, row))
    return found[0] if found else column


def _slice(column: Any, row: int) -> Any:
    # A series of pandas' finds labels by its own brackets.
    places = getattr(column, "iloc", column)
    try:
        return places[row : row + 1]
    except Exception:
        # One value for all rows need not be a sequence.
        return column


def map_rows(func: Any, store: Any, columns: Sequence[Any], progress: Any) -> list[Any]:
    """Calls the function once for each row. The error of a call has the row's number in `row`."""
    params = len(func.type().params)
    if len(columns) != params:
        raise wrong_type(f"there are {len(columns)} columns: expected {params}, one for each parameter")
    lists = [items(column) for column in columns]
    lengths = [(place, len(each)) for place, each in enumerate(lists, 1) if each is not None]
    if not lengths:
        raise wrong_type("every column is one value, so there are no rows: expected a column at least")
    (first, rows), *others = lengths
    for place, length in others:
        if length != rows:
            raise wrong_type(f"column {place} has {length} rows: expected {rows}, as column {first} has")
    each_row = zip(
        *(
            itertools.repeat(column, rows) if values is None else values
            for column, values in zip(columns, lists, strict=True)
        ),
        strict=True,
    )
    made: list[Any] = []
    with _reporting(progress, rows) as report:
        told, said = 0, monotonic()
        for row, values in enumerate(each_row):
            try:
                made.append(_unwrapped(func(store, *values)))
            except WasmtimeError as error:
                error.row = row
                raise
            if report and monotonic() - said > _PAUSE:
                report(len(made) - told)
                told, said = len(made), monotonic()
        if report and told < rows:
            report(rows - told)
    return made


def _unwrapped(made: Any) -> Any:
    """What a function gives that may fail by its own word."""
    kind: object = made.__class__
    if kind is Err:
        raise WasmtimeError(f"the guest gave the error {made.value!r}")
    return made.value if kind is Ok else made
