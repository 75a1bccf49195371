"""Columns of numbers, for many calls in one. The extension module reads buffers; here, everything becomes one."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from numbers import Number
from struct import iter_unpack
from time import monotonic
from typing import Any, cast

from ._ffi import throw, wrong_type
from ._native import FuncBase, arrow_parts, article, packed
from .error import WasmtimeError
from .store import Storelike, store_of

# What `array` calls the four types, in the order of their kinds, and what NumPy calls them.
_CODES = "iqfd"
_DTYPES = {"i": "int32", "q": "int64", "f": "float32", "d": "float64"}
# Seconds that a part of the rows should take, so that `progress` is called some times a second.
_SHORT, _LONG = 0.05, 0.2

Report = Callable[[int], object]


def map_columns(func: FuncBase, store: Storelike, columns: Sequence[Any], out: Any, progress: Any) -> Any:
    """Calls the function once for each row, and gives the columns of its results."""
    params, results = func._columns(store)
    given = columns
    if len(columns) == len(params):
        # Of another number of columns, the extension module says so.
        given = [_buffer(column, code, f"column {place}") for place, (column, code) in _zipped(columns, params)]
    rows = next((rows for rows in map(_rows, given) if rows is not None), 0)
    made = _room(results, rows, columns) if out is None else _taken(out, len(results))
    with _reporting(progress, rows) as report:
        failed = _in_parts(func, store, given, made, rows, report) if report else func._map(store, given, made, 0, rows)
    if failed:
        row, error = failed
        # What a host function raised is not ours, and may be any exception.
        if isinstance(error, WasmtimeError):
            error.row = row
        _note(error, row)
        try:
            throw(error)
        finally:
            # The error knows this frame: it must not know the error, or neither is freed at once.
            del failed, error
    if out is not None:
        return out
    return made if len(made) > 1 else next(iter(made), None)


def _note(error: BaseException, row: int) -> None:
    """Says in which row it was, once for each row that the very same exception comes from."""
    note = f"in row {row} of the columns"
    try:
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
    except Exception:
        # An exception of the program's may take no note: then it comes without.
        return


def _zipped(columns: Sequence[Any], codes: str) -> Iterator[tuple[int, tuple[Any, str]]]:
    return enumerate(zip(columns, codes, strict=True), 1)


def _rows(column: Any) -> int | None:
    """How many numbers a column has. What is no column, or is one number, has no length that counts."""
    view = _view(column)
    return len(view) if view is not None and view.ndim else None


def _view(value: Any) -> memoryview | None:
    """The buffer of an object, if it has one."""
    try:
        return memoryview(value)
    except (TypeError, ValueError, BufferError):
        # NumPy has types of items for which there are no buffers.
        return None


def _buffer(value: Any, code: str, what: str) -> Any:
    """A buffer of what somebody passed for a parameter; in a tuple, where it is one number for all rows. What is no
    column comes back as it is: the extension module says what is wrong."""
    items = _items(value)
    if items is not None:
        return _packed(items, code, lambda row: f"{what}, row {row}", has_rows=True)
    if isinstance(value, range):
        raise wrong_type(f"{what} is a range: expected a column, such as a list of it")
    masked: Any = sys.modules.get("numpy.ma")
    if masked and isinstance(value, masked.MaskedArray):
        raise wrong_type(f"{what} is a masked array: expected one without a mask, as its `filled` gives")
    if _is_one(value):
        # A number of NumPy's is no number of Python's, and may be an array.
        number = value.item() if hasattr(value, "item") else value
        return (_packed((number,), code, lambda _: what),)
    view = _view(value)
    if view is None:
        value = _of_library(value, what)
        view = _view(value)
    if view is not None and view.format[-1:] == "e" and view.ndim == 1 and code in "fd":
        return _of_halves(view.tobytes(), view.format)
    return value


def _items(value: object) -> tuple[Any, ...] | None:
    """What is in a list or a tuple."""
    return tuple(cast(Iterable[Any], value)) if isinstance(value, (list, tuple)) else None


def _is_one(value: Any) -> bool:
    from .value import Val

    return isinstance(value, (Number, Val)) or getattr(value, "ndim", None) == 0


def _cast(octets: bytes, code: str) -> memoryview:
    """A buffer of bytes, as one of numbers."""
    make: Any = memoryview(octets).cast
    return cast(memoryview, make(code))


def _packed(items: tuple[Any, ...], code: str, place: Callable[[int], str], *, has_rows: bool = False) -> memoryview:
    """A buffer of numbers that are objects. They go into each type as the arguments of a call do."""

    # That module needs the class of functions.
    from ._host import bits

    kind = _CODES.index(code)

    def odd(value: Any, row: int) -> int:
        try:
            return bits(kind, value, place(row))
        except WasmtimeError as error:
            if has_rows:
                error.row = row
                _note(error, row)
            raise

    return _cast(packed(items, code, odd), code)


def _of_halves(octets: bytes, form: str) -> array[float]:
    """Floats of 16 bits as floats of 32 bits, which hold each of them."""
    return array("f", (number for (number,) in iter_unpack(form, octets)))


def _of_library(value: Any, what: str) -> Any:
    """A buffer of what a library calls a column: by Arrow, which knows about nulls, or as an array of NumPy."""
    numpy: Any = sys.modules.get("numpy")
    # What says that its items are NumPy's has no nulls, but NaN, which is a number.
    if not (numpy and isinstance(getattr(value, "dtype", None), numpy.dtype)):
        try:
            parts = arrow_parts(value)
        except ImportError:
            # Such as that of pyarrow, without which pandas has nothing for Arrow.
            parts = None
        if parts is not None:
            return _of_arrow(value, what, *parts)
    if hasattr(value, "__array__"):
        numpy = _numpy()
        return value if numpy is None else numpy.asarray(value)
    return value


def _of_arrow(value: Any, what: str, code: str, nulls: int, parts: list[bytes]) -> Any:
    if nulls:
        raise wrong_type(f"{what} has {nulls} null{'s'[: nulls > 1]}: expected none; fill them, or drop their rows")
    octets = parts[0] if len(parts) == 1 else b"".join(parts)
    if code == "e":
        # No buffer of Python's has that type.
        return _of_halves(octets, "e")
    return _cast(octets, code) if code else value


def _numpy() -> Any:
    """NumPy, if it is installed."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def _room(codes: str, rows: int, columns: Sequence[Any]) -> list[Any]:
    """The columns of results: arrays of NumPy where somebody gave something that can be one."""
    numpy = _numpy() if any(hasattr(column, "__array__") for column in columns) else None
    if numpy is not None:
        return [numpy.empty(rows, _DTYPES[code]) for code in codes]
    return [array(code, [0]) * rows for code in codes]


def _taken(out: Any, count: int) -> list[Any]:
    """The columns that somebody gave for the results."""
    several = _items(out)
    made = [out] if several is None else list(several)
    if len(made) != count:
        raise wrong_type(f"out has {len(made)} columns: the function has {count} result{'s'[: count != 1]}")
    return made


@contextmanager
def _reporting(progress: Any, rows: int) -> Generator[Report | None]:
    """What follows the rows: something that can be called, a progress bar, or the class of one."""
    if isinstance(progress, type):
        bar: Any = progress(total=rows)
        try:
            yield bar.update
        finally:
            bar.close()
        return
    report = getattr(progress, "update", progress)
    if report is not None and not callable(report):
        raise wrong_type(
            f"progress is {article(progress)}: expected something that can be called with a number of rows"
        )
    yield report


def _in_parts(
    func: FuncBase, store: Storelike, given: Sequence[Any], made: Sequence[Any], rows: int, report: Report
) -> tuple[int, Any] | None:
    """Calls the function for some rows at a time, and says after each part how many they were."""
    home = store_of(store)
    with ExitStack() as stack:
        # The parts are one turn and one run, as they would be together.
        stack.enter_context(home.turn())
        limit = home._run_limit()
        if limit is not None:
            stack.enter_context(home.deadline(limit / 1000 if limit else None))
        start, size = 0, 1
        while True:
            count, began = min(size, rows - start), monotonic()
            failed = func._map(store, given, made, start, count)
            if failed or not count:
                return failed
            took = monotonic() - began
            report(count)
            start += count
            if start == rows:
                return None
            if took < _SHORT:
                size *= 2
            elif took > _LONG:
                size = max(1, size // 2)
