"""Runs one module over the columns of a table, in pandas, Polars and DuckDB."""

import bills
import duckdb
import pandas as pd
import polars as pl

import trimaran.udf.duckdb
import trimaran.udf.pandas
import trimaran.udf.polars
from trimaran.udf import RowError

ROWS = 100_000


def main() -> None:
    share = bills.share()
    table = pd.DataFrame({"cents": range(ROWS), "people": [1, 2, 4, 5] * (ROWS // 4)})

    shares = trimaran.udf.pandas.apply(share, table["cents"], table["people"])
    print(f"pandas: {shares.sum()}")

    frame = pl.DataFrame({"cents": table["cents"].to_numpy(), "people": table["people"].to_numpy()})
    shared = trimaran.udf.polars.apply(share, "cents", "people").alias("share")
    print(f"polars: {frame.lazy().select(shared.sum()).collect().item()}")

    with duckdb.connect() as connection:
        trimaran.udf.duckdb.register(connection, share)
        print(f"duckdb: {connection.sql('SELECT sum(share(cents, people)) FROM frame').fetchall()[0][0]}")

    table.loc[70_123, "people"] = 0
    try:
        trimaran.udf.pandas.apply(share, table["cents"], table["people"])
    except RowError as error:
        print(error)


if __name__ == "__main__":
    main()
