"""What importing the package does, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys


def test_importing_is_light() -> None:
    # None of these is needed, and some take longer to import than the package.
    heavy = ["asyncio", "ctypes", "dataclasses", "datetime", "inspect", "numpy", "platform", "traceback"]
    program = f"import sys, trimaran; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
