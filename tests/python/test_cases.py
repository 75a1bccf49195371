"""The shared cases of `tests/cases`: their README has the vocabulary."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from guests import IS_INTERPRETER, ROOT
from step import Json, Problem
from world import World

CASES = ROOT / "tests" / "cases"

# What Python cannot express, by `file/id`, with the reason.
SKIPPED: dict[str, str] = {}


def cases() -> list[pytest.ParameterSet]:
    return [
        parameter(path, case) for path in sorted(CASES.glob("*.json")) for case in json.loads(path.read_text())["cases"]
    ]


def parameter(path: Path, case: dict[str, Json]) -> pytest.ParameterSet:
    unknown = case.keys() - {"id", "needs", "steps"}
    name, needs = f"{path.stem}/{case['id']}", case.get("needs")
    assert not unknown and needs in (None, "threads"), f"{name}: unknown field or need"
    skips = (
        [SKIPPED[name]] if name in SKIPPED else ["the interpreter has no threads"] if needs and IS_INTERPRETER else []
    )
    return pytest.param(case["steps"], id=name, marks=[pytest.mark.skip(reason=reason) for reason in skips])


@pytest.mark.parametrize("steps", cases())
def test_case(steps: list[dict[str, Json]]) -> None:
    world = World()
    with world.ending:
        for number, step in enumerate(steps, 1):
            try:
                world.step(step)
            except Problem as problem:
                pytest.fail(f"step {number}, {json.dumps(step)}: {problem}", pytrace=False)


def test_there_are_cases() -> None:
    assert len(cases()) >= 240
    assert not set(SKIPPED) - {str(case.id) for case in cases()}, "a case that is skipped has another name now"


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ({"op": "dance"}, "unknown op `dance`"),
        ({"op": "engine", "as": "engine", "speed": 9}, "unknown field `speed`"),
        ({"op": "engine", "config": {"speed": 9}, "as": "engine"}, "unknown setting `speed`"),
        ({"op": "engine"}, "what it made needs a name"),
        ({"op": "engine", "as": "engine", "result": 1}, "cannot be compared"),
        ({"op": "wat2wasm", "wat": "(module)"}, "it gave 0061736d01000000"),
        ({"op": "wat2wasm", "wat": "(module)", "result": "00"}, "it gave 0061736d01000000"),
        ({"op": "wat2wasm", "wat": "(module)", "result": "0061736d01000000", "as": "bytes"}, "nothing to keep"),
        ({"op": "wat2wasm", "wat": "(module)", "error": {"variant": "Syntax"}}, "it did not fail"),
        ({"op": "wat2wasm", "wat": "(what)"}, "it failed"),
        ({"op": "wat2wasm", "wat": "(what)", "error": {"line": 1}}, "`error` has no `variant`"),
        ({"op": "wat2wasm", "wat": "(what)", "error": {"variant": "Type"}}, "`variant` differs"),
        ({"op": "wat2wasm", "wat": "(what)", "error": {"variant": "Syntax", "line": 2}}, "`line` differs"),
        ({"op": "wat2wasm", "wat": "(what)", "error": {"variant": "Syntax", "colour": 2}}, "`colour` differs"),
        ({"op": "store", "engine": "engine", "as": "store"}, "`engine` is no engine"),
        ({"op": "wat2wasm", "wat": "(what)", "error": {"thrown": "oops"}}, "expected what was thrown as `oops`"),
        ({"op": "caller_export", "host": "host", "name": "f", "as": "f"}, "`host` has kept no caller"),
        ({"op": "drop_view", "view": "view"}, "`view` is no view"),
    ],
)
def test_the_runner_is_strict(step: dict[str, Json], problem: str) -> None:
    with pytest.raises(Problem, match=re.escape(problem)):
        World().step(step)
