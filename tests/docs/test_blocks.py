"""What a page shows runs as it stands, in its language, and prints what the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pages import ALL, LANGUAGES, ROOT, WORDS, Block
from programs import PROGRAMS, Program, of

HERE = Path(__file__).resolve().parent
# What a page tells its readers to give to a type checker.
STUBS = HERE / "typings"
SWIFT = str(ROOT / "tools" / "swift")


def run(*command: str | Path, timeout: float = 300, **variables: str) -> str:
    """The output of a command that succeeds."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
    )
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


def named(programs: Sequence[Program]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("program", programs, ids=[program.blocks[0].place for program in programs])


def check(program: Program, output: str) -> None:
    """The lines that the page promises come, in their order; there may be others between them."""
    printed = iter(output.splitlines())
    for line in program.expected:
        assert line in printed, f"{program.blocks[0].place} did not print {line!r} in its place, but:\n{output}"


def clean(language: str) -> None:
    """Removes what blocks that are no longer there have left."""
    folder, wanted = PROGRAMS / language, {program.file for program in of(language)}
    for file in folder.rglob("page_*/[Mm]ain.*") if language != "python" else folder.glob("page_*.py"):
        if file not in wanted:
            file.unlink()


@pytest.mark.parametrize("block", ALL, ids=[block.place for block in ALL])
def test_it_runs_or_says_why_not(block: Block) -> None:
    for mark in block.marks:
        assert bool(mark.argument) == WORDS[mark.word], f"`{mark.word}` at {block.place}: its reason or path"
    if block.language not in (*LANGUAGES, "text"):
        assert block.mark("not run"), f"{block.place} is no program, and has no mark that says why"


@pytest.mark.parametrize("block", [block for block in ALL if block.mark("is")], ids=lambda block: block.place)
def test_it_is_the_file_that_runs_elsewhere(block: Block) -> None:
    path = block.mark("is")
    assert path
    assert (ROOT / path).read_text(encoding="utf-8") == block.text


def test_the_languages_have_programs() -> None:
    """A page that is not found would pass."""
    assert {language for language in LANGUAGES if of(language)} == set(LANGUAGES)
    assert sum(len(program.expected) for language in LANGUAGES for program in of(language)) > 20


@named(of("python"))
def test_python(program: Program) -> None:
    check(program, run(sys.executable, program.write()))


@pytest.fixture(scope="session")
def typed() -> list[Path]:
    clean("python")
    return [program.write() for program in of("python")]


def test_the_types_by_mypy(typed: list[Path]) -> None:
    run(sys.executable, "-m", "mypy", "--config-file", ROOT / "python" / "pyproject.toml", *typed, MYPYPATH=str(STUBS))


def test_the_types_by_pyright(typed: list[Path]) -> None:
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "include": [file.name for file in typed],
        "reportMissingModuleSource": "none",
        "stubPath": str(STUBS),
    }
    folder = PROGRAMS / "python"
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    run(ROOT / "tools" / "pyright", folder)


@pytest.fixture(scope="session")
def jvm() -> list[str]:
    """The command that runs a class: of Kotlin's programs, and of Java's."""
    classes = PROGRAMS / "jvm"
    for language in ("kotlin", "java"):
        clean(language)
        for program in of(language):
            program.write()
    version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version
    pom = HERE / "kotlin" / "pom.xml"
    run("mvn", "-B", "-ntp", "-q", "-f", pom, f"-Drevision={version[1]}", "compile", timeout=900)
    path = (classes / "classpath").read_text(encoding="utf-8")
    utf8 = [f"-D{name}=UTF-8" for name in ("file.encoding", "sun.stdout.encoding", "stdout.encoding")]
    return ["java", "--enable-native-access=ALL-UNNAMED", *utf8, "-cp", f"{classes / 'classes'}:{path}"]


@named(of("kotlin"))
def test_kotlin(jvm: list[str], program: Program) -> None:
    check(program, run(*jvm, f"{program.name}.MainKt"))


@named(of("java"))
def test_java(jvm: list[str], program: Program) -> None:
    check(program, run(*jvm, f"{program.name}.Main"))


@pytest.fixture(scope="session")
def swift() -> Path:
    """Where the programs of Swift are."""
    folder = PROGRAMS / "swift"
    clean("swift")
    for program in of("swift"):
        program.write()
    manifest = folder / "Package.swift"
    names = ", ".join(f'"{program.name}"' for program in of("swift"))
    text = (HERE / "swift" / "Package.swift").read_text(encoding="utf-8").replace("/* programs */", names)
    if not manifest.exists() or manifest.read_text(encoding="utf-8") != text:
        manifest.write_text(text, encoding="utf-8")
    # A link of another name: SwiftPM tells packages apart by the name of their folder.
    link = folder / "Trimaran"
    if not link.is_symlink():
        link.symlink_to("../../../swift")
    run(SWIFT, "swift", "build", "--quiet", "--package-path", folder.relative_to(ROOT), timeout=900)
    return folder / ".build" / "debug"


@named(of("swift"))
def test_swift(swift: Path, program: Program) -> None:
    check(program, run(SWIFT, swift / program.name))


def test_the_tools_are_there() -> None:
    """What the fixtures need says so here, and not by a failure in each program."""
    assert shutil.which("mvn") and shutil.which("java"), "make kotlin installs Maven and a JDK"
