"""Plain values with named fields.

`dataclasses` would do as well, but importing it and making classes with it takes longer than all the rest of this
package.
"""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform

from ._closable import Managed
from ._made import Made


# Type checkers know such classes under this name.
@dataclass_transform(frozen_default=True)
class Record(Made, Managed):
    """Compared, hashed and printed by its fields, which are its slots. They are set once."""

    __slots__: tuple[str, ...] = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls.__match_args__ = cls.__slots__  # type: ignore[misc]

    @classmethod
    def _fields(cls) -> tuple[str, ...]:
        return cls.__slots__

    def _set(self, **fields: object) -> None:
        self._once(next(iter(fields)))
        set_slot = object.__setattr__
        for name, value in fields.items():
            set_slot(self, name, value)

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed: make another one")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed: make another one")

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        fields = zip(self.__slots__, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in fields)})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        # What a subclass of the user's keeps besides goes along.
        more = getattr(self, "__dict__", None)
        made = _restored, (type(self), self._values())
        return (*made, more) if more else made


def _restored(kind: type[Record], values: tuple[Any, ...]) -> Record:
    """A record again, from what `pickle` keeps of it."""
    made = kind.__new__(kind)
    made._set(**dict(zip(kind._fields(), values, strict=True)))
    return made
