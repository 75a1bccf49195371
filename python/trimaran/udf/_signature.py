"""The types of a function, as engines need them: in the terms of Arrow, and with values that Arrow takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._ffi import wrong_type
from ..component import types as wit

# What Arrow calls numbers, by their name in WebAssembly and by their class in WIT.
_NUMBERS = {"i32": "int32", "i64": "int64", "f32": "float32", "f64": "float64"}
_SCALARS: dict[type[Any], str] = {
    wit.Bool: "bool_",
    wit.S8: "int8",
    wit.U8: "uint8",
    wit.S16: "int16",
    wit.U16: "uint16",
    wit.S32: "int32",
    wit.U32: "uint32",
    wit.S64: "int64",
    wit.U64: "uint64",
    wit.F32: "float32",
    wit.F64: "float64",
    wit.Char: "string",
    wit.String: "string",
    wit.EnumType: "string",
}

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Kind:
    """A type in Arrow's terms."""

    name: str
    """That of Arrow's own function for it, `list_` and `struct` among them."""
    parts: tuple[tuple[str, Kind], ...] = ()
    """What is in it, with the names of fields."""
    is_option: bool = False
    """Whether a null is a value of it."""
    convert: Convert | None = None
    """What makes values for Arrow of the function's own, where those are others."""


@dataclass(frozen=True)
class Signature:
    """The types of a function."""

    params: tuple[Kind, ...]
    result: Kind
    is_component: bool

    @classmethod
    def of(cls, ty: Any, name: str) -> Signature:
        """Of a function's type. Raises `WasmTypeError` where columns have no such type."""
        if isinstance(ty, wit.FuncType):
            params = tuple(_kind(each, f"parameter {named!r} of {name}") for named, each in ty.params)
            result = ty.result.ok if isinstance(ty.result, wit.ResultType) else ty.result
            if result is None:
                raise wrong_type(f"{name} gives nothing: expected a function with a result, for a column of them")
            return cls(params, _kind(result, f"the result of {name}"), True)
        if len(ty.results) != 1:
            raise wrong_type(f"{name} has {len(ty.results)} results: expected one, for a column of them")
        params = tuple(_number(each, f"parameter {place} of {name}") for place, each in enumerate(ty.params, 1))
        return cls(params, _number(ty.results[0], f"the result of {name}"), False)


def _number(ty: Any, what: str) -> Kind:
    found = _NUMBERS.get(str(ty))
    if found is None:
        raise wrong_type(f"{what} is {ty}: expected a number, as columns have no such type")
    return Kind(found)


def _kind(ty: Any, what: str) -> Kind:
    scalar = _SCALARS.get(ty.__class__)
    if scalar is not None:
        return Kind(scalar)
    if isinstance(ty, wit.ListType):
        element = _kind(ty.element, what)
        if isinstance(ty.element, wit.U8):
            return Kind("binary")
        return Kind("list_", (("item", element),), convert=element.convert and _each(element.convert))
    if isinstance(ty, wit.OptionType) and not isinstance(ty.payload, wit.OptionType):
        inner = _kind(ty.payload, what)
        return Kind(inner.name, inner.parts, True, inner.convert and _some(inner.convert))
    if isinstance(ty, wit.RecordType):
        fields = tuple((name, _kind(each, what)) for name, each in ty.fields)
        return Kind("struct", fields, convert=lambda value: {n: _value(k, getattr(value, n)) for n, k in fields})
    if isinstance(ty, wit.TupleType):
        items = tuple((str(place), _kind(each, what)) for place, each in enumerate(ty.elements))
        return Kind(
            "struct",
            items,
            convert=lambda value: {n: _value(k, each) for (n, k), each in zip(items, value, strict=True)},
        )
    raise wrong_type(
        f"{what} has the type {ty}: expected numbers, booleans, texts, enums, and lists, options, records and tuples "
        "of them, as columns have no other types"
    )


def _each(convert: Convert) -> Convert:
    return lambda values: [convert(value) for value in values]


def _some(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _value(kind: Kind, value: Any) -> Any:
    return value if kind.convert is None else kind.convert(value)
