"""Functions of guests over datasets of Ray."""

# Types are checked with and without the engine's package. Without it, its name finds this very module.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import arrow
from ._needs import needs
from .function import ColumnFunction

if TYPE_CHECKING:
    import pyarrow as pa
    import ray.data


def apply(
    function: ColumnFunction, data: ray.data.Dataset, *columns: str, into: str, **options: Any
) -> ray.data.Dataset:
    """The dataset with a column `into` more: the function over the columns of those names.

    ```python
    bills = ray.apply(share, bills, "cents", "people", into="share")
    ```

    `options` are those of `Dataset.map_batches`, such as `batch_size` and `concurrency`. Ray's own progress bars count
    the batches. Its workers load the function once in each process.

    A row that fails raises `ray.exceptions.RayTaskError` where the result is asked for, whose text has that of the
    `RowError`: the arguments, and the row in the batch.
    """

    needs("ray", "ray", "pyarrow")

    def batch(table: pa.Table) -> pa.Table:
        made = arrow.apply(function, *(table[name] for name in columns))
        if into in table.column_names:
            table = table.drop_columns([into])
        return table.append_column(into, made)

    return data.map_batches(batch, batch_format="pyarrow", **options)


__all__ = ["apply"]
