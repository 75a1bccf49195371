"""Runs one module over the partitions of a table, on Spark in local mode."""

import os
import sys

import bills
from pyspark.errors import PythonException
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, when

from trimaran.udf import spark

ROWS = 100_000


def main() -> None:
    share = bills.share()
    # The workers are to be this Python.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    with builder.config("spark.driver.host", "localhost").getOrCreate() as session:
        people = when(col("id") % 2 == 0, 2).otherwise(5).cast("long")
        table = session.range(ROWS, numPartitions=10).withColumn("cents", col("id")).withColumn("people", people)
        shares = table.withColumn("share", spark.apply(share, "cents", "people"))
        print(f"sum: {shares.agg({'share': 'sum'}).collect()[0][0]}")

        # The same function in SQL.
        session.udf.register("share", spark.udf(share))
        table.createOrReplaceTempView("bills")
        print(f"SQL: {session.sql('SELECT sum(share(cents, people)) FROM bills').collect()[0][0]}")

        nobody = when(col("id") == 70_123, 0).otherwise(col("people")).cast("long")
        try:
            table.withColumn("people", nobody).select(spark.apply(share, "cents", "people")).collect()
        except PythonException as error:
            # Its text has the traceback of the worker, which ends with the error.
            print(*[line for line in str(error).splitlines() if "RowError" in line][:1])


if __name__ == "__main__":
    main()
