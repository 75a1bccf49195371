"""Numbers in a memory, over the surface."""

from __future__ import annotations

from typing import Any

from . import _bindings as raw
from ._surface import call, integer, within
from .store import Storelike, inside
from .value import real


def load(memory: raw.Memory, kind: str, store: Storelike, offset: int) -> int | float:
    """Reads a number of that type."""
    number: int | float = call(_accessor(memory, "load", kind), inside(store), integer(offset, "the offset"))
    return number


def store_number(memory: raw.Memory, kind: str, store: Storelike, offset: int, value: float) -> None:
    """Writes a number of that type."""
    bits = int(kind[1:])
    number: int | float
    if kind[0] == "f":
        number = real(value, "the value", kind)
    elif kind[0] == "i":
        number = within(value, "the value", kind, -1 << (bits - 1), (1 << (bits - 1)) - 1)
    else:
        number = within(value, "the value", kind, 0, (1 << bits) - 1)
    call(_accessor(memory, "store", kind), inside(store), integer(offset, "the offset"), number)


def _accessor(memory: Any, verb: str, kind: str) -> Any:
    return getattr(memory, f"{verb}_{kind}")
