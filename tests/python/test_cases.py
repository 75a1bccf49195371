"""The shared cases of `tests/cases`: their README has the vocabulary."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from guests import IS_INTERPRETER, ROOT
from program import PROGRAMS
from step import Json, Problem
from world import World

CASES = ROOT / "tests" / "cases"

# What Python cannot express, by `file/id`, with the reason.
SKIPPED: dict[str, str] = {}


@dataclass(frozen=True)
class SharedCase:
    """A case, and why it is not run here, if it is not."""

    name: str
    steps: list[dict[str, Json]]
    skipped: str | None


def files() -> dict[str, dict[str, Json]]:
    """What each file says, by its name: `func`, or `component/values` for one in a folder."""
    found = {path.relative_to(CASES).with_suffix("").as_posix(): path for path in sorted(CASES.rglob("*.json"))}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in found.items()}


def cases() -> list[SharedCase]:
    return [read_case(stem, file, case) for stem, file in files().items() for case in file["cases"]]


def read_case(stem: str, file: dict[str, Json], case: dict[str, Json]) -> SharedCase:
    unknown = case.keys() - {"id", "needs", "given", "steps"} | file.keys() - {"given", "cases"}
    name, needs = f"{stem}/{case['id']}", case.get("needs")
    assert not unknown, f"{name}: unknown field"
    return SharedCase(name, with_preludes(file, case), SKIPPED.get(name, missing(name, needs)))


def missing(name: str, needs: str | None) -> str | None:
    """What a case needs and is not there."""
    match (needs or "").split():
        case []:
            return None
        case ["threads"]:
            return "the interpreter has no threads" if IS_INTERPRETER else None
        case ["async"]:
            return None
        case ["program", file]:
            return None if (PROGRAMS / file).exists() else f"{file} is not there: tests/programs/fetch brings it"
        case _:
            raise AssertionError(f"{name}: unknown need")


def with_preludes(file: dict[str, Json], case: dict[str, Json]) -> list[dict[str, Json]]:
    """The steps of a case: those of each prelude that it names, one prelude after the other, then its own."""
    preludes: dict[str, list[dict[str, Json]]] = file.get("given", {})
    steps: list[dict[str, Json]] = []
    for name in case.get("given", []):
        assert name in preludes, f"there is no prelude `{name}`"
        steps += preludes[name]
    return [*steps, *case["steps"]]


@pytest.fixture(scope="module")
def results() -> Iterator[TextIO]:
    """Where the outcomes go, if anybody wants them."""
    with Path(os.environ.get("TRIMARAN_CASE_RESULTS", os.devnull)).open("w", encoding="utf-8") as file:
        yield file


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case(case: SharedCase, results: TextIO) -> None:
    world = World()
    outcome = "skip" if case.skipped else "fail"
    try:
        if case.skipped:
            pytest.skip(case.skipped)
        with world.ending:
            run(world, case.steps)
        outcome = "pass"
    finally:
        results.write(f"{case.name}\t{outcome}\t{','.join(world.variants)}\n")


def run(world: World, steps: list[dict[str, Json]]) -> None:
    for number, step in enumerate(steps, 1):
        try:
            world.step(step)
        except Problem as problem:
            pytest.fail(f"step {number}, {json.dumps(step)}: {problem}", pytrace=False)


def test_there_are_cases() -> None:
    assert len(cases()) >= 240
    assert not set(SKIPPED) - {case.name for case in cases()}, "a case that is skipped has another name now"


def test_every_prelude_is_used() -> None:
    for stem, file in files().items():
        used = {name for case in file["cases"] for name in case.get("given", [])}
        assert used == set(file.get("given", {})), f"{stem}: a prelude that no case names"


def test_a_prelude_comes_first_and_has_to_be_there() -> None:
    first, second, own = ({"op": op} for op in ("first", "second", "own"))
    file = {"given": {"a": [first], "b": [second]}}
    assert with_preludes(file, {"given": ["b", "a"], "steps": [own]}) == [second, first, own]
    with pytest.raises(AssertionError, match="there is no prelude `c`"):
        with_preludes(file, {"given": ["a", "c"], "steps": []})


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
