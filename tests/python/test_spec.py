"""The official WebAssembly suite. `tests/spec/README.md` has the vocabulary, `make conformance` runs it everywhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from guests import IS_INTERPRETER, ROOT, config
from spec_script import Script
from step import Json
from trimaran import Engine

FOLDER = Path(os.environ.get("TRIMARAN_SPEC", ROOT / "target" / "spec"))
INDEX = FOLDER / "index.json"
FILES: list[str] = [entry["file"] for entry in json.loads(INDEX.read_text())] if INDEX.exists() else []
ENGINE = "interpreter" if IS_INTERPRETER else "native"
SKIPS: list[Json] = [
    skip
    for skip in json.loads((ROOT / "tests" / "spec" / "skips.json").read_text())["skips"]
    if skip.get("engine", ENGINE) == ENGINE
]
PROPOSALS = """
    wasm_gc wasm_function_references wasm_exceptions wasm_tail_call wasm_memory64 wasm_multi_memory wasm_relaxed_simd
    wasm_custom_page_sizes wasm_wide_arithmetic
""".split()


@pytest.fixture(scope="module")
def engines() -> tuple[Engine, Engine]:
    """The engine for all files, with every proposal at once, and the same with fuel."""
    made = config().wasm_threads(not IS_INTERPRETER)
    for name in PROPOSALS:
        setattr(made, name, True)
    return Engine(made), Engine(made.consume_fuel(True))


@pytest.fixture(scope="module")
def results() -> Iterator[TextIO]:
    """Where the outcomes go, if anybody wants them."""
    with Path(os.environ.get("TRIMARAN_SPEC_RESULTS", os.devnull)).open("w", encoding="utf-8") as file:
        yield file


@pytest.mark.skipif(not FILES, reason="the official suite is not here: tools/spec brings it")
@pytest.mark.parametrize("name", FILES or ["suite"])
def test_file(name: str, engines: tuple[Engine, Engine], results: TextIO) -> None:
    lines = list(Script(FOLDER, *engines).run(name, SKIPS))
    results.writelines(f"{line.id}\t{line.outcome}\t{line.variant}\n" for line in lines)
    failed = [f"{line.id}: {line.problem}" for line in lines if line.outcome == "fail"]
    if failed:
        pytest.fail("\n".join([f"{len(failed)} of {len(lines)} failed", *failed[:20]]), pytrace=False)
