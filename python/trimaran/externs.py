"""What can be imported and exported."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from ._ffi import wrong_type
from .func import Func
from .global_ import Global
from .memory import Memory
from .shared_memory import SharedMemory
from .table import Table
from .tag import Tag

Extern: TypeAlias = Func | Global | Table | Memory | SharedMemory | Tag
"""Something that can be imported or exported."""

Kind = TypeVar("Kind", Func, Global, Table, Memory, SharedMemory, Tag)

_WORDS: dict[type[Extern], str] = {
    Func: "a function",
    Global: "a global",
    Table: "a table",
    Memory: "a memory",
    SharedMemory: "a shared memory",
    Tag: "a tag",
}


def expect_extern(item: Extern, kind: type[Kind], name: str) -> Kind:
    """What is exported under that name, if it is of that kind."""
    if not isinstance(item, kind):
        raise wrong_type(f"the export `{name}` is {_WORDS[type(item)]}: expected {_WORDS[kind]}")
    return item
