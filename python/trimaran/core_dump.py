"""What is left of a store whose guest has trapped."""

from __future__ import annotations

from ._handle import Handle
from ._identity import Constant
from ._native import CoreDumpBase


class CoreDump(CoreDumpBase, Constant, Handle):
    """What `Trap.coredump` writes."""

    __slots__ = ("__weakref__",)
    _instead = "write it to a file"
    _origin = "comes from a trap: it cannot be made here"
