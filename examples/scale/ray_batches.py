"""Runs one module over the batches of a dataset, on Ray on this machine."""

import bills
import ray
import ray.data
from ray.exceptions import RayTaskError

import trimaran.udf.ray

ROWS = 100_000


def bill(row: dict[str, int], nobody: int = -1) -> dict[str, int]:
    number = row["id"]
    return {"cents": number, "people": 0 if number == nobody else [1, 2, 4, 5][number % 4]}


def main() -> None:
    share = bills.share()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        table = ray.data.range(ROWS, override_num_blocks=10).map(bill)
        shares = trimaran.udf.ray.apply(share, table, "cents", "people", into="share", batch_size=10_000)
        print(f"sum: {shares.sum('share')}")

        table = ray.data.range(ROWS, override_num_blocks=10).map(bill, fn_kwargs={"nobody": 70_123})
        shares = trimaran.udf.ray.apply(share, table, "cents", "people", into="share", batch_size=10_000)
        try:
            shares.sum("share")
        except RayTaskError as error:
            print(*[line for line in str(error).splitlines() if "RowError" in line][:1])
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main()
