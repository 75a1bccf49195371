"""Functions of guests over series of pandas."""

# Types are checked with and without the engine's package. Without it, its name finds this very module.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._ffi import wrong_type
from ._needs import needs
from .error import RowError
from .function import ColumnFunction

if TYPE_CHECKING:
    import pandas as pd


def apply(function: ColumnFunction, *columns: Any) -> pd.Series:
    """The function over series, and values that are the same in every row. The result has the index of the series.

    ```python
    bills["share"] = pandas.apply(share, bills["cents"], bills["people"])
    ```

    Series of NumPy's numbers give such a series. All others go by Arrow, and so do components: nulls stay nulls there,
    and the result has a type of Arrow's.

    Raises `RowError` for the first row that fails, with its label in a note. Raises `WasmTypeError` for columns that do
    not fit, and for series with different indices.
    """
    needs("pandas", "pandas")
    import numpy as np
    import pandas as pd

    series = [(place, column) for place, column in enumerate(columns, 1) if isinstance(column, pd.Series)]
    if not series:
        raise wrong_type("no column is a series: expected one at least, or call the function itself")
    first, index = series[0][0], series[0][1].index
    for place, column in series[1:]:
        if not column.index.equals(index):
            raise wrong_type(f"column {place} has another index than column {first}: align them, or reset both")
    try:
        if not function._home().is_component and all(isinstance(each.dtype, np.dtype) for _, each in series):
            return pd.Series(function._over(columns), index=index)
        needs("pandas", "pyarrow")
        import pyarrow as pa

        from . import arrow

        given = [pa.array(each, from_pandas=False) if isinstance(each, pd.Series) else each for each in columns]
        made = pd.arrays.ArrowExtensionArray(arrow.apply(function, *given))
        return pd.Series(made, index=index)
    except RowError as error:
        if error.row is not None:
            error.add_note(f"the row's label is {index[error.row]!r}")
        raise


__all__ = ["RowError", "apply"]
