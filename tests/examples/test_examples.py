"""The examples print the same in Python, Kotlin and Swift: byte for byte what lies in `output`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
OUTPUT = Path(__file__).resolve().parent / "output"
PLUGIN = ROOT / "target" / "programs" / "dprint-json.wasm"
WASI = ROOT / "tests" / "modules" / "wasi.wat"
PLUGIN_WAT = ROOT / "tests" / "modules" / "plugin.wat"
FORMATTER = ROOT / "tests" / "modules" / "json_formatter.wat"

LANGUAGES = {
    "python": lambda name: [sys.executable, str(EXAMPLES / "python" / f"{name}.py")],
    "kotlin": lambda name: [str(EXAMPLES / "kotlin" / "run"), name],
    "swift": lambda name: [str(ROOT / "tools" / "swift"), str(EXAMPLES / "swift" / ".build" / "debug" / name)],
}

ENDINGS = {"python": "py", "kotlin": "kt", "swift": "swift"}

SEED = ["basic_memory", "module_memory", "shared_memory", "growth_and_bounds", "direct_access", "inspection"]

MORE = ["linker", "limits", "snapshot"]

# `test_service.py` runs it.
SERVICE = "service"

# The languages whose guests can wait for async host functions.
ASYNC = ["python", "kotlin", "swift"]

# What uses generated classes.
TYPED = ["component_typed", "plugin_host"]


def run(language: str, name: str, *arguments: str) -> tuple[int, str]:
    command = [*LANGUAGES[language](name), *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def expected(name: str) -> str:
    return (OUTPUT / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*SEED, *MORE])
def test_the_output(language: str, name: str) -> None:
    assert run(language, name) == (0, expected(name))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("file", "status"), [("boat", 0), ("broken", 1)])
def test_the_program_in_text_form(language: str, file: str, status: int) -> None:
    done = run(language, "format_json", str(FORMATTER), f"examples/data/{file}.json")
    assert done == (status, expected(f"formatter_{file}"))


@pytest.mark.skipif(not PLUGIN.exists(), reason="the formatter of dprint is not here: npm could not fetch it")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("file", "status"), [("boat", 0), ("broken", 1)])
def test_the_program_from_npm(language: str, file: str, status: int) -> None:
    done = run(language, "format_json", str(PLUGIN), f"examples/data/{file}.json")
    assert done == (status, expected(f"dprint_{file}"))


def test_every_example_is_there_in_every_language() -> None:
    names = {*SEED, *MORE, "format_json", "host_functions", "wasi", "components", "component_http"}
    for language, ending in ENDINGS.items():
        found = {file.stem for file in (EXAMPLES / language).glob(f"*.{ending}")} - {"Package"}
        assert found == names | {*TYPED, SERVICE} | ({"async_host"} if language in ASYNC else set()), language


@pytest.mark.parametrize("language", ASYNC)
def test_guests_that_wait(language: str) -> None:
    assert run(language, "async_host") == (0, expected("async_host"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_host_functions(language: str) -> None:
    assert run(language, "host_functions", str(PLUGIN_WAT)) == (0, expected("host_functions"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_components(language: str) -> None:
    assert run(language, "components", "tests/modules/component_plugin.wat") == (0, expected("components"))


@pytest.mark.parametrize("name", TYPED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_generated_classes(language: str, name: str) -> None:
    done = run(language, name, "tests/modules/component_drawing.wat")
    assert done == (0, expected(name))


@pytest.mark.parametrize(("language", "ending"), [("python", "py"), ("kotlin", "kt"), ("swift", "swift")])
def test_the_generated_classes_are_those_that_bindgen_makes(tmp_path: Path, language: str, ending: str) -> None:
    shutil.copytree(EXAMPLES / "wit", tmp_path / "examples" / "wit")
    command = f"-m trimaran bindgen {language} examples/wit/drawing.wit -o examples/{language}/drawing"
    subprocess.run([sys.executable, *command.split()], cwd=tmp_path, check=True, timeout=120)
    made, there = (files(it / language / "drawing", ending) for it in (tmp_path / "examples", EXAMPLES))
    assert made == there


def files(folder: Path, ending: str) -> dict[str, str]:
    """What is generated into a folder, by the command line of any version and package."""
    paths = folder.rglob(f"*.{ending}")
    found = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    texts = {name: re.sub(r"Trimaran [^,]+,", "Trimaran,", text, count=1) for name, text in found.items()}
    command = r" .+ bindgen (python |kotlin |swift )?"
    return {name: re.sub(command, " bindgen ", text, count=1) for name, text in texts.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_http(language: str) -> None:
    done = run(language, "component_http", "tests/modules/component_http.wat")
    assert done == (0, expected("component_http"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_wasi(language: str) -> None:
    assert run(language, "wasi", str(WASI)) == (0, expected("wasi"))


def test_a_program_of_swift_loads_no_foundation() -> None:
    program = (EXAMPLES / "swift" / ".build" / "debug" / "basic_memory").read_bytes()
    assert b"libFoundation" not in program
    assert b"Foundation.framework" not in program
