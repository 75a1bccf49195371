"""Real programs: `tests/programs`. Their README has the vocabulary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guests import ROOT
from program import PROGRAMS, Program
from step import Json

CASES = json.loads((ROOT / "tests" / "programs" / "programs.json").read_text())


def cases() -> list[pytest.ParameterSet]:
    return [parameter(case, CASES["programs"][case["program"]]) for case in CASES["cases"]]


def parameter(case: dict[str, Json], told: dict[str, Json]) -> pytest.ParameterSet:
    program = PROGRAMS / told["file"]
    reason = f"{program} is not there: tests/programs/fetch brings it"
    return pytest.param(told, case, id=case["id"], marks=pytest.mark.skipif(not program.exists(), reason=reason))


@pytest.mark.parametrize(("told", "case"), cases())
def test_program(told: dict[str, Json], case: dict[str, Json], tmp_path: Path) -> None:
    program = Program(told, case, tmp_path)
    program.run(case["steps"])
    found: dict[str, Json] = {
        "log": program.log,
        "stdout": program.stdout.contents().decode(),
        "stderr": program.stderr.contents().decode(),
        "files": {file.name: file.read_text() for file in tmp_path.iterdir()} | program.files_in_memory(),
    }
    assert {name: value for name, value in found.items() if value} == case["expect"]
