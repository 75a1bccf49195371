"""One module over the partitions of a table, on Dask and on Spark, as `docs/scale.md` says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from environments import ALL, ROOT, install, wheel

pytestmark = pytest.mark.skipif(not ALL, reason="it is big: make test-clients runs it")
SCALE = ROOT / "examples" / "scale"
ROWS = 100_000
SPARK_TOTAL = sum(cents // (2 if cents % 2 == 0 else 5) for cents in range(ROWS))


def output(python: Path, name: str) -> list[str]:
    """What an example prints."""
    command = [str(python), str(SCALE / f"{name}.py")]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=SCALE, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def check_types(python: Path, *names: str) -> None:
    """Checks the types of examples with the packages that they use. Dask has no types of its own."""
    settings = ["--config-file", str(ROOT / "python" / "pyproject.toml")]
    settings += ["--disable-error-code", "import-untyped", "--disable-error-code", "no-untyped-call"]
    files = [str(SCALE / f"{name}.py") for name in names]
    done = subprocess.run(
        [str(python), "-m", "mypy", *settings, *files], cwd=SCALE, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_dask() -> None:
    python = install("larger/dask", wheel(), what_they_need=True)
    people = [1, 2, 4, 5]
    total = sum(cents // people[cents % 4] for cents in range(ROWS))
    first, loaded, problem = output(python, "dask_partitions")
    assert first == f"sum: {total}"
    # Once in each worker. One that got no partition has nothing to load.
    assert loaded in ("loaded: [1, 1]", "loaded: [0, 1]")
    assert problem == "wasm trap: integer divide by zero; the row is 70123"
    check_types(python, "batches", "dask_partitions")


def test_spark() -> None:
    python = install("larger/spark", wheel(), what_they_need=True)
    first, *problem = output(python, "spark_partitions")
    assert first == f"sum: {SPARK_TOTAL}"
    assert "integer divide by zero" in problem[0]
    assert problem[-1] == "the row is 70123"
    check_types(python, "spark_partitions")


def test_spark_in_kotlin() -> None:
    done = subprocess.run([str(SCALE / "kotlin" / "run")], cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    first, loaded, problem = done.stdout.splitlines()
    # In local mode, all workers are threads of one process.
    assert (first, loaded) == (f"sum: {SPARK_TOTAL}", "loaded: 1")
    assert "integer divide by zero" in problem and problem.endswith("; the row is 70123")
