"""Functions of guests over columns of Arrow."""

# Types are checked with and without the engine's package. Without it, its name finds this very module.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._needs import needs
from ._signature import Kind
from .error import RowError
from .function import ColumnFunction

if TYPE_CHECKING:
    import pyarrow as pa


def apply(function: ColumnFunction, *columns: Any) -> pa.Array:
    """The function over arrays, chunked arrays, and values that are the same in every row.

    ```python
    table = table.append_column("share", arrow.apply(share, table["cents"], table["people"]))
    ```

    A row with a null gives a null, and the guest is not called for it, unless the parameter is an `option` of a
    component.

    Raises `RowError` for the first row that fails, and `WasmTypeError` for columns that do not fit, and for a function
    whose result no column can have.
    """
    needs("arrow", "pyarrow")
    import pyarrow as pa
    import pyarrow.compute as pc

    signature = function._signature()
    kind = arrow_type(function)
    given = [_whole(column, param) for column, param in itertools.zip_longest(columns, signature.params)]
    # Of another number of columns, the call says so.
    given = given[: len(columns)]
    valid = [
        pc.is_valid(column)
        for column, param in zip(given, signature.params, strict=False)
        if isinstance(column, pa.Array) and column.null_count and not param.is_option
    ]
    if not valid:
        return _array(function, signature.result, kind, given, None)
    kept = functools.reduce(pc.and_, valid)
    given = [column.filter(kept) if isinstance(column, pa.Array) else column for column in given]
    made = _array(function, signature.result, kind, given, pc.indices_nonzero(kept).to_pylist())
    # Of each row the place among those that were called; none of the others.
    places = pc.subtract(pc.cumulative_sum(kept.cast(pa.int64())), 1)
    return made.take(pc.if_else(kept, places, None))


def arrow_type(function: ColumnFunction) -> pa.DataType:
    """The type of the column that the function gives. Raises `WasmTypeError` where no column can have it."""
    needs("arrow", "pyarrow")
    return _of(function._signature().result)


def parameter_types(function: ColumnFunction) -> list[pa.DataType]:
    """The types of its parameters, in their order."""
    needs("arrow", "pyarrow")
    return [_of(kind) for kind in function._signature().params]


def _of(kind: Kind) -> pa.DataType:
    import pyarrow as pa

    if kind.name == "list_":
        return pa.list_(_of(kind.parts[0][1]))
    if kind.name == "struct":
        return pa.struct([(name, _of(part)) for name, part in kind.parts])
    made: pa.DataType = getattr(pa, kind.name)()
    return made


def _whole(column: Any, param: Kind | None) -> Any:
    """A column in one piece. One without a type has only nulls, and fits."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if param is not None and isinstance(column, pa.NullArray):
        return column.cast(_of(param))
    return column


def _array(
    function: ColumnFunction, result: Kind, kind: pa.DataType, columns: Sequence[Any], places: Sequence[int] | None
) -> pa.Array:
    import pyarrow as pa

    made = function._over(columns, places=places)
    if result.convert is not None:
        made = [result.convert(value) for value in made]
    return pa.array(made, kind)


__all__ = ["RowError", "apply", "arrow_type", "parameter_types"]
