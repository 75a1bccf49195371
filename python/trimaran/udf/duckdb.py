"""Functions of guests in the SQL of DuckDB."""

# Types are checked with and without the engine's package. Without it, its name finds this very module.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from . import arrow
from ._needs import needs
from .function import ColumnFunction

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_NAMES = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "uint8": "UTINYINT",
    "int16": "SMALLINT",
    "uint16": "USMALLINT",
    "int32": "INTEGER",
    "uint32": "UINTEGER",
    "int64": "BIGINT",
    "uint64": "UBIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "binary": "BLOB",
}


def register(connection: duckdb.DuckDBPyConnection, function: ColumnFunction, name: str | None = None) -> None:
    """Makes the function one of SQL, by its own name or by another one.

    ```python
    duckdb.register(connection, share)
    connection.sql("SELECT share(cents, people) FROM bills")
    ```

    A null gives a null, unless the parameter is an `option` of a component. The connection keeps the function until
    `connection.remove_function`.

    A row that fails ends the query with `duckdb.InvalidInputException`, whose text is that of the `RowError`: the
    arguments, and the row in DuckDB's own batch.
    """
    needs("duckdb", "duckdb", "pyarrow")
    params = [_sql(each) for each in arrow.parameter_types(function)]
    has_options = any(each.is_option for each in function._signature().params)

    def batch(*columns: Any) -> pa.Array:
        return arrow.apply(function, *columns)

    # DuckDB counts the parameters of what it is given.
    places = (f"column_{place}" for place in range(1, len(params) + 1))
    named = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in places]
    vars(batch)["__signature__"] = inspect.Signature(named)

    # Its types want enums of other modules for what it takes as words.
    create: Any = connection.create_function
    create(
        function.name.replace("-", "_") if name is None else name,
        batch,
        params,
        _sql(arrow.arrow_type(function)),
        type="arrow",
        null_handling="special" if has_options else "default",
    )


def _sql(kind: pa.DataType) -> Any:
    """The name of a type in SQL."""
    import pyarrow.types as kinds

    if kinds.is_list(kind):
        return f"{_sql(kind.value_type)}[]"
    if kinds.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        words = [f'"{field.name}" {_sql(field.type)}' for field in fields]
        return f"STRUCT({', '.join(words)})"
    return _NAMES[str(kind)]


__all__ = ["register"]
