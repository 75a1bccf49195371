"""What the tests of the command line share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_lines import PROGRAMS, ROOT


@pytest.fixture(params=PROGRAMS)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place() -> Iterator[Path]:
    """A temporary directory in the checkout: Swift may run where there is no other."""
    target = ROOT / "target"
    with tempfile.TemporaryDirectory(dir=target) as name:
        yield Path(name)
