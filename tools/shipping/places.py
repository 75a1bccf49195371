"""Where things lie, and how commands are run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# `tools/lib.sh` sets it; another one serves whoever shares a build.
CARGO = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
OUT = ROOT / "target" / "shipping"
# A folder for each target.
NATIVE = OUT / "native"
PACKAGES = OUT / "packages"
# 2026-01-01: packages of the same files are the same bytes. `kotlin/pom.xml` has the same time.
EPOCH = 1767225600
NOTICES = "THIRD-PARTY-NOTICES.txt"
BILL = "trimaran.cdx.json"


class Failure(Exception):
    """What a person should read, without a traceback."""


class Skipped(Exception):
    """Why a check cannot be made here."""


def version() -> str:
    """The one version number of all packages."""
    found = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    if found is None:
        raise Failure("Cargo.toml has no version")
    return found[1]


def run(
    command: Sequence[str | Path], cwd: Path = ROOT, env: Mapping[str, str] | None = None, stderr: bool = False
) -> str:
    """What a command prints, with its standard error if asked. If it fails, all of that is in the failure."""
    words = [str(word) for word in command]
    environment = {**os.environ, **(env or {})}
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise Failure(f"{' '.join(words[:4])} ended with {done.returncode}:\n{end}")
    return done.stdout + (done.stderr if stderr else "")


def emptied(folder: Path) -> Path:
    """The folder, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def clear() -> None:
    """Removes what was made, but for the tools that were fetched."""
    for folder in OUT.glob("*"):
        if folder.name not in ("bin", "tools", "zig-cache", "cargo"):
            shutil.rmtree(folder)


def say(text: str) -> None:
    print(f"==> {text}", flush=True)
