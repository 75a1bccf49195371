"""Checks the types of these tools, and the workflows of `.github`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .places import OUT, ROOT, run, say

ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
MYPY = ROOT / "target" / "python" / "venv" / "bin" / "mypy"


def lint(by_all: bool) -> int:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    typed = ["--config-file", "python/pyproject.toml", "--python-executable", sys.executable, "-p", "shipping"]
    commands: list[list[str | Path]] = [
        [MYPY, *typed],
        [Path(sys.executable).parent / "zizmor", "--offline", "--no-progress", "--persona", "regular", *workflows],
    ]
    if by_all and (actionlint := _actionlint()) is not None:
        commands.append([actionlint, *workflows])
    # All of them, whatever the first one finds.
    return max(subprocess.run(list(map(str, command)), cwd=ROOT, env=_ENV).returncode for command in commands)


_ENV = {"PATH": "/usr/bin:/bin", "MYPYPATH": str(ROOT / "tools")}


def _actionlint() -> Path | None:
    """It is built from its module, where there is Go: a release of it is a file that no registry has."""
    found = OUT / "bin" / "actionlint"
    if not found.exists():
        if shutil.which("go") is None:
            say("there is no Go here: the workflows are not checked by actionlint")
            return None
        run(["go", "install", ACTIONLINT], env={"GOBIN": str(found.parent)})
    return found
