"""The figures on the page about untrusted modules are those of the core. The hostile cases run its programs."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "untrusted.md").read_text(encoding="utf-8")
# A setting of a `Config` can be set, and not be read.
CORE = importlib.import_module("trimaran._native")
# The core counts milliseconds.
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "s": 1000}
LIMITS = CORE.untrusted_limits()
MODULE = CORE.untrusted_config()["module_limits"]


def figure(name: str) -> int:
    """The number in the row of that name."""
    row = re.search(rf"^\| `{name}` \| ([\d,]+)(?: (KiB|MiB|s))?", PAGE, re.MULTILINE)
    assert row, name
    return int(row[1].replace(",", "")) * UNITS.get(row[2], 1)


@pytest.mark.parametrize("name", ["memory_size", "memories", "table_elements", "tables", "instances"])
def test_the_figures_of_a_store(name: str) -> None:
    assert figure(name) == LIMITS[name]


@pytest.mark.parametrize(
    "name",
    [
        "size",
        "types",
        "functions",
        "imports",
        "exports",
        "globals",
        "locals",
        "function_size",
        "nesting",
        "compile_time",
    ],
)
def test_the_figures_of_a_module(name: str) -> None:
    assert figure(rf"module_limits\.{name}") == MODULE[name]
