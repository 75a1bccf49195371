"""What can be imported and exported."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from ._native import wrong_export
from .func import Func
from .global_ import Global
from .memory import Memory
from .shared_memory import SharedMemory
from .table import Table
from .tag import Tag

Extern: TypeAlias = Func | Global | Table | Memory | SharedMemory | Tag
"""Something that can be imported or exported."""

Kind = TypeVar("Kind", Func, Global, Table, Memory, SharedMemory, Tag)

# By their numbers in the core, from 1.
_KINDS: tuple[type[Extern], ...] = (Func, Global, Table, Memory, SharedMemory, Tag)


def expect_extern(item: Extern, kind: type[Kind], name: str) -> Kind:
    """What is exported under that name, if it is of that kind."""
    if not isinstance(item, kind):
        raise wrong_export(name, _KINDS.index(type(item)) + 1, _KINDS.index(kind) + 1)
    return item
