"""Runs one module over the partitions of a table, on a Dask cluster on this machine."""

from pathlib import Path

import batches
import dask.dataframe as dd
import pandas as pd
from dask.distributed import Client, LocalCluster

from trimaran import Trap

ROWS = 100_000


def partition(frame: pd.DataFrame, packed: bytes) -> "pd.Series[int]":
    import batches

    made = batches.shares(packed, frame["cents"], frame["people"], frame.index)
    return pd.Series(made, index=frame.index)


def main() -> None:
    bills = pd.DataFrame({"cents": range(ROWS), "people": [1, 2, 4, 5] * (ROWS // 4)})
    bills["people"] = bills["people"].astype("int32")
    packed = batches.packed()

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        client.upload_file(str(Path(batches.__file__)))

        table = dd.from_pandas(bills, npartitions=10)
        shares = table.map_partitions(partition, packed, meta=("share", "int64"))
        print(f"sum: {shares.sum().compute()}")

        def loads() -> int:
            import batches

            return batches.loaded.cache_info().misses

        print(f"loaded: {sorted(client.run(loads).values())}")

        bills.loc[70_123, "people"] = 0
        table = dd.from_pandas(bills, npartitions=10)
        try:
            table.map_partitions(partition, packed, meta=("share", "int64")).sum().compute()
        except Trap as trap:
            print(f"{trap.reason}; {trap.__notes__[-1]}")


if __name__ == "__main__":
    main()
