"""What the extension module asks for: it builds and reads plain numbers itself, and comes here for the rest."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from types import CoroutineType
from typing import Any

from ._ffi import unawaited, wrong_type
from ._native import f32_bits, indefinite, real, within
from .error import WasmtimeError
from .func import Func
from .reference import Reference
from .store import Store, Storelike
from .types import ValType
from .value import Raw, Val, f64_bits, to_raw, unknown

# The types of slots, by the numbers of their kinds.
_TYPES = (
    ValType.i32(),
    ValType.i64(),
    ValType.f32(),
    ValType.f64(),
    ValType.v128(),
    ValType.funcref(),
    ValType.externref(),
    ValType.anyref(),
    ValType.exnref(),
)
_KINDS = tuple(str(ty) for ty in _TYPES)
_V128 = 4
# What has a length, and yet is one thing.
_NO_RESULTS: Any = (str, bytes, bytearray, memoryview, Mapping)


def values(store: Store, results: bytes, value: object, name: str | None) -> list[Raw]:
    """What a host function gave, for the core, which converts it and says what does not fit.

    The function has a name where a linker defines it.
    """
    if isinstance(value, CoroutineType) or (hasattr(type(value), "__await__") and not _has_references(results)):
        raise wrong_type(f"{name}: {unawaited(value)}" if name else unawaited(value))
    given = _several(results, value)
    if len(given) != len(results):
        # The core says so.
        return [Val.null()._to_raw(store)] * len(given)
    of = f"{name}: " if name else ""
    places = enumerate(zip(results, given, strict=True), 1)
    return [to_raw(result, _TYPES[kind], store, f"{of}result {place}") for place, (kind, result) in places]


def _has_references(results: bytes) -> bool:
    """Whether a result may be any object."""
    return any(kind > _V128 for kind in results)


def converted(store: Storelike, kind: int, value: object, place: str) -> Raw:
    """A value for a global or a table, for the core, which says whether it fits."""
    return to_raw(value, _TYPES[kind], store, place)


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


def bits(kind: int, value: object, place: str) -> int:
    """The bits of a number in a column, which the extension module does not take as it is."""
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
