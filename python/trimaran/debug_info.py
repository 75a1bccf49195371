"""What a module says of its source files."""

from __future__ import annotations

from ._handle import Handle
from ._identity import Constant
from ._native import DebugInfoBase


class DebugInfo(DebugInfoBase, Constant, Handle):
    """What a module says of its source files, in the custom sections that compilers write with `-g` (DWARF 2 to 5).

    It is read when somebody asks. `Module.debug_info` gives it:

        for symbol in module.debug_info.symbols(0x8C):
            print(symbol)
    """

    __slots__ = ("__weakref__",)
    _instead = "pickle the module"
    _origin = "comes from Module.debug_info: it cannot be made here"
