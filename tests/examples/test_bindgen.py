"""`bindgen` of each package: which files it makes and leaves alone, and what it says about what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_lines import run

# What a file of each language is called.
ENDINGS = {"python": "py", "kotlin": "kt", "swift": "swift"}
MINE = {"python": "x = 1\n", "kotlin": "val x = 1\n", "swift": "let x = 1\n"}


PLUGIN = "package a:b;\nworld plugin { import log: func(text: string); export run: func() -> u32; }\n"


@pytest.mark.parametrize(
    ("text", "options", "status", "parts"),
    [
        ("package a:b;\nworld w {\n  import f: fun();\n}", (), 1, ("a.wit:3:16", "3 |   import f: fun();\n", "^")),
        (
            "package a:b;\nworld w { import c:d/e; }",
            (),
            1,
            ("a.wit:2:18", "no package `c:d`: looked for it in `", "a.wit`"),
        ),
        (PLUGIN, ("--world", "other"), 2, ("there is no world `other`: the worlds there: `plugin`",)),
        (
            "package a:b;\nworld w {}\nworld v {}",
            (),
            2,
            ("there are several worlds: name one of `w`, `v` with --world",),
        ),
        ("package a:b;", (), 2, ("the package has no world",)),
    ],
)
def test_bindings_of_bad_wit(
    language: str, place: Path, text: str, options: tuple[str, ...], status: int, parts: tuple[str, ...]
) -> None:
    (place / "a.wit").write_text(text)
    done = run(language, "bindgen", "python", str(place / "a.wit"), "-o", str(place / "made"), *options)
    assert done[:2] == (status, "")
    assert all(part in done[2] for part in parts), done[2]
    assert not (place / "made").exists()


def test_bindings_beside_files_of_others(language: str, place: Path) -> None:
    wit, made = place / "a.wit", place / "made"
    wit.write_text(PLUGIN)
    made.mkdir()
    (made / "mine.py").write_text("x = 1\n")
    bindgen = ("bindgen", "python", str(wit), "-o", str(made))
    status, text, problem = run(language, *bindgen)
    assert (status, text) == (1, "")
    assert "holds files that were not generated: `mine.py`; nothing was written" in problem
    assert [file.name for file in made.iterdir()] == ["mine.py"]
    assert run(language, *bindgen, "--force") == (0, "", "")
    assert (made / "mine.py").read_text() == "x = 1\n"
    assert "class Plugin" in (made / "__init__.py").read_text()


def test_bindings_in_a_folder_whose_name_cannot_be_spelled(language: str, place: Path) -> None:
    (place / "a.wit").write_text(PLUGIN)
    done = run(language, "bindgen", "python", str(place / "a.wit"), "-o", str(place / "my-plugin"))
    assert done == (1, "", "trimaran: `my-plugin` cannot be the name of a Python package\n")


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """What is in a folder, and when it was written."""
    found = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {file.relative_to(folder).as_posix(): (file.read_bytes(), file.stat().st_mtime_ns) for file in found}


@pytest.mark.parametrize("target", ENDINGS)
def test_every_package_makes_the_same(language: str, target: str, place: Path) -> None:
    (place / "a.wit").write_text(PLUGIN)
    names = {"python": ["__init__.py"], "kotlin": ["Plugin.kt"], "swift": ["Plugin.swift"]}
    bindgen = ("bindgen", target, str(place / "a.wit"), "-o", str(place / "made"))
    assert run(language, *bindgen) == (0, "", "")
    made = files(place / "made")
    assert list(made) == names[target]
    text = made[names[target][0]][0].decode()
    assert "class Plugin" in text or "public struct Plugin" in text
    # The header says how to make it again: what it says does, and changes nothing.
    again = re.search(r"^(?://|#) +(.+ bindgen .+)$", text, re.MULTILINE)
    assert again
    words = again[1][again[1].index(" bindgen ") :].split()
    assert words == ["bindgen", target, str(place / "a.wit"), "-o", str(place / "made")]
    assert run(language, *words) == (0, "", "")
    assert files(place / "made") == made


@pytest.mark.parametrize("target", ["kotlin", "swift"])
def test_bindings_of_bad_wit_in_their_own_language(target: str, place: Path) -> None:
    (place / "a.wit").write_text("package a:b;\nworld w {\n  import f: fun();\n}")
    status, text, problem = run(target, "bindgen", target, str(place / "a.wit"), "-o", str(place / "made"))
    assert (status, text) == (1, "")
    place_of, source, caret = "a.wit:3:16", "3 |   import f: fun();\n", " ^"
    assert place_of in problem and source in problem and caret in problem, problem
    assert not (place / "made").exists()


@pytest.mark.parametrize("target", ["kotlin", "swift"])
def test_files_of_others_stay(target: str, place: Path) -> None:
    wit, made = place / "a.wit", place / "made"
    wit.write_text(PLUGIN)
    mine = made / "inside" / f"Mine.{ENDINGS[target]}"
    mine.parent.mkdir(parents=True)
    mine.write_text(MINE[target])
    bindgen = ("bindgen", target, str(wit), "-o", str(made))
    status, text, problem = run(target, *bindgen)
    assert (status, text) == (1, "")
    assert f"holds files that were not generated: `inside/{mine.name}`; nothing was written" in problem
    assert list(files(made)) == [f"inside/{mine.name}"]
    assert run(target, *bindgen, "--force") == (0, "", "")
    assert mine.read_text() == MINE[target]
    assert f"Plugin.{ENDINGS[target]}" in files(made)
    # What was made before and belongs to no world any more goes, and nothing else does.
    wit.write_text(PLUGIN.replace("world plugin", "world other"))
    assert run(target, *bindgen, "--force") == (0, "", "")
    assert list(files(made)) == [f"Other.{ENDINGS[target]}", f"inside/{mine.name}"]


def test_one_file_of_swift(place: Path) -> None:
    (place / "a.wit").write_text(PLUGIN)
    made = place / "Bindings.swift"
    bindgen = ("bindgen", "swift", str(place / "a.wit"), "-o", str(made))
    made.write_text(MINE["swift"])
    status, _, problem = run("swift", *bindgen)
    assert status == 1
    assert "holds files that were not generated: `Bindings.swift`; nothing was written" in problem
    assert made.read_text() == MINE["swift"]
    assert run("swift", *bindgen, "--force") == (0, "", "")
    assert "public struct Plugin" in made.read_text()
    before = files(place)
    assert run("swift", *bindgen) == (0, "", "")
    assert files(place) == before


def test_the_package_of_kotlin(place: Path) -> None:
    (place / "a.wit").write_text("package a:b;\nworld plugin { export say: interface { f: func(); } }\n")
    bindgen = ("bindgen", "kotlin", str(place / "a.wit"), "-o", str(place / "made"))
    assert run("kotlin", *bindgen) == (0, "", "")
    assert "\npackage made\n" in (place / "made" / "Plugin.kt").read_text()
    assert run("kotlin", *bindgen, "--package", "com.example.plugin") == (0, "", "")
    assert "\npackage com.example.plugin\n" in (place / "made" / "Plugin.kt").read_text()
    exported = (place / "made" / "exports" / "say" / "Say.kt").read_text()
    assert "\npackage com.example.plugin.exports.say\n" in exported
    assert " --package com.example.plugin\n" in exported
    for wrong in ("com.example.class", "com..plugin", "9", "Ä"):
        expected = (1, "", f"trimaran: `{wrong}` cannot be the name of a Kotlin package\n")
        assert run("kotlin", *bindgen, "--package", wrong) == expected


@pytest.mark.parametrize(
    ("target", "option", "part"),
    [
        ("kotlin", ("--stubs",), "--stubs is for python: kotlin has none"),
        ("swift", ("--stubs",), "--stubs is for python: swift has none"),
        ("swift", ("--package", "a"), "--package is for kotlin: swift has none"),
        ("python", ("--package", "a"), "--package is for kotlin: python has none"),
        ("kotlin", ("--walk",), "walk"),
        ("python", ("--stubs", "--async"), "--async is not for --stubs"),
        ("swift", ("--async=run,lo",), "no interface and no function `lo` that could wait: expected one of `log`"),
    ],
)
def test_an_option_of_another_language(target: str, option: tuple[str, ...], part: str, place: Path) -> None:
    (place / "a.wit").write_text(PLUGIN)
    bindgen = ("bindgen", target, str(place / "a.wit"), "-o", str(place / "made"))
    status, text, problem = run(target, *bindgen, *option)
    assert (status, text) == (2, "")
    assert part in problem
    assert not (place / "made").exists()


def test_what_is_missing(language: str, place: Path) -> None:
    (place / "a.wit").write_text(PLUGIN)
    wit = str(place / "a.wit")
    assert "is missing" in run(language, "bindgen")[2]
    assert "the output folder is missing: say where to with -o" in run(language, "bindgen", "swift", wit)[2]
    status, _, problem = run(language, "bindgen", wit, "-o", str(place / "made"))
    # Python's own command line makes Python where no language is said.
    missing = "the language is missing: expected python, kotlin, swift in front of the file"
    assert (status, missing in problem) == ((0, False) if language == "python" else (2, True))
