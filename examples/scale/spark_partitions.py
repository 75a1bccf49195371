"""Runs one module over the partitions of a table, on Spark in local mode."""

import os
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import batches
import pyarrow as pa
from pyspark.errors import PythonException
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, when

ROWS = 100_000
SCHEMA = "id long, share long, pid int"


def partition(packed: bytes, parts: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import batches

    for part in parts:
        made = batches.shares(packed, part["cents"], part["people"], part["id"])
        pids = [os.getpid()] * len(part)
        yield pa.RecordBatch.from_pydict({"id": part["id"], "share": made, "pid": pa.array(pids, pa.int32())})


def main() -> None:
    # The workers are to be this Python.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    with builder.config("spark.driver.host", "localhost").getOrCreate() as spark:
        spark.sparkContext.addPyFile(str(Path(batches.__file__)))
        packed = batches.packed()

        people = when(col("id") % 2 == 0, 2).otherwise(5).cast("int")
        bills = spark.range(ROWS, numPartitions=10).withColumn("cents", col("id")).withColumn("people", people)
        shares = bills.mapInArrow(partial(partition, packed), SCHEMA)
        print(f"sum: {shares.agg({'share': 'sum'}).collect()[0][0]}")

        nobody = when(col("id") == 70_123, 0).otherwise(col("people")).cast("int")
        try:
            bills.withColumn("people", nobody).mapInArrow(partial(partition, packed), SCHEMA).count()
        except PythonException as error:
            # Its text has the traceback of the worker, which ends with the error and its notes.
            print(*[line for line in str(error).splitlines() if "divide" in line or "the row is" in line], sep="\n")


if __name__ == "__main__":
    main()
