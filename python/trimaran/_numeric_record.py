"""Records of numbers that may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ._ffi import expect, milliseconds
from ._native import natural, within
from ._record import Record


class NumericRecord(Record):
    """Numbers by their names, each 0 or more, or `None`; and what is on or off."""

    __slots__ = ()
    # Those that the core counts with 32 bits.
    _narrow: ClassVar[frozenset[str]] = frozenset()
    # Those that are no numbers, but on or off.
    _switches: ClassVar[frozenset[str]] = frozenset()
    # Times, which the core counts in milliseconds.
    _times: ClassVar[frozenset[str]] = frozenset()

    def _take(self, given: dict[str, Any]) -> None:
        self._set(**{name: self._checked(name, given[name]) for name in self._fields()})

    def _checked(self, name: str, value: Any) -> object:
        if name in self._switches:
            return expect(value, bool, name)
        if name in self._times:
            time = milliseconds(value, name)
            # As exact as the core has it.
            return None if time is None else time / 1000
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
        given = {name: figures[name] for name in cls._fields()}
        made._set(**given | {name: given[name] / 1000 for name in cls._times if given[name] is not None})
        return made

    def _to_raw(self) -> dict[str, Any]:
        given = dict(zip(self._fields(), self._values(), strict=True))
        # It is a whole number of them, but for what a float makes of it.
        return given | {name: round(given[name] * 1000) for name in self._times if given[name] is not None}
