"""What is generated of the WIT that the parser is tested with: strictly typed, by both type checkers, and formatted."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guests import ROOT
from trimaran._native import command_line

# A world, each of which becomes a package.
WORLD = re.compile(r"^\s*world ([a-z0-9-]+)", re.MULTILINE)


def folders() -> list[Path]:
    """Where the parser and the encoder of components have their tests, as cargo has them, and what is ours."""
    command = ["cargo", "metadata", "--format-version", "1", "--offline", "--manifest-path", "bindgen/Cargo.toml"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    packages = json.loads(done.stdout)["packages"]
    names = ("wit-parser", "wit-component")
    theirs = [Path(it["manifest_path"]).with_name("tests") for it in packages if it["name"] in names]
    return [*theirs, ROOT / "bindgen" / "tests" / "wit"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages and their stubs: the bindings of the worlds in files of their own, and in folders with `deps`."""
    if not shutil.which("cargo"):
        pytest.skip("there is no cargo, which has the files")
    made = tmp_path_factory.mktemp("corpus")
    count = 0
    for file in sorted(file for folder in folders() for file in folder.rglob("*.wit")):
        source = file.parent if (file.parent / "deps").exists() else file
        for world in WORLD.findall(file.read_text(encoding="utf-8")):
            folders_made = (
                ["-o", str(made / f"p{count}")],
                ["--async", "-o", str(made / f"async{count}")],
                ["--stubs", "-o", str(made / f"stubs{count}")],
            )
            for options in folders_made:
                done = command_line("python -m trimaran", ["bindgen", str(source), "--world", world, *options], None)
            count += done == 0
    assert count > 150, count
    return made


def test_mypy_is_content(corpus: Path) -> None:
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", "--no-incremental", "."]
    done = subprocess.run(mypy, cwd=corpus, capture_output=True, text=True, check=False, timeout=300)
    assert "Success: no issues found in" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]


def test_pyright_is_content(corpus: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("there is no npm, which has pyright")
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "reportMissingModuleSource": "none",
        # mypy has the stubs: pyright takes four times as long.
        "exclude": ["stubs*"],
    }
    (corpus / "pyrightconfig.json").write_text(json.dumps(settings))
    pyright = [str(ROOT / "tools" / "pyright"), str(corpus)]
    done = subprocess.run(pyright, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_ruff_is_content(corpus: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    # What WIT calls `l` or `i` keeps its name.
    rules = ["--select", "E4,E7,E9,F,I,W,UP", "--ignore", "E741,E742,E743"]
    for options in (["format", "--check"], ["check", *rules]):
        done = subprocess.run(
            [*ruff, *options, "--isolated", "."], cwd=corpus, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
