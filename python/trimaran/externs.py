"""What can be imported and exported."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

from . import _bindings as raw
from ._surface import article, wrong_type
from .func import Func
from .global_ import Global
from .memory import Memory
from .shared_memory import SharedMemory
from .table import Table
from .tag import Tag

Extern: TypeAlias = Func | Global | Table | Memory | SharedMemory | Tag
"""Something that can be imported or exported."""

Kind = TypeVar("Kind", Func, Global, Table, Memory, SharedMemory, Tag)

_EXTERNS: Any = raw.Extern
_KINDS: dict[Any, tuple[type[Extern], str]] = {
    _EXTERNS.OF_FUNC: (Func, "a function"),
    _EXTERNS.OF_GLOBAL: (Global, "a global"),
    _EXTERNS.OF_TABLE: (Table, "a table"),
    _EXTERNS.OF_MEMORY: (Memory, "a memory"),
    _EXTERNS.OF_SHARED_MEMORY: (SharedMemory, "a shared memory"),
    _EXTERNS.OF_TAG: (Tag, "a tag"),
}


def wrap(item: raw.Extern) -> Extern:
    """The public object for what the core exports."""
    wrapper: Any = _KINDS[type(item)][0]
    # Each variant has one field, the object.
    (inner,) = vars(item).values()
    made: Extern = wrapper._wrap(inner)
    return made


def unwrap(item: object, place: str) -> raw.Extern:
    """What the core imports for a public object."""
    for variant, (kind, _) in _KINDS.items():
        if isinstance(item, kind):
            made: raw.Extern = variant(item._raw)
            return made
    kinds = "a Func, Global, Table, Memory, SharedMemory or Tag"
    raise wrong_type(f"{place} is {article(item)}: expected {kinds}")


def expect_extern(item: Extern, kind: type[Kind], name: str) -> Kind:
    """What is exported under that name, if it is of that kind."""
    if not isinstance(item, kind):
        raise wrong_type(f"the export `{name}` is {_word(type(item))}: expected {_word(kind)}")
    return item


def _word(kind: type[Extern]) -> str:
    """What something is, in messages."""
    return next(name for known, name in _KINDS.values() if known is kind)
