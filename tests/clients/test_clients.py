"""Packages from PyPI that were written for wasmtime-py, unchanged, on Trimaran.

Each client is a script, and has a file of packages and one of what it prints on wasmtime-py. It runs in an environment
of its own, which has the wheel of `dist` and not wasmtime-py. With TRIMARAN_ALL_CLIENTS=1 the big ones run too, and
every script runs on wasmtime-py as well, to the same result.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / "target" / "clients"
CACHE = ENVIRONMENTS / "cache"
ALL = os.environ.get("TRIMARAN_ALL_CLIENTS") == "1"
REFERENCE = "wasmtime==48.0.0"

NAMES = [file.stem for file in sorted((HERE / "packages").glob("*.txt"))]
BIG = {"yosys"}
ON_TRIMARAN = "import sys, runpy, trimaran.as_wasmtime; runpy.run_path(sys.argv[1], run_name='__main__')"


def wheel() -> Path:
    """What `make python` built."""
    found = list((ROOT / "dist").glob("trimaran-*.whl"))
    if len(found) != 1:
        pytest.fail(f"dist has {len(found)} wheels of trimaran: make python", pytrace=False)
    return found[0]


def install(name: str, runtime: Path | str) -> Path:
    """The Python of an environment with the packages of a client and a runtime. It is kept for the next time."""
    packages = HERE / "packages" / f"{name}.txt"
    is_ours = isinstance(runtime, Path)
    environment = ENVIRONMENTS / (name if is_ours else f"{name}-wasmtime")
    python = environment / "bin" / "python"
    stamps = {"packages": packages.read_text() + sys.version, "runtime": identity(runtime)}
    written = {key: environment / f"{key}.stamp" for key in stamps}
    done = {key: file.read_text() if file.exists() else None for key, file in written.items()}
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install", "--quiet"]
    if done["packages"] != stamps["packages"]:
        quietly(sys.executable, "-m", "venv", "--without-pip", "--clear", str(environment))
        quietly(*pip, "--no-deps", "-r", str(packages))
    if done != stamps:
        quietly(*pip, "--no-deps", "--force-reinstall", str(runtime))
    for key, file in written.items():
        file.write_text(stamps[key])
    return python


def identity(runtime: Path | str) -> str:
    if isinstance(runtime, str):
        return runtime
    status = runtime.stat()
    return f"{runtime.name} {status.st_size} {status.st_mtime_ns}"


def quietly(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}", pytrace=False)


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
