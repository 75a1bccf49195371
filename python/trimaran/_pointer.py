"""The address of a memory: a number, and a pointer as `ctypes` has it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, SupportsIndex

from ._ffi import wrong_type
from ._native import PointerBase

if TYPE_CHECKING:
    import ctypes


class Pointer(int, PointerBase):
    """The address of the first byte of a memory. Nothing checks what is done with it.

    It is an int, for `from_address` and for arithmetic. Like a pointer of `ctypes` to bytes it can be indexed,
    sliced, written to and asked for its `contents`.
    """

    __slots__ = ()

    @property
    def contents(self) -> ctypes.c_ubyte:
        """The first byte, in place."""
        import ctypes

        return ctypes.c_ubyte.from_address(self)

    def _part(self, key: SupportsIndex | slice) -> int | list[int]:
        """What is no plain offset."""
        return self._bytes()[key if isinstance(key, slice) else operator.index(key)]

    def __setitem__(self, key: SupportsIndex, value: int) -> None:
        self._bytes()[operator.index(key)] = value

    def _bytes(self) -> ctypes._Pointer[ctypes.c_ubyte]:
        import ctypes

        return ctypes.cast(ctypes.c_void_p(self), ctypes.POINTER(ctypes.c_ubyte))

    def __copy__(self) -> Pointer:
        return self

    def __deepcopy__(self, memo: object) -> Pointer:
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise wrong_type("a Pointer cannot be pickled: its bytes are in this process; int() gives the plain number")

    def __repr__(self) -> str:
        return f"<Pointer {int(self):#x}>"
