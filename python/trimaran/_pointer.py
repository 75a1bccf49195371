"""The address of a memory: a number, and a pointer as `ctypes` has it."""

from __future__ import annotations

import operator
from functools import cached_property
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from ._surface import wrong_type

if TYPE_CHECKING:
    import ctypes


class Pointer(int):
    """The address of the first byte of a memory. Nothing checks what is done with it.

    It is an int, for `from_address` and for arithmetic. Like a pointer of `ctypes` to bytes it can be indexed,
    sliced, written to and asked for its `contents`.
    """

    @property
    def contents(self) -> ctypes.c_ubyte:
        """The first byte, in place."""
        import ctypes

        return ctypes.c_ubyte.from_address(self)

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> list[int]: ...
    def __getitem__(self, key: SupportsIndex | slice) -> int | list[int]:
        found: int | list[int] = self._bytes[key]
        return found

    def __setitem__(self, key: SupportsIndex, value: int) -> None:
        self._bytes[operator.index(key)] = value

    @cached_property
    def _bytes(self) -> Any:
        # A pointer of `ctypes` to bytes: its own types have an overload for each kind of key, and none for both.
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
