"""Environments of their own for packages from PyPI, with the wheel of `dist`. They are kept for the next time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / "target" / "clients"
ALL = os.environ.get("TRIMARAN_ALL_CLIENTS") == "1"


def wheel() -> Path:
    """What `make python` built."""
    found = list((ROOT / "dist").glob("trimaran-*.whl"))
    if len(found) != 1:
        pytest.fail(f"dist has {len(found)} wheels of trimaran: make python", pytrace=False)
    return found[0]


def install(name: str, runtime: Path | str, what_they_need: bool = False) -> Path:
    """The Python of an environment with the packages of `packages/NAME.txt` and a runtime.

    With `what_they_need`, it has whatever the packages need as well.
    """
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
        quietly(*pip, *([] if what_they_need else ["--no-deps"]), "-r", str(packages))
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
