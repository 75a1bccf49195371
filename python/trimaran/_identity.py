"""Objects that stand for something outside of Python: each is made once, and a copy never means a second owner."""

from __future__ import annotations

from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ._native import indefinite
from ._surface import wrong_type
from .error import WasmtimeError


class Identity:
    """Has one owner. It can be neither copied nor pickled, and is of no use before its constructor has run."""

    __slots__ = ()
    # Why not, and what to do instead.
    _instead: ClassVar[str] = "it belongs to this process"

    if not TYPE_CHECKING:
        # A type checker would take every name for one that is there.

        def __getattr__(self, name: str) -> Any:
            # Only for what is not there. Our own slots are empty where no constructor has filled them.
            slot = getattr(type(self), name, None) if name.startswith("_") else None
            if isinstance(slot, MemberDescriptorType) and slot.__objclass__.__module__.startswith(f"{__package__}."):
                raise _unmade(self)
            raise missing(self, name)

    def __copy__(self) -> Self:
        raise self._refused()

    def __deepcopy__(self, memo: object) -> Self:
        raise self._refused()

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise self._refused()

    def _refused(self) -> WasmtimeError:
        return wrong_type(f"{indefinite(type(self).__name__)} can be neither copied nor pickled: {self._instead}")


class Constant(Identity):
    """The same, of something that never changes: its copy is the object itself."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def _refused(self) -> WasmtimeError:
        return wrong_type(f"{indefinite(type(self).__name__)} cannot be pickled: {self._instead}")


def missing(owner: object, name: str) -> AttributeError:
    """The error for an attribute that there is not, as Python itself words it."""
    return AttributeError(f"{type(owner).__name__!r} object has no attribute {name!r}", name=name, obj=owner)


def _unmade(owner: object) -> WasmtimeError:
    name = type(owner).__name__
    return wrong_type(f"the {name} was never made: call its constructor, and in a subclass super().__init__()")
