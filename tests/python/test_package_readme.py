"""What the package's README shows runs, and prints what it says."""

from __future__ import annotations

import re

import pytest

from guests import ROOT

README = (ROOT / "python" / "README.md").read_text(encoding="utf-8")
PROGRAM = "\n".join(re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
EXPECTED: list[str] = re.findall(r"^ *\S.*\)  # (.+)$", PROGRAM, re.MULTILINE)


def test_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    # Each block goes on where the one before ended.
    exec(compile(PROGRAM, "README.md", "exec"), {})
    printed = iter(capsys.readouterr().out.splitlines())
    assert len(EXPECTED) > 5
    for line in EXPECTED:
        assert line in printed
