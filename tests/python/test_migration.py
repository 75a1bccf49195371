"""`docs/migrating-from-wasmtime-py.md`: it lists every name, and what it shows runs."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from migration import DOCUMENT, load, rewritten

TEXT = DOCUMENT.read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_its_tables_are_what_the_tests_know() -> None:
    assert rewritten(TEXT) == TEXT, "python tests/python/migration.py writes them anew"


def test_every_name_is_there() -> None:
    for prefix, file in ("", "wasmtime_names"), ("component.", "wasmtime_component_names"):
        names = [name.partition(".")[2] or prefix + name for name in load(f"python/{file}.json")]
        missing = [name for name in names if f"`{name}" not in TEXT]
        assert not missing


def test_every_reason_is_there() -> None:
    for path in "python/wasmtime_differences.json", "clients/wasmtime_py_differences.json":
        assert all(reason in TEXT for reason in load(path).values())


@pytest.mark.parametrize("program", BLOCKS)
def test_what_it_shows_runs(program: str) -> None:
    expected = re.findall(r"  # (?!pyright: )(.+)$", program, re.MULTILINE)
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == expected


def test_there_is_something_to_run() -> None:
    assert len(BLOCKS) >= 3
