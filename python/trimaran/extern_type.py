"""What modules import and export: types with names."""

from __future__ import annotations

from typing import TypeAlias

from ._ffi import wrong_type
from ._native import article, text
from .types import FuncType, GlobalType, MemoryType, TableType, TagType, Type

ExternType: TypeAlias = FuncType | GlobalType | TableType | MemoryType | TagType
"""The type of something that can be imported or exported."""


_KINDS: dict[str, type[ExternType]] = {
    "OF_FUNC": FuncType,
    "OF_GLOBAL": GlobalType,
    "OF_TABLE": TableType,
    "OF_MEMORY": MemoryType,
    "OF_TAG": TagType,
}


def from_raw(fields: tuple[str, ExternType]) -> ExternType:
    """The type of something, as the core gives it."""
    return fields[1]


def to_raw(ty: object, what: str) -> tuple[str, ExternType]:
    """The same for the core."""
    found = _checked(ty)
    return next(name for name, known in _KINDS.items() if isinstance(found, known)), found


def _checked(ty: object) -> ExternType:
    if not isinstance(ty, ExternType):
        raise wrong_type(
            f"the type is {article(ty)}: expected a FuncType, GlobalType, TableType, MemoryType or TagType"
        )
    return ty


class ImportType(Type):
    """Something that a module wants."""

    __slots__ = ("module", "name", "type")
    module: str
    """The first part of its name."""
    name: str
    """The second part of its name."""
    type: ExternType
    """What it has to be."""

    def __init__(self, module: str, name: str, type: ExternType) -> None:
        """What a module wants by the two parts of that name."""
        self._set(module=text(module, "the module's name"), name=text(name, "the name"), type=_checked(type))


class ExportType(Type):
    """Something that a module offers."""

    __slots__ = ("name", "type")
    name: str
    """Its name."""
    type: ExternType
    """What it is."""

    def __init__(self, name: str, type: ExternType) -> None:
        """What a module offers by that name."""
        self._set(name=text(name, "the name"), type=_checked(type))
