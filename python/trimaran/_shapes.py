"""What becomes of the core's records and enums here: the extension module looks them up by their names.

Whatever has no entry crosses as its fields: a tuple, a dictionary or a name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import extern_type, types
from ._ffi import expect
from .extern_type import ExportType, ImportType
from .shared_memory import WaitOutcome
from .trap import CODES, FrameSymbol, Interruption

_TYPES: tuple[type[types.Type], ...] = (
    types.HeapType,
    types.RefType,
    types.ValType,
    types.Limits,
    types.MemoryType,
    types.TableType,
    types.GlobalType,
    types.FuncType,
    types.TagType,
    ImportType,
    ExportType,
)


def _giver(kind: type[types.Type]) -> Callable[[Any], Any]:
    # A class whose slots are the fields is filled without a call of it.
    filled: Any = kind
    return filled if kind._fill is types.Type._fill else kind._from_raw


def _taker(kind: type[types.Type]) -> Callable[[object, str], Any]:
    return lambda value, what: expect(value, kind, what)._to_raw()


GIVE: dict[str, Callable[[Any], Any]] = {
    **{kind.__name__: _giver(kind) for kind in _TYPES},
    "ExternType": extern_type.from_raw,
    "TrapCode": CODES.__getitem__,
    "Interruption": Interruption.__getitem__,
    "WaitOutcome": WaitOutcome.__getitem__,
    "FrameSymbol": lambda fields: FrameSymbol(*fields),
}
"""What is made of the fields."""

TAKE: dict[str, Callable[[Any, str], Any]] = {
    **{kind.__name__: _taker(kind) for kind in _TYPES},
    "ExternType": extern_type.to_raw,
    "FrameSymbol": lambda value, what: value._values() if isinstance(value, FrameSymbol) else value,
}
"""The fields of what stands in a place of that name."""
