"""Packages from PyPI that were written for wasmtime-py, unchanged, on Trimaran.

Each client is a script, and has a file of packages and one of what it prints on wasmtime-py. It runs in an environment
of its own, which has the wheel of `dist` and not wasmtime-py. With TRIMARAN_ALL_CLIENTS=1 the big ones run too, and
every script runs on wasmtime-py as well, to the same result.
"""

from __future__ import annotations

import os
import subprocess

import pytest

from environments import ALL, ENVIRONMENTS, HERE, install, wheel

CACHE = ENVIRONMENTS / "cache"
REFERENCE = "wasmtime==48.0.0"

NAMES = [file.stem for file in sorted((HERE / "packages").glob("*.txt"))]
BIG = {"yosys"}
ON_TRIMARAN = "import sys, runpy, trimaran.as_wasmtime; runpy.run_path(sys.argv[1], run_name='__main__')"


def run(*command: str) -> str:
    """What a client prints."""
    settings = {"XDG_CACHE_HOME": str(CACHE), "ITKWASM_CACHE_DIR": str(CACHE / "itk"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=600, check=False, env=os.environ | settings
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def expected(name: str) -> str:
    return (HERE / "expected" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_on_trimaran(name: str) -> None:
    if name in BIG and not ALL:
        pytest.skip("it is big: make test-clients runs it")
    python = install(name, wheel())
    assert run(str(python), "-c", ON_TRIMARAN, str(HERE / f"{name}.py")) == expected(name)


@pytest.mark.skipif(not ALL, reason="make test-clients runs it")
@pytest.mark.parametrize("name", NAMES)
def test_on_wasmtime_py(name: str) -> None:
    python = install(name, REFERENCE)
    assert run(str(python), str(HERE / f"{name}.py")) == expected(name)
