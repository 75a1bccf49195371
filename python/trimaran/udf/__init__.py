"""Functions of guests over columns, in the engines that process data.

A `ColumnFunction` is a function of a module or a component that travels: it is compiled once, loaded once in each
process, and runs with limits. Each engine has a module of its own here, which is imported by name and needs that
engine's package:

| module | engine | extra of the package | what `apply` gives |
|---|---|---|---|
| `trimaran.udf.arrow` | Arrow | `trimaran[arrow]` | an array |
| `trimaran.udf.pandas` | pandas | `trimaran[pandas]` | a series |
| `trimaran.udf.polars` | Polars | `trimaran[polars]` | an expression |
| `trimaran.udf.duckdb` | DuckDB | `trimaran[duckdb]` | nothing: `register` makes a function of SQL |
| `trimaran.udf.dask` | Dask | `trimaran[dask]` | a series of Dask's |
| `trimaran.udf.ray` | Ray Data | `trimaran[ray]` | a dataset with one column more |
| `trimaran.udf.spark` | Spark | `trimaran[spark]` | a column |
"""

from .error import RowError
from .function import ColumnFunction

__all__ = ["ColumnFunction", "RowError"]
