"""One module over the columns of a table, in each engine, as `docs/scale.md` says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from environments import ALL, ROOT, install, wheel

pytestmark = pytest.mark.skipif(not ALL, reason="it is big: make test-clients runs it")
SCALE = ROOT / "examples" / "scale"
UDF = ROOT / "python" / "trimaran" / "udf"
ROWS = 100_000
SPARK_TOTAL = sum(cents // (2 if cents % 2 == 0 else 5) for cents in range(ROWS))


PEOPLE = [1, 2, 4, 5]
TOTAL = sum(cents // PEOPLE[cents % 4] for cents in range(ROWS))


def output(python: Path, name: str) -> list[str]:
    """What an example prints."""
    command = [str(python), str(SCALE / f"{name}.py")]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=SCALE, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def check_types(python: Path, example: str, *engines: str) -> None:
    """Checks the types of an example and of modules of the package with their engines. Some of those have no types."""
    settings = ["--config-file", str(ROOT / "python" / "pyproject.toml")]
    settings += ["--disable-error-code", "import-untyped", "--disable-error-code", "no-untyped-call"]
    files = [f"{SCALE}/bills.py", f"{SCALE}/{example}.py", *(f"{UDF}/{engine}.py" for engine in engines)]
    environment = os.environ | {"MYPYPATH": str(ROOT / "python")}
    command = [str(python), "-m", "mypy", *settings, *files]
    done = subprocess.run(command, cwd=SCALE, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def failed(line: str, row: int) -> bool:
    """Whether a line has the whole of the error."""
    return f"share(70123, 0) in row {row}: wasm trap: integer divide by zero" in line


def test_tables() -> None:
    python = install("larger/tables", wheel(), what_they_need=True)
    *sums, problem = output(python, "tables")
    assert sums == [f"{engine}: {TOTAL}" for engine in ("pandas", "polars", "duckdb")]
    assert failed(problem, 70_123)
    check_types(python, "tables", "arrow", "pandas", "polars", "duckdb")


def test_dask() -> None:
    python = install("larger/dask", wheel(), what_they_need=True)
    *progress, total, problem, note = output(python, "dask_partitions")
    assert any("100% Completed" in line for line in progress)
    assert total == f"sum: {TOTAL}"
    # Ten partitions of 10,000 rows.
    assert failed(problem, 123)
    assert note == "the row's label is 70123"
    check_types(python, "dask_partitions", "dask")


def test_ray() -> None:
    python = install("larger/ray", wheel(), what_they_need=True)
    total, problem = output(python, "ray_batches")
    assert total == f"sum: {TOTAL}"
    assert failed(problem, 123)
    check_types(python, "ray_batches", "ray")


def test_spark() -> None:
    python = install("larger/spark", wheel(), what_they_need=True)
    total, by_sql, problem = output(python, "spark_partitions")
    assert (total, by_sql) == (f"sum: {SPARK_TOTAL}", f"SQL: {SPARK_TOTAL}")
    assert failed(problem, 123)
    check_types(python, "spark_partitions", "spark")


def test_spark_in_kotlin() -> None:
    done = subprocess.run([str(SCALE / "kotlin" / "run")], cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    first, loaded, problem = done.stdout.splitlines()
    # In local mode, all workers are threads of one process.
    assert (first, loaded) == (f"sum: {SPARK_TOTAL}", "loaded: 1")
    assert "integer divide by zero" in problem and problem.endswith("; the row is 70123")
