"""A native debugger sees guests: their lines, their calls, and their arguments."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from command_lines import PROGRAMS, ROOT

MODULES = "tests/modules"
COMMANDS = [
    "set breakpoint pending on",
    "handle SIGSEGV nostop noprint pass",
    f"set substitute-path /guest {MODULES}",
    "break area.rs:15",
    "run",
    "backtrace 2",
    "print width + height",
    "delete",
    "continue",
]


@pytest.mark.skipif(shutil.which("gdb") is None, reason="there is no gdb here")
def test_gdb_stops_in_a_guest(language: str) -> None:
    if language == "swift" and shutil.which("swift") is None:
        pytest.skip("Swift lives in a root of its own here, which has no gdb")
    options = [f"--eval-command={command}" for command in COMMANDS]
    program = [*PROGRAMS[language][1](), "run", "--debug-info", "--invoke", "squares", f"{MODULES}/area.wasm", "3"]
    gdb = ["gdb", "--quiet", "--nx", "--batch", *options, "--args", *program]
    text = subprocess.run(gdb, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=300).stdout
    assert "area::area (width=1, height=1) at area.rs:15\n15\t    let product = width * height;" in text
    assert "in area::squares (count=3) at area.rs:25" in text
    assert "$1 = 2" in text
    # What the guest has returned.
    assert "\n14\n" in text
