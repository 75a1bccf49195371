"""Runs one module over the partitions of a table, on a Dask cluster on this machine."""

import bills
import dask.dataframe as dd
import pandas as pd
from dask.distributed import Client, LocalCluster, progress

from trimaran.udf import RowError, dask

ROWS = 100_000


def main() -> None:
    share = bills.share()
    table = pd.DataFrame({"cents": range(ROWS), "people": [1, 2, 4, 5] * (ROWS // 4)})

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        frame = dd.from_pandas(table, npartitions=10)
        shares = dask.apply(share, frame["cents"], frame["people"]).persist()
        # A bar, of one step for each partition.
        progress(shares, notebook=False)
        print(f"\nsum: {shares.sum().compute()}")

        table.loc[70_123, "people"] = 0
        frame = dd.from_pandas(table, npartitions=10)
        try:
            dask.apply(share, frame["cents"], frame["people"]).sum().compute()
        except RowError as error:
            print(error)
            print(error.__notes__[0])


if __name__ == "__main__":
    main()
