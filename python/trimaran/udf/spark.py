"""Functions of guests over columns of Spark's data frames."""

# Types are checked with and without the engine's package. Without it, its name finds this very module.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import arrow
from ._needs import needs
from .function import ColumnFunction

if TYPE_CHECKING:
    from pyspark.sql import Column


def apply(function: ColumnFunction, *columns: Column | str) -> Column:
    """The function over columns and names of columns, as a column.

    ```python
    bills.withColumn("share", spark.apply(share, "cents", "people"))
    ```

    Nulls are those of `trimaran.udf.arrow.apply`. A batch is what Spark gives to Python at once
    (`spark.sql.execution.arrow.maxRecordsPerBatch`), and Spark's progress bar and its pages count the tasks.
    Spark's workers, which go on from task to task, load the function once in each process.

    A row that fails ends the job with `pyspark.errors.PythonException`, whose text ends with that of the `RowError`.
    """
    made: Column = udf(function)(*columns)
    return made


def udf(function: ColumnFunction) -> Any:
    """The function as one of Spark's own, such as for `spark.udf.register("share", udf(share))` and SQL."""
    needs("spark", "pyspark", "pyarrow", "pandas")
    from pyspark.sql import functions as known
    from pyspark.sql.pandas.types import from_arrow_type

    def batch(*columns: Any) -> Any:
        return arrow.apply(function, *columns)

    # Its types do not know of these functions.
    functions: Any = known
    return functions.arrow_udf(batch, from_arrow_type(arrow.arrow_type(function)), functions.ArrowUDFType.SCALAR)


__all__ = ["apply", "udf"]
