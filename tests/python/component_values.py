"""Values of components: as the cases write them, and as users of the package do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

from step import Json, Problem, bits_of, float_from
from trimaran.component import (
    F32,
    F64,
    U8,
    Bool,
    BorrowType,
    Char,
    EnumType,
    Err,
    FixedLengthListType,
    FlagsType,
    ListType,
    MapType,
    Ok,
    OptionType,
    OwnType,
    Record,
    RecordType,
    ResultType,
    Some,
    String,
    TupleType,
    ValType,
    Variant,
    VariantType,
)

INTEGERS = {"s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"}

Look = Callable[[str, str], object]
"""What is kept under a name: of `resource` and of `object`."""


def to_value(value: Json, look: Look) -> Any:
    """What a user of the package writes for a value of a case."""
    match value:
        case None:
            return None
        case [("bool" | "char" | "string" | "enum"), plain]:
            return plain
        case [str(kind), str(number)] if kind in INTEGERS:
            return int(number)
        case [("f32" | "f64"), "nan"]:
            return math.nan
        case [("f32" | "f64") as kind, str(bits)]:
            return float_from(bits, kind)
        case ["bytes", str(octets)]:
            return bytes.fromhex(octets)
        case ["list", [*items]]:
            return [to_value(item, look) for item in items]
        case ["map", [*entries]]:
            return {to_value(key, look): to_value(item, look) for key, item in entries}
        case ["tuple", [*items]]:
            return tuple(to_value(item, look) for item in items)
        case ["record", [*fields]]:
            return Record(**{name.replace("-", "_"): to_value(field, look) for name, field in fields})
        case ["variant", str(tag), payload]:
            return Variant(tag, to_value(payload, look))
        case ["flags", [*names]]:
            return set(names)
        case ["none"]:
            return None
        case ["some", [("none" | "some"), *_] as inner]:
            return Some(to_value(inner, look))
        case ["some", inner]:
            return to_value(inner, look)
        case ["ok", inner]:
            return Ok(to_value(inner, look))
        case ["err", inner]:
            return Err(to_value(inner, look))
        case [("resource" | "object") as kind, str(name)]:
            return look(kind, name)
        case _:
            raise Problem(f"{value} is no value of a component")


def from_value(value: Any, ty: ValType | None, name: Callable[[Any], Json]) -> Json:
    """A value of that type, as the cases write it. `name` knows resources and objects."""

    def part(value: Any, ty: ValType | None) -> Json:
        return from_value(value, ty, name)

    match ty:
        case None:
            assert value is None
            return None
        case Bool() | Char() | String():
            assert type(value) is (bool if isinstance(ty, Bool) else str)
            return [str(ty), value]
        case F32() | F64():
            assert type(value) is float
            return [str(ty), "nan" if math.isnan(value) else bits_of(value, str(ty))]
        case MapType():
            assert type(value) is dict
            return ["map", [[part(key, ty.key), part(item, ty.value)] for key, item in value.items()]]
        case ListType(element=U8()) | FixedLengthListType(element=U8()):
            assert type(value) is bytes
            return ["bytes", value.hex()]
        case ListType() | FixedLengthListType():
            items = cast(list[Any], value)
            assert type(items) is list
            return ["list", [part(item, ty.element) for item in items]]
        case TupleType():
            fields = cast(tuple[Any, ...], value)
            assert type(fields) is tuple
            return ["tuple", [part(*pair) for pair in zip(fields, ty.elements, strict=True)]]
        case RecordType():
            assert type(value) is Record and len(vars(value)) == len(ty.fields)
            return ["record", [[field, part(getattr(value, field), kind)] for field, kind in ty.fields]]
        case VariantType():
            assert type(value) is Variant
            return ["variant", value.tag, part(value.payload, dict(ty.cases)[value.tag])]
        case EnumType():
            assert value in ty.names
            return ["enum", value]
        case FlagsType():
            assert type(value) is set
            return ["flags", [flag for flag in ty.names if flag in value]]
        case OptionType() if value is None:
            return ["none"]
        case OptionType(payload=OptionType()):
            assert type(value) is Some
            return ["some", part(value.value, ty.payload)]
        case OptionType():
            return ["some", part(value, ty.payload)]
        case ResultType():
            assert type(value) in (Ok, Err)
            return ["ok", part(value.value, ty.ok)] if type(value) is Ok else ["err", part(value.value, ty.err)]
        case OwnType() | BorrowType():
            return name(value)
        case _:
            assert type(value) is int
            return [str(ty), str(value)]
