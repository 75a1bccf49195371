"""What the README shows runs."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_first_ten_lines_of_python() -> None:
    found = re.search(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(found[1], str(README), "exec"), {})
    assert printed.getvalue().splitlines() == [
        "42",
        "Memory dump from 0x0000 to 0x0020:",
        f"0000: {'00 ' * 16} |{'.' * 16}|",
        f"0010: 48 65 6c 6c 6f {'00 ' * 11} |Hello{'.' * 11}|",
    ]
