"""Makes `import wasmtime` mean this package, for packages that were written for wasmtime-py.

    import trimaran.as_wasmtime  # before whatever imports wasmtime
    import package_that_uses_wasmtime

From then on, and in this process only, the module `wasmtime` has the names of this package.
"""

from __future__ import annotations

import sys
from types import ModuleType

import trimaran


def _install() -> None:
    known = sys.modules.get("wasmtime")
    if known is not None and known.__spec__ is not None:
        raise ImportError("wasmtime is imported already: import trimaran.as_wasmtime before whatever imports wasmtime")
    made = ModuleType("wasmtime", trimaran.__doc__)
    vars(made).update({name: getattr(trimaran, name) for name in trimaran.__all__})
    # A package, and one in which nothing else is found.
    made.__path__ = []
    sys.modules["wasmtime"] = made


_install()
