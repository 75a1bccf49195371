"""Numbers in a memory: typed loads and stores, in little-endian order. They need not be aligned."""

from __future__ import annotations

from . import _bindings as raw
from ._handle import Handle
from ._surface import call, integer, within
from .store import Storelike, inside
from .value import real


class Numbers(Handle[raw.Memory]):
    """The typed accessors of a `Memory`.

    Each takes the offset in bytes. Past the end they raise `BoundsError`, and a number that the type does not hold
    is a `RangeError`; then nothing is written.
    """

    __slots__ = ()

    def load_i8(self, store: Storelike, offset: int) -> int:
        """Reads a signed 8-bit integer at `offset`."""
        return call(self._raw.load_i8, inside(store), integer(offset, "the offset"))

    def store_i8(self, store: Storelike, offset: int, value: int) -> None:
        """Writes a signed 8-bit integer at `offset`."""
        number = within(value, "the value", "i8", -1 << 7, (1 << 7) - 1)
        call(self._raw.store_i8, inside(store), integer(offset, "the offset"), number)

    def load_u8(self, store: Storelike, offset: int) -> int:
        """Reads an unsigned 8-bit integer at `offset`."""
        return call(self._raw.load_u8, inside(store), integer(offset, "the offset"))

    def store_u8(self, store: Storelike, offset: int, value: int) -> None:
        """Writes an unsigned 8-bit integer at `offset`."""
        number = within(value, "the value", "u8", 0, (1 << 8) - 1)
        call(self._raw.store_u8, inside(store), integer(offset, "the offset"), number)

    def load_i16(self, store: Storelike, offset: int) -> int:
        """Reads a signed 16-bit integer at `offset`."""
        return call(self._raw.load_i16, inside(store), integer(offset, "the offset"))

    def store_i16(self, store: Storelike, offset: int, value: int) -> None:
        """Writes a signed 16-bit integer at `offset`."""
        number = within(value, "the value", "i16", -1 << 15, (1 << 15) - 1)
        call(self._raw.store_i16, inside(store), integer(offset, "the offset"), number)

    def load_u16(self, store: Storelike, offset: int) -> int:
        """Reads an unsigned 16-bit integer at `offset`."""
        return call(self._raw.load_u16, inside(store), integer(offset, "the offset"))

    def store_u16(self, store: Storelike, offset: int, value: int) -> None:
        """Writes an unsigned 16-bit integer at `offset`."""
        number = within(value, "the value", "u16", 0, (1 << 16) - 1)
        call(self._raw.store_u16, inside(store), integer(offset, "the offset"), number)

    def load_i32(self, store: Storelike, offset: int) -> int:
        """Reads a signed 32-bit integer at `offset`."""
        return call(self._raw.load_i32, inside(store), integer(offset, "the offset"))

    def store_i32(self, store: Storelike, offset: int, value: int) -> None:
        """Writes a signed 32-bit integer at `offset`."""
        number = within(value, "the value", "i32", -1 << 31, (1 << 31) - 1)
        call(self._raw.store_i32, inside(store), integer(offset, "the offset"), number)

    def load_u32(self, store: Storelike, offset: int) -> int:
        """Reads an unsigned 32-bit integer at `offset`."""
        return call(self._raw.load_u32, inside(store), integer(offset, "the offset"))

    def store_u32(self, store: Storelike, offset: int, value: int) -> None:
        """Writes an unsigned 32-bit integer at `offset`."""
        number = within(value, "the value", "u32", 0, (1 << 32) - 1)
        call(self._raw.store_u32, inside(store), integer(offset, "the offset"), number)

    def load_i64(self, store: Storelike, offset: int) -> int:
        """Reads a signed 64-bit integer at `offset`."""
        return call(self._raw.load_i64, inside(store), integer(offset, "the offset"))

    def store_i64(self, store: Storelike, offset: int, value: int) -> None:
        """Writes a signed 64-bit integer at `offset`."""
        number = within(value, "the value", "i64", -1 << 63, (1 << 63) - 1)
        call(self._raw.store_i64, inside(store), integer(offset, "the offset"), number)

    def load_u64(self, store: Storelike, offset: int) -> int:
        """Reads an unsigned 64-bit integer at `offset`."""
        return call(self._raw.load_u64, inside(store), integer(offset, "the offset"))

    def store_u64(self, store: Storelike, offset: int, value: int) -> None:
        """Writes an unsigned 64-bit integer at `offset`."""
        number = within(value, "the value", "u64", 0, (1 << 64) - 1)
        call(self._raw.store_u64, inside(store), integer(offset, "the offset"), number)

    def load_f32(self, store: Storelike, offset: int) -> float:
        """Reads a 32-bit float at `offset`."""
        return call(self._raw.load_f32, inside(store), integer(offset, "the offset"))

    def store_f32(self, store: Storelike, offset: int, value: float) -> None:
        """Writes a 32-bit float at `offset`. Rounds to the nearest."""
        number = real(value, "the value", "f32")
        call(self._raw.store_f32, inside(store), integer(offset, "the offset"), number)

    def load_f64(self, store: Storelike, offset: int) -> float:
        """Reads a 64-bit float at `offset`."""
        return call(self._raw.load_f64, inside(store), integer(offset, "the offset"))

    def store_f64(self, store: Storelike, offset: int, value: float) -> None:
        """Writes a 64-bit float at `offset`."""
        number = real(value, "the value", "f64")
        call(self._raw.store_f64, inside(store), integer(offset, "the offset"), number)
