"""The six programs that the project was asked for run as they stand, but for the name of the package."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from guests import ROOT

SEED = Path(os.environ.get("TRIMARAN_SEED", ROOT.parent / "shared" / "seed-memory.md"))

# What the reader of `import wasmtime` gets.
PRELUDE = """
import sys
import trimaran
sys.modules["wasmtime"] = trimaran
exec(compile(sys.stdin.read(), "seed", "exec"))
"""

EXPECTED = {
    "Basic Memory Operations": """\
Initial memory: 1 pages (65536 bytes)
Read from memory: Hello from Python!
Memory grown from 1 to 3 pages
""",
    "Memory with WebAssembly Module": """\
WebAssembly wrote: Hello
Byte at 10: 72 ('H')
Byte at 11: 101 ('e')
Byte at 12: 108 ('l')
Byte at 13: 108 ('l')
Byte at 14: 111 ('o')
""",
    "Shared Memory for Multi-threading": """\
Thread 0 wrote to offset 0
Thread 1 wrote to offset 32
Thread 2 wrote to offset 64
Reading results from shared memory:
Thread 0 data: Thread 0 was here!
Thread 1 data: Thread 1 was here!
Thread 2 data: Thread 2 was here!
""",
    "Memory Growth and Bounds Checking": """\
Initial memory: 1 pages
Expected error: out of bounds: 14 bytes at offset 66536, in a memory of 65536 bytes
Memory grown from 1 to 2 pages
Second page contains: Second page data
Growth limit reached: cannot grow the memory by 5 pages: it has 2, and its maximum is 3
""",
    "Direct Memory Access with ctypes": """\
Direct write result: Direct memory access
Magic value: 0x12345678
""",
    "Memory Debugging and Inspection": """\
Memory dump from 0x0000 to 0x0040:
0000: 48 65 6c 6c 6f 2c 20 57 65 62 41 73 73 65 6d 62  |Hello, WebAssemb|
0010: 6c 79 20 57 6f 72 6c 64 21 00 01 02 03 ff fe fd  |ly World!.......|
0020: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  |................|
0030: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  |................|
""",
}


def programs(text: str) -> dict[str, str]:
    """The programs by their headings: each begins with `import wasmtime`, and ends where it stops being Python."""
    found: dict[str, str] = {}
    lines = text.splitlines()
    starts = [place for place, line in enumerate(lines) if line == "import wasmtime"]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        heading = next(line for line in reversed(lines[:start]) if line.strip())
        while not is_python(source := "\n".join(lines[start:end])):
            end -= 1
        found[heading] = source
    return found


def is_python(source: str) -> bool:
    try:
        compile(source, "seed", "exec")
    except SyntaxError:
        return False
    return True


@pytest.mark.skipif(not SEED.exists(), reason=f"{SEED} is not there; TRIMARAN_SEED says where it is")
@pytest.mark.parametrize("heading", EXPECTED)
def test_the_program_runs_verbatim(heading: str) -> None:
    found = programs(SEED.read_text())
    assert list(found) == list(EXPECTED)
    command = [sys.executable, "-W", "error", "-c", PRELUDE]
    run = subprocess.run(command, input=found[heading], capture_output=True, text=True, timeout=60, check=False)
    assert (run.stderr, run.returncode) == ("", 0)
    assert in_order(run.stdout) == EXPECTED[heading]


def in_order(printed: str) -> str:
    """What the threads of the third program print at once, one after the other: `print` may even mix the line ends."""
    lines = sorted(re.findall(r"Thread \d wrote to offset (?:0|32|64)", printed))
    head = len("".join(f"{line}\n" for line in lines))
    assert not lines or sorted(printed[:head]) == sorted("\n".join([*lines, ""]))
    return "".join(f"{line}\n" for line in lines) + printed[head:]


def test_programs_are_found() -> None:
    one, two = "import wasmtime\n\nprint(1)\n", "import wasmtime\nif True:\n    print(2)\n"
    text = f"docs\n\nFirst\n\n{one}\nSecond One\n\n{two}\nfooter of it\n"
    assert programs(text) == {"First": one, "Second One": two}
