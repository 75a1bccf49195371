"""One step of a shared case: its fields, each of which has to be used."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any, cast

from trimaran import Trap, Val, WasmtimeError

Json = Any
"""What a JSON file holds."""


class Problem(Exception):
    """What is wrong with a step or with its outcome."""


class Step:
    """Gives the fields of a step, and knows which were never asked for."""

    def __init__(self, fields: Mapping[str, Json]) -> None:
        self._fields = fields
        self._used: set[str] = set()

    def optional(self, name: str) -> Json:
        """A field, or `None`."""
        self._used.add(name)
        return self._fields.get(name)

    def has(self, name: str) -> bool:
        """Whether the step has this field."""
        return self.optional(name) is not None

    def value(self, name: str) -> Json:
        """A field that has to be there."""
        if name not in self._fields:
            raise Problem(f"it has no `{name}`")
        return self.optional(name)

    def text(self, name: str) -> str:
        """A text."""
        value = self.value(name)
        if not isinstance(value, str):
            raise Problem(f"`{name}` is no text")
        return value

    def int(self, name: str) -> int:
        """An integer."""
        value = self.value(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Problem(f"`{name}` is no integer")
        return value

    def bytes(self, name: str) -> bytes:
        """Bytes, which are written in hex."""
        return bytes.fromhex(self.text(name))

    def check_all_used(self) -> None:
        """Fails where a field was never asked for: a runner must not skip what it does not know."""
        for name in self._fields:
            if name not in self._used:
                raise Problem(f"unknown field `{name}`")


def to_val(value: Json) -> Val:
    """A value from `[type, bits]`."""
    match value:
        case ["null"]:
            return Val.null()
        case ["i32", str(bits)]:
            return Val.i32(int(bits))
        case ["i64", str(bits)]:
            return Val.i64(int(bits))
        case ["f32", str(bits)]:
            return Val.f32_from_bits(int(bits))
        case ["f64", str(bits)]:
            return Val.f64_from_bits(int(bits))
        case ["v128", str(bits)]:
            return Val.v128(int(bits))
        case _:
            raise Problem(f"{value} is no value")


def from_number(value: Val) -> Json:
    """A number as `[type, bits]`."""
    return [str(value.type), str(value.bits)]


def float_from(bits: str, kind: str) -> float:
    """The float with these bits."""
    (number,) = struct.unpack(
        *(("<f", int(bits).to_bytes(4, "little")) if kind == "f32" else ("<d", int(bits).to_bytes(8, "little")))
    )
    return float(number)


def bits_of(number: float, kind: str) -> str:
    """The bits of a float."""
    return str(int.from_bytes(struct.pack("<f" if kind == "f32" else "<d", number), "little"))


def check_error(found: WasmtimeError, expected: Json) -> None:
    """Compares an error with what a case expects of it."""
    if not isinstance(expected, dict) or "variant" not in expected:
        raise Problem("`error` has no `variant`")
    has, wanted = _fields(found), cast(dict[str, Json], expected)
    for name, value in wanted.items():
        if name == "contains":
            agrees = all(_unmarked(part) in str(found) for part in value)
        else:
            agrees = has.get(name) == _unmarked(value)
        if not agrees:
            raise Problem(f"its error is {has}: `{name}` differs")


def _unmarked(value: Json) -> Json:
    """The same, with names as Python spells them: as in the cases, where they stand in braces."""
    return re.sub(r"\{([a-z]+(?:_[a-z]+)+)\}", r"\1", value) if isinstance(value, str) else value


def _fields(error: WasmtimeError) -> dict[str, Json]:
    fields = {**vars(error), "variant": error.variant, "text": str(error)}
    if isinstance(error, Trap):
        fields["code"] = code_of(error)
        cause = error.interruption
        fields["interruption"] = None if cause is None else cause.name.title().replace("_", "")
    return fields


def code_of(error: WasmtimeError) -> str | None:
    """The code of a trap, in the form that all languages share."""
    if not isinstance(error, Trap) or error.code is None:
        return None
    # wasmtime-py shortens this one.
    name = "unreachable_code_reached" if error.code.name == "UNREACHABLE" else error.code.name.lower()
    return re.sub(r"(?:^|_)(\w)", lambda match: match[1].upper(), name)
