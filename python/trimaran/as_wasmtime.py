"""Makes `import wasmtime` mean this package, for packages that were written for wasmtime-py.

    import trimaran.as_wasmtime  # before whatever imports wasmtime
    import package_that_uses_wasmtime

From then on, and in this process only, the module `wasmtime` has the names of this package, and `wasmtime.component`
those of `trimaran.component`.
"""

from __future__ import annotations

import sys
from types import ModuleType

import trimaran.component


def _install() -> None:
    known = sys.modules.get("wasmtime")
    if known is not None and known.__spec__ is not None:
        raise ImportError("wasmtime is imported already: import trimaran.as_wasmtime before whatever imports wasmtime")
    made = _copied("wasmtime", trimaran)
    # A package, and one in which nothing else is found.
    made.__path__ = []
    inner = vars(made)["component"] = _copied("wasmtime.component", trimaran.component)
    sys.modules["wasmtime"], sys.modules["wasmtime.component"] = made, inner


def _copied(name: str, of: ModuleType) -> ModuleType:
    """A module of that name, with the public names of another one."""
    made = ModuleType(name, of.__doc__)
    vars(made).update({each: getattr(of, each) for each in of.__all__})
    return made


_install()
