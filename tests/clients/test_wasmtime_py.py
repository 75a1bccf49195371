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
def outcomes() -> Iterator[dict[str, bool]]:
    """Whether each of its tests passes, by its name."""
    tests = PLACE / "run"
    shutil.rmtree(tests, ignore_errors=True)
    with tarfile.open(source()) as archive:
        for member in archive:
            path = Path(member.name)
            # Components are left out; their tests are in a folder of their own.
            if path.parts[1:2] == ("tests",) and len(path.parts) == 3 and member.isfile():
                member.name = path.name
                archive.extract(member, tests, filter="data")
    (tests / "conftest.py").write_text("import trimaran.as_wasmtime\n")
    (tests / "pytest.ini").write_text("[pytest]\n")
    command = ["pytest", "-q", "-p", "no:cacheprovider", "--junitxml=results.xml"]
    subprocess.run([sys.executable, "-m", *command], cwd=tests, capture_output=True, timeout=300, check=False)
    cases = ElementTree.parse(tests / "results.xml").iter("testcase")
    yield {_name(case): case.find("failure") is None and case.find("error") is None for case in cases}


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname', '').removeprefix('run.')}.{case.get('name')}"


def test_they_pass(outcomes: dict[str, bool]) -> None:
    assert len(outcomes) >= 99
    assert [name for name, passes in outcomes.items() if not passes and name not in DIFFERENCES] == []


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_differs(outcomes: dict[str, bool], name: str) -> None:
    assert outcomes[name] is False
