"""Records of numbers that may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ._native import natural, within
from ._record import Record


class NumericRecord(Record):
    """Numbers by their names, each 0 or more, or `None`."""

    __slots__ = ()
    # Those that the core counts with 32 bits.
    _narrow: ClassVar[frozenset[str]] = frozenset()

    def _take(self, given: dict[str, Any]) -> None:
        self._set(**{name: self._checked(name, given[name]) for name in self._fields()})

    def _checked(self, name: str, value: object) -> int | None:
        if value is None:
            return None
        return within(value, name, "u32", 0, (1 << 32) - 1) if name in self._narrow else natural(value, name)

    def __repr__(self) -> str:
        fields = zip(self._fields(), self._values(), strict=True)
        given = ", ".join(f"{name}={value}" for name, value in fields if value is not None)
        return f"{type(self).__name__}({given})"

    def _replaced(self, changes: Mapping[str, object]) -> Self:
        """The same, except for `changes`."""
        given: dict[str, Any] = dict(zip(self._fields(), self._values(), strict=True))
        return type(self)(**given | dict(changes))

    @classmethod
    def _from_raw(cls, figures: Any) -> Self:
        made = cls.__new__(cls)
        made._take({name: figures[name] for name in cls._fields()})
        return made

    def _to_raw(self) -> dict[str, Any]:
        return dict(zip(self._fields(), self._values(), strict=True))
