"""The command line of each package, as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def jar() -> str:
    """The jar with everything inside."""
    return str(next((ROOT / "dist").glob("trimaran-*-all.jar"), "absent.jar"))


PROGRAMS = {
    "python": ("python -m trimaran", lambda: [sys.executable, "-m", "trimaran"]),
    "kotlin": ("java -jar trimaran.jar", lambda: ["java", "-jar", jar()]),
    "swift": (
        "trimaran",
        lambda: [str(ROOT / "tools" / "swift"), str(ROOT / "examples" / "swift" / ".build" / "debug" / "trimaran")],
    ),
}


def run(language: str, *arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """The status, the output and the error output, in which the program is called `trimaran`."""
    name, command = PROGRAMS[language]
    done = subprocess.run(
        [*command(), *arguments],
        cwd=ROOT,
        env=os.environ | (env or {}),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    return done.returncode, done.stdout.replace(name, "trimaran"), done.stderr.replace(name, "trimaran")
