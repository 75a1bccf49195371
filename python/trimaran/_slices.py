"""Places in a memory, as Python names them: slices, and offsets with lengths."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from ._surface import failure, index, integer

T = TypeVar("T")


def span(start: object, length: object) -> tuple[int, int]:
    """An offset and a length, for the core to check."""
    return integer(start, "the offset"), integer(length, "the length")


def first(start: object, size: Callable[[], int]) -> int:
    """Where to write: a negative start counts from the end, as in a slice."""
    if start is None:
        return 0
    offset = index(start, "the offset")
    return slice(offset, None).indices(size())[0] if offset < 0 else integer(offset, "the offset")


def read(copy: Callable[[int, int], T], size: Callable[[], int], start: object, stop: object) -> T:
    """Reads a slice, but for bounds in order: those are checked by whoever copies."""
    begin = 0 if start is None else index(start, "the offset")
    end = None if stop is None else index(stop, "the end")
    if end is None or begin < 0 or end < 0:
        begin, end, _ = slice(begin, end).indices(size())
    if begin > end:
        # Nothing is copied, but the core has to agree that it could be.
        begin = end = 0
    return copy(integer(begin, "the offset"), integer(end - begin, "the length"))


def no_view(start: object, length: object) -> NoReturn:
    """Says why the lane has no view of that place."""
    integer(start, "the offset")
    if length is not None:
        integer(length, "the length")
    raise failure("Unexpected", reason="there is no view of a memory that is sound")
