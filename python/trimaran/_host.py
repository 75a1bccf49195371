"""What the extension module asks for: it builds and reads plain numbers itself, and comes here for the rest."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

from ._ffi import wrong_type
from ._native import f32_bits, indefinite, real, refer, within
from .error import WasmtimeError
from .func import Func
from .reference import Reference
from .store import Store
from .value import Val, f64_bits, unknown

# The kinds of slots, by their numbers.
_KINDS = ("i32", "i64", "f32", "f64", "v128", "funcref", "externref", "anyref", "exnref")
_V128, _FUNC, _EXTERN = 4, 5, 6
_HALF = (1 << 64) - 1
# What has a length, and yet is one thing.
_NO_RESULTS: Any = (str, bytes, bytearray, memoryview, Mapping)


def slots(
    store: Store, results: bytes, value: object, name: str | None
) -> list[tuple[int, int, Func | Reference | None]]:
    """The slots of what a host function gave, or the error that says why it does not fit, with the function's name.

    A reference comes as the object that has it: the core takes over a handle of its own.
    """
    values = _several(results, value)
    of = f"{name}: " if name else ""
    if len(values) != len(results):
        raise wrong_type(f"{of}the host function gave {len(values)} results: expected {len(results)}")
    places = enumerate(zip(results, values, strict=True), 1)
    made = [_slot(store, kind, result, f"{of}result {place}") for place, (kind, result) in places]
    # The core takes over what it is given: not before everything is known to fit.
    return made


def _several(results: bytes, value: Any) -> list[Any]:
    """The results one by one."""
    if len(results) == 1 and results[0] > _V128:
        # A reference may be to any object.
        return [value]
    if value is None:
        return []
    is_one = isinstance(value, _NO_RESULTS) or not hasattr(value, "__len__")
    # A list of one number is no number.
    return [value] if is_one or len(results) == len(value) == 1 else list(value)


def _slot(store: Store, kind: int, value: object, place: str) -> tuple[int, int, Any]:
    """The two halves of a slot, or 0, the kind and what has the handle."""
    if kind > _V128:
        held = _held(store, kind, value, place)
        return 0, kind, held
    bits = _bits(kind, value, place)
    return bits & _HALF, bits >> 64, None


def _bits(kind: int, value: object, place: str) -> int:
    name = _KINDS[kind]
    if isinstance(value, Val) and str(value.type) == name:
        return value.bits
    # A bool counts as 0 or 1.
    given: Any = int(value) if isinstance(value, bool) else value
    if kind == _V128 and isinstance(given, bytes):
        return Val._vector(given, place).bits
    is_whole = hasattr(given, "__index__")
    if is_whole and name in ("i32", "i64"):
        width = int(name[1:])
        return within(given, place, name, -1 << (width - 1), (1 << width) - 1) & ((1 << width) - 1)
    if name in ("f32", "f64") and (is_whole or isinstance(given, numbers.Real)):
        number = real(given, place, name)
        return f32_bits(number) if name == "f32" else f64_bits(number)
    raise _mismatch(value, kind, place)


def _held(store: Store, kind: int, value: object, place: str) -> Any:
    """The object of the core for a reference; `None` for null."""
    if isinstance(value, Val):
        if str(value.type) not in (_KINDS[kind], "nullref"):
            raise _mismatch(value, kind, place)
        is_host = kind == _EXTERN and not isinstance(value.value, Reference)
        value = value.value
        if is_host and value is not None:
            return refer(store, value)
    if value is None:
        return None
    if isinstance(value, (Func, Reference)):
        if _word(value) != _KINDS[kind]:
            raise _mismatch(value, kind, place)
        return value
    if kind == _EXTERN:
        return refer(store, value)
    raise _mismatch(value, kind, place)


def _mismatch(value: object, kind: int, place: str) -> WasmtimeError:
    word = _word(value)
    if word is None:
        return unknown(value, place, _KINDS[kind])
    if isinstance(value, bytes):
        # Another number of them is no vector.
        Val._vector(value, place)
    found = "null" if word == "nullref" else indefinite(word)
    return wrong_type(f"{place} is {found}: expected {_KINDS[kind]}")


def _word(value: object) -> str | None:
    """The name of the type that the surface would take it for."""
    if isinstance(value, Val):
        return str(value.type)
    if value is None:
        return "nullref"
    if isinstance(value, Func):
        return "funcref"
    if isinstance(value, Reference):
        kind: str = value._value()[0]
        return kind.replace("_", "").lower()
    if isinstance(value, bytes):
        return "v128"
    if hasattr(value, "__index__"):
        return "i64"
    return "f64" if isinstance(value, numbers.Real) else None
