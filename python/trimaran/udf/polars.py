"""Functions of guests in expressions of Polars."""

# Types are checked with and without the engine's package. Without it, its name finds this very module.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import arrow
from ._needs import needs
from .error import RowError
from .function import ColumnFunction

if TYPE_CHECKING:
    import polars as pl


def apply(function: ColumnFunction, *columns: pl.Expr | str) -> pl.Expr:
    """The function over expressions and names of columns, as an expression. Its column has the name of the first one.

    ```python
    bills.with_columns(polars.apply(share, "cents", "people").alias("share"))
    ```

    Nulls are those of `trimaran.udf.arrow.apply`, and so are the errors. Polars runs it for the batches that it makes,
    also of lazy frames and in its streaming engine, and makes a new error of the text of one: the text has the
    arguments and the row in the batch, and other fields may be empty.
    """
    needs("polars", "polars", "pyarrow")
    import polars as pl
    import pyarrow as pa

    empty = pa.array([], arrow.arrow_type(function))
    kind = pl.Series(empty).dtype

    def batch(series: Sequence[pl.Series]) -> pl.Series:
        # What is the same in every row comes as one.
        rows = next((len(each) for each in series if len(each) != 1), 1)
        given: list[Any] = [each.to_arrow() if len(each) == rows else each.item() for each in series]
        return pl.Series(arrow.apply(function, *given))

    return pl.map_batches(list(columns), batch, return_dtype=kind, is_elementwise=True)


__all__ = ["RowError", "apply"]
