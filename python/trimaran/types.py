"""The type vocabulary of WebAssembly 3.0 (core specification, section 2.3), as plain values.

Types can be compared, hashed and printed: `str()` gives the words of the WebAssembly text format.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._ffi import expect, wrong_type
from ._native import natural, shown, text, within
from ._record import Record

set_slot = object.__setattr__


class Type(Record):
    """What all types share: they print as the core prints them."""

    __slots__ = ()

    def __str__(self) -> str:
        # A subclass of the user's has a name of its own.
        kind = next(base.__name__ for base in type(self).__mro__ if Type in base.__bases__)
        return shown(kind, self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    @classmethod
    def _from_raw(cls, fields: Any) -> Any:
        """One with the fields of the core, in its order."""
        made = cls.__new__(cls)
        made._fill(fields)
        return made

    def _fill(self, fields: Any) -> None:
        for name, value in zip(self._fields(), fields, strict=True):
            set_slot(self, name, value)

    def _to_raw(self) -> Any:
        """The fields of the core, in its order."""
        return self._values()


# By the words of the text format, the names in the core.
_HEAP = {
    name.replace("_", "").lower(): name
    for name in "EXTERN NO_EXTERN FUNC NO_FUNC ANY EQ I31 STRUCT ARRAY NONE EXN NO_EXN CONT NO_CONT".split()
}


class HeapType(Type):
    """What a reference refers to."""

    __slots__ = ("name",)
    name: str
    """One of `extern` `noextern` `func` `nofunc` `any` `eq` `i31` `struct` `array` `none` `exn` `noexn` `cont`
    `nocont`; or a type that a module defines, written out, such as `(func (param i32))`."""

    def __init__(self, name: str) -> None:
        """The heap type of that name."""
        self._set(name=text(name, "the heap type"))

    def _fill(self, fields: Any) -> None:
        # A type that a module defines comes with its text.
        set_slot(self, "name", fields[1] if len(fields) > 1 else fields[0].replace("_", "").lower())

    def _to_raw(self) -> Any:
        plain = _HEAP.get(self.name)
        return (plain,) if plain else ("CONCRETE", self.name)


class RefType(Type):
    """The type of a reference."""

    __slots__ = ("nullable", "heap")
    nullable: bool
    """Whether null is one of its values."""
    heap: HeapType
    """What it refers to."""

    def __init__(self, nullable: bool, heap: HeapType) -> None:
        """A reference to a `heap`, which may be null if `nullable`."""
        self._set(nullable=expect(nullable, bool, "nullable"), heap=expect(heap, HeapType, "the heap type"))


class ValType(Type):
    """The type of a value. It is made by name: `ValType.i32()`, `ValType.funcref()`."""

    __slots__ = ("_content",)
    _making = "it is made by name, as in ValType.i32(), or by ValType.ref()"
    _content: str | RefType

    def __init__(self) -> None:
        raise wrong_type("a ValType is made by name, as in ValType.i32(), or by ValType.ref()")

    @classmethod
    def _of(cls, content: str | RefType) -> ValType:
        made = cls.__new__(cls)
        made._set(_content=content)
        return made

    @classmethod
    def i32(cls) -> ValType:
        """A 32-bit integer."""
        return cls._of("I32")

    @classmethod
    def i64(cls) -> ValType:
        """A 64-bit integer."""
        return cls._of("I64")

    @classmethod
    def f32(cls) -> ValType:
        """A 32-bit float."""
        return cls._of("F32")

    @classmethod
    def f64(cls) -> ValType:
        """A 64-bit float."""
        return cls._of("F64")

    @classmethod
    def v128(cls) -> ValType:
        """A vector of 128 bits."""
        return cls._of("V128")

    @classmethod
    def funcref(cls) -> ValType:
        """A reference to a function, or null."""
        return cls.ref(RefType(True, HeapType("func")))

    @classmethod
    def externref(cls) -> ValType:
        """A reference to a value of the host, or null."""
        return cls.ref(RefType(True, HeapType("extern")))

    @classmethod
    def anyref(cls) -> ValType:
        """A reference to a garbage-collected value, or null."""
        return cls.ref(RefType(True, HeapType("any")))

    @classmethod
    def exnref(cls) -> ValType:
        """A reference to an exception, or null."""
        return cls.ref(RefType(True, HeapType("exn")))

    @classmethod
    def ref(cls, ty: RefType) -> ValType:
        """A reference of any type."""
        return cls._of(expect(ty, RefType, "the reference type"))

    @property
    def ref_type(self) -> RefType | None:
        """The reference type that it is; `None` for numbers and vectors."""
        return self._content if isinstance(self._content, RefType) else None

    def __repr__(self) -> str:
        return str(self)

    @classmethod
    def _from_raw(cls, fields: Any) -> Any:
        # Most are numbers.
        return _NUMBERS[fields[0]] if len(fields) == 1 else cls._of(fields[1])

    def _fill(self, fields: Any) -> None:
        raise NotImplementedError

    def _to_raw(self) -> Any:
        return ("REF", self._content) if isinstance(self._content, RefType) else (self._content,)


_NUMBERS = {name: ValType._of(name) for name in ("I32", "I64", "F32", "F64", "V128")}


class Limits(Type):
    """How small and how large something may be: a memory in pages, a table in elements."""

    __slots__ = ("min", "max")
    min: int
    """The size at the beginning, and the smallest that it can have; 0 or more."""
    max: int | None
    """The greatest size that it can grow to; `None` leaves that to the store and the machine."""

    def __init__(self, min: int, max: int | None = None) -> None:
        """From `min` to `max`, or without a maximum."""
        self._set(
            min=natural(min, "the minimum"),
            max=None if max is None else natural(max, "the maximum"),
        )

    def __repr__(self) -> str:
        return f"Limits({self.min})" if self.max is None else f"Limits({self.min}, {self.max})"


class MemoryType(Type):
    """The type of a memory."""

    __slots__ = ("limits", "is_64", "shared", "page_size_log2")
    limits: Limits
    """The size, in pages."""
    is_64: bool
    """Whether it has 64-bit addresses."""
    shared: bool
    """Whether several threads may use it."""
    page_size_log2: int
    """The size of a page, as a power of two: 16 (65,536 bytes), or 0 (one byte) with custom page sizes."""

    def __init__(self, limits: Limits, is_64: bool = False, shared: bool = False, page_size_log2: int = 16) -> None:
        """A memory of `limits` pages."""
        self._set(
            limits=expect(limits, Limits, "the limits"),
            is_64=expect(is_64, bool, "is_64"),
            shared=expect(shared, bool, "shared"),
            page_size_log2=within(page_size_log2, "page_size_log2", "u8", 0, 255),
        )

    @property
    def is_shared(self) -> bool:
        """Whether several threads may use it."""
        return self.shared

    @property
    def page_size(self) -> int:
        """The size of a page, in bytes."""
        return 1 << self.page_size_log2


class TableType(Type):
    """The type of a table."""

    __slots__ = ("element", "limits", "is_64")
    element: ValType
    """What its elements are: a reference type."""
    limits: Limits
    """The size, in elements."""
    is_64: bool
    """Whether it has 64-bit indices."""

    def __init__(self, valtype: ValType, limits: Limits, is_64: bool = False) -> None:
        """A table of references, of `limits` elements, which may have 64-bit indices."""
        if expect(valtype, ValType, "the element type").ref_type is None:
            raise wrong_type(f"the element type is {valtype}: expected a reference type")
        self._set(
            element=valtype,
            limits=expect(limits, Limits, "the limits"),
            is_64=expect(is_64, bool, "is_64"),
        )

    def _fill(self, fields: Any) -> None:
        element, limits, is_64 = fields
        super()._fill((ValType.ref(element), limits, is_64))

    def _to_raw(self) -> Any:
        return self.element.ref_type, self.limits, self.is_64


class GlobalType(Type):
    """The type of a global."""

    __slots__ = ("content", "mutable")
    content: ValType
    """What it holds."""
    mutable: bool
    """Whether it can be set."""

    def __init__(self, valtype: ValType, mutable: bool) -> None:
        """A global that holds a `valtype`, and can be set if `mutable`."""
        self._set(content=expect(valtype, ValType, "the content"), mutable=expect(mutable, bool, "mutable"))


class FuncType(Type):
    """The type of a function."""

    __slots__ = ("_params", "_results")
    _params: tuple[ValType, ...]
    _results: tuple[ValType, ...]

    def __init__(self, params: Iterable[ValType], results: Iterable[ValType]) -> None:
        """A function that takes `params` and gives `results`."""
        self._set(_params=_val_types(params, "parameter"), _results=_val_types(results, "result"))

    @property
    def params(self) -> list[ValType]:
        """What it takes."""
        return list(self._params)

    @property
    def results(self) -> list[ValType]:
        """What it gives."""
        return list(self._results)

    def _fill(self, fields: Any) -> None:
        super()._fill(map(tuple, fields))


def _val_types(types: Iterable[ValType], what: str) -> tuple[ValType, ...]:
    return tuple(expect(ty, ValType, f"{what} {place}") for place, ty in enumerate(types, 1))


class TagType(Type):
    """The type of a tag: what an exception carries."""

    __slots__ = ("functype",)
    functype: FuncType
    """The values of an exception with this tag, as parameters."""

    def __init__(self, functype: FuncType) -> None:
        """A tag whose exceptions carry the parameters of `functype`."""
        self._set(functype=expect(functype, FuncType, "the function type"))
