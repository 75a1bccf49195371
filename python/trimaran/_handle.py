"""What all objects of the core have in common here."""

from __future__ import annotations

from typing import Generic, Self, TypeVar

from ._surface import indefinite, wrong_type

Raw = TypeVar("Raw")


class Handle(Generic[Raw]):
    """Holds an object of the core, so that generated code stays private."""

    __slots__ = ("__weakref__", "_raw")
    _raw: Raw

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} comes out of a guest: it cannot be made here")

    @classmethod
    def _wrap(cls, raw: Raw) -> Self:
        made = cls.__new__(cls)
        made._raw = raw
        return made

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
