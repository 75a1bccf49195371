"""Values, and what becomes of plain Python objects on their way into a guest and out of it."""

from __future__ import annotations

import numbers
import struct
from typing import Any, TypeAlias

# `func` needs this module as well, so that its content is looked up when it is needed.
from . import func as _func
from ._ffi import expect, wrong_type
from ._made import Made
from ._native import article, f32_bits, f32_of, indefinite, index, real, refer, referred, within
from .error import WasmtimeError
from .reference import Reference
from .store import Storelike
from .types import HeapType, RefType, ValType

_TYPES = {
    "I32": ValType.i32(),
    "I64": ValType.i64(),
    "F32": ValType.f32(),
    "F64": ValType.f64(),
    "V128": ValType.v128(),
    "FUNC_REF": ValType.funcref(),
    "EXTERN_REF": ValType.externref(),
    "ANY_REF": ValType.anyref(),
    "EXN_REF": ValType.exnref(),
    "NULL": ValType.ref(RefType(True, HeapType("none"))),
}
_WIDTHS = {"I32": 32, "I64": 64, "F32": 32, "F64": 64, "V128": 128}
_HALF = (1 << 64) - 1

Raw: TypeAlias = tuple[Any, ...]
"""A value as the core has it: the name of its variant, and what that holds."""


class Val(Made):
    """A value of WebAssembly: of which type, and its bits.

    Plain objects do where the type is clear, as in a call. A `Val` keeps what a Python float cannot: the payload of
    each NaN. Two are equal if type and bits are, or if they refer to the very same object; a `Val` equals a plain
    object that its `value` equals.
    """

    __slots__ = ("_content", "_kind")
    __hash__ = None  # type: ignore[assignment]
    _making = "it is made by its type, as in Val.i32(7)"
    _kind: str
    # The bits of a number; of a reference the Func, the Reference, the host object, or None.
    _content: Any

    def __init__(self) -> None:
        raise wrong_type("a Val is made by its type, as in Val.i32(7)")

    @classmethod
    def _of(cls, kind: str, content: Any) -> Val:
        made = cls.__new__(cls)
        made._kind, made._content = kind, content
        return made

    def __reduce__(self) -> str | tuple[Any, ...]:
        # A number travels; a function and a reference say why they do not.
        return type(self)._of, (self._kind, self._content)

    @classmethod
    def i32(cls, val: int) -> Val:
        """A 32-bit integer, from -2^31 to 2^32 - 1: WebAssembly gives it no sign."""
        return cls._of("I32", within(val, "the value", "i32", -1 << 31, (1 << 32) - 1) & 0xFFFFFFFF)

    @classmethod
    def i64(cls, val: int) -> Val:
        """A 64-bit integer, from -2^63 to 2^64 - 1: WebAssembly gives it no sign."""
        return cls._of("I64", within(val, "the value", "i64", -1 << 63, _HALF) & _HALF)

    @classmethod
    def f32(cls, val: float) -> Val:
        """A 32-bit float, rounded to the nearest. An int has to fit exactly."""
        return cls._of("F32", f32_bits(real(val, "the value", "f32")))

    @classmethod
    def f64(cls, val: float) -> Val:
        """A 64-bit float. An int has to fit exactly."""
        return cls._of("F64", f64_bits(real(val, "the value", "f64")))

    @classmethod
    def f32_from_bits(cls, bits: int) -> Val:
        """The 32-bit float with these bits, as in IEEE 754."""
        return cls._of("F32", within(bits, "the bits", "u32", 0, (1 << 32) - 1))

    @classmethod
    def f64_from_bits(cls, bits: int) -> Val:
        """The 64-bit float with these bits, as in IEEE 754."""
        return cls._of("F64", within(bits, "the bits", "u64", 0, _HALF))

    @classmethod
    def v128(cls, val: int | bytes) -> Val:
        """A vector of 128 bits: its 16 bytes as they lie in memory, or all bits as one unsigned number."""
        if isinstance(val, bytes):
            return cls._vector(val, "the value")
        return cls._of("V128", within(val, "the value", "v128", 0, (1 << 128) - 1))

    @classmethod
    def _vector(cls, octets: bytes, what: str) -> Val:
        if len(octets) != 16:
            raise wrong_type(f"{what} has {len(octets)} bytes: expected the 16 bytes of a v128")
        return cls._of("V128", int.from_bytes(octets, "little"))

    @classmethod
    def funcref(cls, f: _func.Func | None) -> Val:
        """A reference to a function; `None` is null."""
        return cls._of("FUNC_REF", None if f is None else expect(f, _func.Func, "the value"))

    @classmethod
    def externref(cls, extern: Any) -> Val:
        """A reference to a host object, whichever it is; `None` is null, and a `Reference` stays one."""
        return cls._of("EXTERN_REF", extern)

    @classmethod
    def anyref(cls, value: Reference | None) -> Val:
        """A reference to a garbage-collected value; `None` is null."""
        return cls._reference("ANY_REF", value)

    @classmethod
    def exnref(cls, value: Reference | None) -> Val:
        """A reference to an exception; `None` is null."""
        return cls._reference("EXN_REF", value)

    @classmethod
    def _reference(cls, kind: str, value: Reference | None) -> Val:
        return cls._of(kind, None if value is None else expect(value, Reference, "the value"))

    @classmethod
    def null(cls) -> Val:
        """A null reference of whatever type its place asks for."""
        return cls._of("NULL", None)

    @classmethod
    def ref_null(cls, ty: ValType) -> Val:
        """The null reference of a type. Raises `WasmTypeError` for another type than a nullable reference."""
        ref = expect(ty, ValType, "the type").ref_type
        if ref is None or not ref.nullable:
            raise wrong_type(f"the type is {ty}: expected a reference that may be null")
        typed = [kind for kind, known in _TYPES.items() if known == ty]
        return cls._of(typed[0] if typed else "NULL", None)

    @property
    def type(self) -> ValType:
        """Its type. The null of any type says `nullref`."""
        return _TYPES[self._kind]

    @property
    def value(self) -> Any:
        """The value in plain Python.

        An int in its signed reading, a float, the 16 bytes of a vector, a `Func`, a `Reference` or an object of the
        host; `None` for null.
        """
        content, width = self._content, _WIDTHS.get(self._kind)
        if width is None:
            return content
        if self._kind == "F32":
            return f32_of(content)
        octets = content.to_bytes(width // 8, "little")
        if self._kind == "V128":
            return octets
        form = {"I32": "<i", "I64": "<q", "F64": "<d"}[self._kind]
        return struct.unpack(form, octets)[0]

    @property
    def bits(self) -> int:
        """The bits of a number or vector, as an unsigned number. Raises `WasmTypeError` for a reference."""
        if self._kind not in _WIDTHS:
            raise wrong_type(f"the value is {'null' if self._content is None else self.type}: a reference has no bits")
        bits: int = self._content
        return bits

    def as_i32(self) -> int | None:
        """The 32-bit integer that it is, in its signed reading, or `None`."""
        return self.value if self._kind == "I32" else None

    def as_i64(self) -> int | None:
        """The 64-bit integer that it is, in its signed reading, or `None`."""
        return self.value if self._kind == "I64" else None

    def as_f32(self) -> float | None:
        """The 32-bit float that it is, or `None`."""
        return self.value if self._kind == "F32" else None

    def as_f64(self) -> float | None:
        """The 64-bit float that it is, or `None`."""
        return self.value if self._kind == "F64" else None

    def as_v128(self) -> bytes | None:
        """The 16 bytes of the vector that it is, or `None`."""
        return self.value if self._kind == "V128" else None

    def as_funcref(self) -> _func.Func | None:
        """The function that it refers to, or `None`."""
        return self.value if self._kind == "FUNC_REF" else None

    def as_externref(self) -> Any:
        """The host object that it refers to, or `None`."""
        return self.value if self._kind == "EXTERN_REF" else None

    def as_anyref(self) -> Reference | None:
        """The garbage-collected value that it refers to, or `None`."""
        return self.value if self._kind == "ANY_REF" else None

    def as_exnref(self) -> Reference | None:
        """The exception that it refers to, or `None`."""
        return self.value if self._kind == "EXN_REF" else None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Val):
            if self._kind != other._kind:
                return False
            # A reference is equal to one to the very same object.
            return bool(self._content == other._content if self._kind in _WIDTHS else self._content is other._content)
        return bool(self.value == other)

    def __repr__(self) -> str:
        return f"Val.{self._kind.replace('_', '').lower()}({'' if self._kind == 'NULL' else repr(self.value)})"

    @classmethod
    def _from_raw(cls, val: Raw, store: Storelike) -> Val:
        kind = val[0]
        match kind:
            case "I32" | "I64":
                return cls._of(kind, val[1] & ((1 << _WIDTHS[kind]) - 1))
            case "V128":
                return cls._of(kind, val[2] << 64 | val[1])
            case "NULL":
                return cls.null()
            case "EXTERN_REF" if val[1] is not None:
                return cls._of(kind, referred(store, val[1]))
            case _:
                return cls._of(kind, val[1])

    def _check_type(self, name: str, place: str) -> None:
        """Refuses a number where the type of that name is asked for, which it is not of. It says its type: plain
        numbers are converted, and it is not."""
        mine = self._kind.lower()
        if self._kind in _WIDTHS and mine != name:
            raise wrong_type(f"{place} is {indefinite(mine)}: expected {name}")

    def _to_raw(self, store: Storelike) -> Raw:
        kind, content = self._kind, self._content
        match kind:
            case "I32" | "I64":
                return kind, self.value
            case "V128":
                return kind, content & _HALF, content >> 64
            case "NULL":
                return (kind,)
            case "EXTERN_REF" if content is not None and not isinstance(content, Reference):
                return kind, refer(store, content)
            case _:
                return kind, content


def to_raw(value: object, ty: ValType, store: Storelike, place: str) -> Raw:
    """A value or a plain object for the core, which checks whether `ty` takes it."""
    made: Raw
    if isinstance(value, Val):
        value._check_type(str(ty), place)
        made = value._to_raw(store)
    elif value is None:
        made = ("NULL",)
    elif isinstance(value, _func.Func):
        made = "FUNC_REF", value
    elif isinstance(value, Reference):
        made = value._value()
    elif takes_objects(ty):
        made = "EXTERN_REF", refer(store, value)
    elif isinstance(value, float):
        made = "F64", f64_bits(value)
    elif isinstance(value, bytes):
        made = Val._vector(value, place)._to_raw(store)
    elif hasattr(value, "__index__"):
        number = int(value) if isinstance(value, bool) else index(value, place)
        made = ("I64", number) if -1 << 63 <= number < 1 << 63 else _wide(number, ty, place)
    elif isinstance(value, numbers.Real):
        made = "F64", f64_bits(float(value))
    else:
        raise unknown(value, place, str(ty))
    return made


def takes_objects(ty: ValType) -> bool:
    """Whether any host object is a value of that type."""
    ref = ty.ref_type
    return ref is not None and ref.heap.name == "extern"


_EXPECTED = {"i32": "an int", "i64": "an int", "f32": "a number", "f64": "a number", "v128": "16 bytes"}


def unknown(value: object, place: str, name: str) -> WasmtimeError:
    """The error for an object that is no value of the type of that name."""
    expected = _EXPECTED.get(name, "a Func, a Reference, None")
    return wrong_type(f"{place} is {article(value)}: expected {expected} or a Val")


def _wide(number: int, ty: ValType, place: str) -> Raw:
    """An int of more than 64 bits with sign, as `ty` wants it."""
    name = str(ty)
    if name in ("i32", "i64"):
        bits = int(name[1:])
        return "I64", within(number, place, name, -1 << (bits - 1), (1 << bits) - 1) - (1 << 64)
    if name in ("f32", "f64"):
        real(number, place, name)
    # Some number: the core says that none fits.
    return "I64", 0


def f64_bits(value: float) -> int:
    """The bits of a 64-bit float."""
    return int.from_bytes(struct.pack("<d", value), "little")
