"""Objects that stand for something outside of Python: each is made once, and a copy never means a second owner."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from ._ffi import wrong_type
from ._made import Made
from ._native import indefinite
from .error import WasmtimeError


class Identity(Made):
    """Has one owner. It can be neither copied nor pickled."""

    __slots__ = ()
    # Why not, and what to do instead.
    _instead: ClassVar[str] = "it belongs to this process"

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
