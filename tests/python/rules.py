"""The rules of the extension module, written again in Python. Tests compare the two."""

from __future__ import annotations

import importlib
import numbers
import operator
import struct
from collections.abc import Callable
from typing import Any

from trimaran import Memory, SharedMemory

SURFACE: Any = importlib.import_module("trimaran._ffi")
VALUE: Any = importlib.import_module("trimaran.value")
I64 = 1 << 63
# How `struct` names the numbers.
FORMS: dict[str, str] = dict(zip("i8 u8 i16 u16 i32 u32 i64 u64 f32 f64".split(), "bBhHiIqQfd", strict=True))


def index(value: Any, what: str) -> int:
    """A whole number of any size. A bool is none."""
    if not isinstance(value, bool):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise SURFACE.wrong_type(f"{what} is {article(value)}: expected an int")


def article(value: object) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0].lower() in 'aeio' else 'a'} {name}"


def integer(value: object, what: str) -> int:
    """A whole number for the core, which checks the sign itself."""
    number = index(value, what)
    if number < -I64:
        raise SURFACE.out_of_range(f"{what} is {number}: expected 0 or more")
    if number >= I64:
        raise SURFACE.out_of_range(f"{what} is {number}: expected less than 2^63")
    return number


def number_of(value: Any, kind: str) -> int | float:
    """A number of that type."""
    bits = int(kind[1:])
    if kind[0] != "f":
        low, high = (-1 << (bits - 1), (1 << (bits - 1)) - 1) if kind[0] == "i" else (0, (1 << bits) - 1)
        number = index(value, "the value")
        if not low <= number <= high:
            words = f"{'an' if kind[0] == 'i' else 'a'} {kind}"
            raise SURFACE.out_of_range(f"the value is {number}: expected {words}, from {low} to {high}")
        return number
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return float(value)
    if not hasattr(value, "__index__"):
        raise SURFACE.wrong_type(f"the value is {article(value)}: expected a float")
    whole, digits = index(value, "the value"), {32: 24, 64: 53}[bits]
    if abs(whole) > 1 << digits:
        reason = f"an {kind} holds integers up to 2^{digits} exactly; pass a float to round"
        raise SURFACE.out_of_range(f"the value is {whole}: {reason}")
    return float(whole)


class Rules:
    """What the methods of a memory are to do, by its private ones that copy plain ranges."""

    def __init__(self, memory: Memory | SharedMemory) -> None:
        self.memory: Any = memory

    def _size(self, first: tuple[Any, ...]) -> int:
        size: int = self.memory.data_len(*first)
        return size

    def _split(self, arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The store, and the rest. A store that is none is refused first."""
        if isinstance(self.memory, SharedMemory):
            return (), arguments
        self.memory.data_len(arguments[0])
        return arguments[:1], arguments[1:]

    def read(self, *arguments: Any) -> bytes:
        """A slice, but for bounds in order: those are checked."""
        store, (start, stop) = self._split(arguments)
        begin = 0 if start is None else index(start, "the offset")
        end = None if stop is None else index(stop, "the end")
        if end is None or begin < 0 or end < 0:
            begin, end, _ = slice(begin, end).indices(self._size(store))
        if begin > end:
            begin = end = 0
        found: bytes = self.memory._read(*store, integer(begin, "the offset"), integer(end - begin, "the length"))
        return found

    def write(self, *arguments: Any) -> int:
        """All bytes, at a place that counts from the end if it is negative."""
        store, (data, start) = self._split(arguments)
        octets: bytes = SURFACE.contents(data, "the data")
        offset = 0 if start is None else index(start, "the offset")
        offset = slice(offset, None).indices(self._size(store))[0] if offset < 0 else integer(offset, "the offset")
        self.memory._write(*store, octets, offset)
        return len(octets)

    def load(self, kind: str, store: Any, offset: Any) -> int | float:
        """A number of that type."""
        self.memory.data_len(store)
        octets = self.memory._read(store, integer(offset, "the offset"), int(kind[1:]) // 8)
        found: int | float = struct.unpack(f"<{FORMS[kind]}", octets)[0]
        return found

    def store(self, kind: str, store: Any, offset: Any, value: Any) -> None:
        """A number of that type. A float is rounded to the nearest."""
        self.memory.data_len(store)
        place, number = integer(offset, "the offset"), number_of(value, kind)
        try:
            octets = struct.pack(f"<{FORMS[kind]}", number)
        except OverflowError:
            # `struct` refuses what rounds to infinity.
            octets = struct.pack("<f", float("inf") if number > 0 else float("-inf"))
        self.memory._write(store, octets, place)

    def size(self, store: Any) -> int:
        """As many pages as there are."""
        pages: int = self.data_len(store) // self.memory.page_size(store)
        return pages

    def data_len(self, store: Any) -> int:
        """As many bytes as a view has."""
        with self.memory.view(store) as view:
            return len(view)


class ByValues:
    """Calls, globals and tables by the core's values, and never by slots."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def call(self, store: Any, *params: Any) -> Any:
        results = [result.value for result in self.item.call(store, params)]
        return results if len(results) > 1 else next(iter(results), None)

    def value(self, store: Any) -> Any:
        return self.item.get(store).value

    def set_value(self, store: Any, val: Any) -> None:
        self.item._set(store, VALUE.to_raw(val, self.item.type(store).content, store, "the value"))

    def get(self, store: Any, idx: Any) -> Any:
        return VALUE.Val._from_raw(self.item._get(store, idx), store).value

    def set(self, store: Any, idx: Any, val: Any) -> None:
        place = integer(idx, "the index")
        self.item._set(store, place, VALUE.to_raw(val, self.item.type(store).element, store, "the element"))


def rule(item: Any, name: str) -> Callable[..., Any]:
    """What that method is to do: a rule here, or the method itself."""
    found: Callable[..., Any]
    if isinstance(item, (Memory, SharedMemory)):
        found = getattr(Rules(item), name)
    else:
        found = getattr(ByValues(item), name, None) or getattr(item, name)
    return found
