"""Values of the official suite, and how they match results."""

from __future__ import annotations

from typing import Any

from shown import HostObject
from step import Json, Problem, to_val
from trimaran import Func, HeapType, Reference, RefType, Store, Val

WIDTHS = {"i32": 32, "i64": 64}
# What is the same as a plain object as it is as a `Val`.
PLAIN = {*WIDTHS, "v128", "null", "host"}
_SIGNS = {"f32": 1 << 31, "f64": 1 << 63}
_QUIET = {"f32": 0x7FC0_0000, "f64": 0x7FF8_0000_0000_0000}


class Hosts(dict[str, HostObject]):
    """The objects of the host that one file counts."""

    def __missing__(self, number: str) -> HostObject:
        return self.setdefault(number, HostObject(number))


def is_plain(values: list[Json]) -> bool:
    """Whether plain objects say all about these arguments or patterns."""
    return all(value[0] in PLAIN for value in values)


def plain(value: Json, hosts: Hosts) -> Any:
    """An argument as a plain object."""
    match value:
        case ["host", number]:
            return hosts[number]
        case ["i32" | "i64" as kind, bits]:
            # In its signed reading, as Python has it.
            return _signed(int(bits), WIDTHS[kind])
        case _:
            return to_val(value).value


def _signed(bits: int, width: int) -> int:
    return bits - (1 << width) if bits >> (width - 1) else bits


def argument(value: Json, hosts: Hosts) -> Val:
    """An argument with every bit."""
    return Val.externref(hosts[value[1]]) if value[0] == "host" else to_val(value)


def matches(pattern: Json, value: Val, store: Store, hosts: Hosts) -> bool:
    """Whether a result is as it has to be."""
    match pattern:
        case ["either", patterns]:
            return any(matches(pattern, value, store, hosts) for pattern in patterns)
        case ["null"]:
            return value.type.ref_type is not None and value.value is None
        case ["host", number]:
            return value.as_externref() is hosts[number]
        case ["ref", heap]:
            return _refers(heap, value, store)
        case ["f32x4" | "f64x2" as shape, lanes]:
            kind, width = shape[:3], int(shape[1:3])
            found = value.bits if str(value.type) == "v128" else None
            return found is not None and all(
                _float(lane, found >> (width * place) & ((1 << width) - 1), kind) for place, lane in enumerate(lanes)
            )
        case ["i32" | "i64" | "f32" | "f64" | "v128" as kind, wanted]:
            return str(value.type) == kind and _float(wanted, value.bits, kind)
        case _:
            raise Problem(f"{pattern} is no pattern")


def _refers(heap: str, value: Val, store: Store) -> bool:
    thing, kind = value.value, str(value.type)
    if thing is None or heap in ("func", "extern", "exn"):
        return thing is not None and kind == f"{heap}ref" and isinstance(thing, Func) == (heap == "func")
    return isinstance(thing, Reference) and kind == "anyref" and thing.matches(store, RefType(False, HeapType(heap)))


def _float(wanted: str, bits: int, kind: str) -> bool:
    """The bits of a number, or a kind of NaN (core specification, section 4.3.3)."""
    if wanted == "nan:canonical":
        return bits & ~_SIGNS[kind] == _QUIET[kind]
    if wanted == "nan:arithmetic":
        return bits & _QUIET[kind] == _QUIET[kind]
    return wanted == str(bits)
