"""What modules import and export: types with names."""

from __future__ import annotations

from typing import Any, TypeAlias

from . import _bindings as raw
from ._surface import article, text, wrong_type
from .types import FuncType, GlobalType, MemoryType, TableType, TagType, Type

ExternType: TypeAlias = FuncType | GlobalType | TableType | MemoryType | TagType
"""The type of something that can be imported or exported."""


_KINDS: dict[str, Any] = {
    "OF_FUNC": FuncType,
    "OF_GLOBAL": GlobalType,
    "OF_TABLE": TableType,
    "OF_MEMORY": MemoryType,
    "OF_TAG": TagType,
}


def _extern_type(ty: Any) -> ExternType:
    made: ExternType = _KINDS[type(ty).__name__.removeprefix("ExternType.")]._from_raw(ty.ty)
    return made


def _raw_extern_type(ty: ExternType) -> Any:
    kind = next(name for name, known in _KINDS.items() if isinstance(ty, known))
    return getattr(raw.ExternType, kind)(ty._to_raw())


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

    @classmethod
    def _from_raw(cls, ty: raw.ImportType) -> ImportType:
        return cls(ty.module, ty.name, _extern_type(ty.ty))

    def _to_raw(self) -> Any:
        return raw.ImportType(module=self.module, name=self.name, ty=_raw_extern_type(self.type))


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

    @classmethod
    def _from_raw(cls, ty: raw.ExportType) -> ExportType:
        return cls(ty.name, _extern_type(ty.ty))

    def _to_raw(self) -> Any:
        return raw.ExportType(name=self.name, ty=_raw_extern_type(self.type))
