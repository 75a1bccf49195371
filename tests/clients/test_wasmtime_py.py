"""The tests of wasmtime-py 48 itself, unchanged, on this package. What differs is listed with its reason."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).resolve().parent
PLACE = HERE.parents[1] / "target" / "clients" / "wasmtime-py"
RELEASE = "wasmtime-48.0.0"
SHA256 = "dba27d59209fac703e7d5753af78c2af2c1cd1ed735f520ec76dc31c60a05815"
# The folders of its tests, in `tests`, and how many tests there are at least.
FOLDERS = {"": 99, "component": 55}
DIFFERENCES: dict[str, str] = json.loads((HERE / "wasmtime_py_differences.json").read_text())


def source() -> Path:
    """The source of wasmtime-py, which has its tests."""
    file = PLACE / f"{RELEASE}.tar.gz"
    if not file.exists():
        requirement = RELEASE.replace("-", "==")
        command = ["pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(PLACE), requirement]
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"pip could not download {requirement}")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == SHA256
    return file


@pytest.fixture(scope="module")
def outcomes() -> dict[str, bool]:
    """Whether each of its tests passes, by its name."""
    file = source()
    return dict(outcome for folder in FOLDERS for outcome in _run(file, folder))


def _run(file: Path, folder: str) -> Iterator[tuple[str, bool]]:
    """Runs the tests of one of its folders, whose files have the names of those in another one."""
    tests = PLACE / "run" / (folder or "core")
    shutil.rmtree(tests, ignore_errors=True)
    with tarfile.open(file) as archive:
        for member in archive:
            path = Path(member.name)
            if path.parent.parts[1:] == ("tests", *folder.split()) and member.isfile():
                member.name = path.name
                archive.extract(member, tests, filter="data")
    (tests / "conftest.py").write_text("import trimaran.as_wasmtime\n")
    (tests / "pytest.ini").write_text("[pytest]\n")
    command = ["pytest", "-q", "-p", "no:cacheprovider", "--junitxml=results.xml"]
    subprocess.run([sys.executable, "-m", *command], cwd=tests, capture_output=True, timeout=300, check=False)
    for case in ElementTree.parse(tests / "results.xml").iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        passes = case.find("failure") is None and case.find("error") is None
        yield (f"{folder}.{name}" if folder else name), passes


def test_they_pass(outcomes: dict[str, bool]) -> None:
    for folder, least in FOLDERS.items():
        assert len([name for name in outcomes if name.startswith("component.") is bool(folder)]) >= least
    assert [name for name, passes in outcomes.items() if not passes and name not in DIFFERENCES] == []


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_differs(outcomes: dict[str, bool], name: str) -> None:
    assert outcomes[name] is False
