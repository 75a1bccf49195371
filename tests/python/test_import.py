"""What importing the package does, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import Any


def test_importing_is_light() -> None:
    # None of these is needed, and some take longer to import than the package.
    heavy = ["asyncio", "dataclasses", "datetime", "inspect", "numpy", "platform", "traceback"]
    program = f"import sys, trimaran; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_every_function_that_is_declared_later_exists() -> None:
    generated: Any = import_module("trimaran._bindings")
    names = list(generated._UNIFFI_SIGNATURES)
    assert len(names) > 100
    for name in names:
        function = getattr(generated._UniffiLib, name)
        assert function.argtypes is not None
