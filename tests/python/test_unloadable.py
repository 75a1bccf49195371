"""What the import says where the native library is missing or for another system: what was found, and what to do."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import trimaran

INSTALLED = Path(trimaran.__file__).parent
EXTENSION = "_native.abi3.so"

elf = pytest.mark.skipif(sys.platform != "linux", reason="the library is no ELF file here")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the package, without its native library."""
    ignored = shutil.ignore_patterns("_native*", "__pycache__")
    shutil.copytree(INSTALLED, tmp_path / "trimaran", ignore=ignored)
    return tmp_path


def said(place: Path) -> str:
    """The last line of what Python says of an import of that package."""
    program = f"import sys; sys.path.insert(0, {str(place)!r}); import trimaran"
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stderr
    return done.stderr.splitlines()[-1]


def with_changed(place: Path, old: bytes, new: bytes) -> str:
    """What an import says of the library when these bytes of it are others."""
    whole = (INSTALLED / EXTENSION).read_bytes()
    assert old in whole
    (place / "trimaran" / EXTENSION).write_bytes(whole.replace(old, new))
    sentence = said(place)
    found = f"ImportError: the native library of trimaran, {place / 'trimaran' / EXTENSION}, cannot be loaded here ("
    assert sentence.startswith(found)
    assert f"{platform.system()} on {platform.machine()}" in sentence
    assert "Linux with glibc 2.17 or newer or musl 1.2 or newer" in sentence
    assert "`pip install --force-reinstall trimaran`" in sentence
    return sentence


def test_a_missing_library(place: Path) -> None:
    sentence = said(place)
    assert sentence.startswith("ImportError: this installation of trimaran has no native library for ")
    assert "It works with CPython 3.11 and newer on x86-64 and arm64" in sentence


@elf
def test_a_library_for_another_processor(place: Path) -> None:
    # The two bytes of an ELF file that name its processor: one of 1983.
    head = (INSTALLED / EXTENSION).read_bytes()[:20]
    assert "cannot open shared object file" in with_changed(place, head, head[:18] + b"\x02\x00")


@elf
def test_a_library_for_a_newer_glibc(place: Path) -> None:
    assert "`GLIBC_9." in with_changed(place, b"GLIBC_2.", b"GLIBC_9.")


@elf
def test_a_library_for_musl(place: Path) -> None:
    assert "libc.musl" in with_changed(place, b"libc.so.6\0", b"libc.musl\0")


@elf
def test_a_library_of_another_version(place: Path) -> None:
    """What an import says that finds files of Python which ask for more than the library has."""
    shutil.copy(INSTALLED / EXTENSION, place / "trimaran")
    with (place / "trimaran" / "__init__.py").open("a") as file:
        file.write("from ._native import new_in_this_version\n")
    sentence = said(place)
    assert sentence.startswith(f"ImportError: the native library of trimaran, {place / 'trimaran' / EXTENSION}, is of ")
    assert "another version than the files of Python beside it: it has no `new_in_this_version`" in sentence
    assert "`pip install --force-reinstall trimaran` installs all of one version" in sentence


def test_a_library_that_is_none(place: Path) -> None:
    name = next(file.name for file in INSTALLED.iterdir() if file.name.startswith("_native.") and file.suffix != ".pyi")
    (place / "trimaran" / name).write_bytes(b"")
    assert "cannot be loaded here (" in said(place)
