"""Functions of guests over partitions of Dask's data frames."""

# Types are checked with and without the engine's package. Without it, its name finds this very module.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from .._ffi import wrong_type
from . import pandas
from ._needs import needs
from .error import RowError
from .function import ColumnFunction


def apply(function: ColumnFunction, *columns: Any) -> Any:
    """The function over series of Dask's, and values that are the same in every row, as a series of Dask's.

    ```python
    bills["share"] = dask.apply(share, bills["cents"], bills["people"])
    ```

    Each partition is a batch, and a task: `dask.diagnostics.ProgressBar`, `distributed.progress` and the dashboard
    count them. The workers load the function once in each process.

    A row that fails raises `RowError` where the result is asked for. Its row is that of the partition, and a note has
    the label. Raises `WasmTypeError` where no column is a series of Dask's.
    """
    needs("dask", "dask", "pandas")
    import dask.dataframe as dd

    if not any(isinstance(column, dd.Series) for column in columns):
        raise wrong_type("no column is a series of Dask's: expected one at least")
    # Of no rows, so that no guest runs for them.
    bare = [column._meta if isinstance(column, dd.Series) else column for column in columns]
    # It has no types.
    frames: Any = dd
    return frames.map_partitions(pandas.apply, function, *columns, meta=pandas.apply(function, *bare))


__all__ = ["RowError", "apply"]
