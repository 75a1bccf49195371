"""The types of components, as a component tells them: plain values, which can be compared and printed.

`str()` gives WIT's notation. Types share their parts, however often others have those.
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

from .._closable import Managed
from .._ffi import expect, wrong_type
from .._handle import shown_if_made
from .._identity import Constant
from .._native import component_type_text, indefinite
from ..engine import Engine
from ..extern_type import ExportType, ImportType
from .resource_type import ResourceType

# What the core gives: its nodes are tuples of a kind, names, parts, a number, imports and exports.
Node: TypeAlias = "tuple[str, list[str], list[int | None], int, list[ImportType], list[ExportType]]"


class Table:
    """The types of one component or function, each made once."""

    __slots__ = ("_made", "_nodes", "_root")

    def __init__(self, nodes: list[Node], root: int) -> None:
        self._nodes, self._root = nodes, root
        self._made: list[Any] = []
        # A type stands behind those that are its parts.
        for place, (kind, names, parts, number, imports, exports) in enumerate(nodes):
            found = [None if part is None else self._made[part] for part in parts]
            self._made.append(self._make(place, kind, names, found, number, (imports, exports)))

    def _make(self, place: int, kind: str, names: list[str], parts: list[Any], number: int, module: Any) -> Any:
        if kind == "RESOURCE":
            return ResourceType._in_table(self, number, names[0] if names else None)
        known = _UNSUPPORTED.get(names[0], UnsupportedType) if kind == "UNSUPPORTED" else _KINDS[kind]
        made: _Type = known.__new__(known)
        made._table, made._place, made._names, made._parts = self, place, names, parts
        if isinstance(made, ModuleType):
            made._imports, made._exports = module
        if isinstance(made, FuncType):
            made._is_async = number != 0
        if isinstance(made, FixedLengthListType):
            made._length = number
        return made

    @property
    def root(self) -> Any:
        """The type that the table is about."""
        return self._made[self._root]

    def text(self, place: int) -> str:
        """A type in WIT's notation."""
        return component_type_text((self._nodes, place))


def table(raw: tuple[list[Node], int]) -> Table:
    """The types that the core gives."""
    return Table(*raw)


class _Type(Constant, Managed):
    """A type with its parts."""

    __slots__ = ("_names", "_parts", "_place", "_table")
    _making = "a component gives it"
    _instead = "it is a part of a component; send the Component"
    _table: Table
    _place: int
    _names: list[str]
    _parts: list[Any]

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} comes from a component: it cannot be made here")

    def __eq__(self, other: object) -> bool:
        return equal(self, other, set()) if isinstance(other, _Type) else NotImplemented

    def __hash__(self) -> int:
        # The parts of a type may be a million.
        return hash((type(self), tuple(self._names), len(self._parts)))

    def __str__(self) -> str:
        return self._table.text(self._place)

    def __repr__(self) -> str:
        return shown_if_made(self, self.__str__)

    def _rest(self) -> object:
        """What it is beside its names and parts: what a module imports and exports, the length of a list."""
        return None


def equal(one: Any, other: Any, known: set[tuple[int, int]]) -> bool:
    """Whether two types are equal. Those that were compared already are in `known`."""
    if one is other:
        return True
    if not isinstance(one, _Type) or not isinstance(other, _Type):
        return bool(one == other)
    if (id(one), id(other)) in known:
        return True
    known.add((id(one), id(other)))
    return (
        type(one) is type(other)
        and one._names == other._names
        and len(one._parts) == len(other._parts)
        and one._rest() == other._rest()
        and all(equal(*pair, known) for pair in zip(one._parts, other._parts, strict=True))
    )


class ValType(_Type):
    """The type of a value."""

    __slots__ = ()


class _Simple(ValType):
    """A type without parts, which can be made anywhere."""

    __slots__ = ()

    def __init__(self) -> None:
        """The type."""
        self._names, self._parts = [], []

    def __str__(self) -> str:
        return type(self).__name__.lower()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Bool(_Simple):
    """`bool`: a `bool` of Python's."""

    __slots__ = ()


class S8(_Simple):
    """`s8`: an `int` from -128 to 127."""

    __slots__ = ()


class U8(_Simple):
    """`u8`: an `int` from 0 to 255."""

    __slots__ = ()


class S16(_Simple):
    """`s16`: an `int` of 16 bits with a sign."""

    __slots__ = ()


class U16(_Simple):
    """`u16`: an `int` of 16 bits without a sign."""

    __slots__ = ()


class S32(_Simple):
    """`s32`: an `int` of 32 bits with a sign."""

    __slots__ = ()


class U32(_Simple):
    """`u32`: an `int` of 32 bits without a sign."""

    __slots__ = ()


class S64(_Simple):
    """`s64`: an `int` of 64 bits with a sign."""

    __slots__ = ()


class U64(_Simple):
    """`u64`: an `int` of 64 bits without a sign."""

    __slots__ = ()


class F32(_Simple):
    """`f32`: a `float`, rounded to 32 bits."""

    __slots__ = ()


class F64(_Simple):
    """`f64`: a `float`."""

    __slots__ = ()


class Char(_Simple):
    """`char`: a `str` of one character."""

    __slots__ = ()


class String(_Simple):
    """`string`: a `str`."""

    __slots__ = ()


class ListType(ValType):
    """A list."""

    __slots__ = ()

    @property
    def element(self) -> ValType:
        """The type of its elements."""
        return cast(ValType, self._parts[0])


class FixedLengthListType(ValType):
    """A list of a fixed length."""

    __slots__ = ("_length",)
    _length: int

    @property
    def element(self) -> ValType:
        """The type of its elements."""
        return cast(ValType, self._parts[0])

    @property
    def length(self) -> int:
        """How many elements its values have."""
        return self._length

    def _rest(self) -> object:
        return self._length


class MapType(ValType):
    """A map: a `dict`, or any other mapping on its way into a component."""

    __slots__ = ()

    @property
    def key(self) -> ValType:
        """The type of its keys."""
        return cast(ValType, self._parts[0])

    @property
    def value(self) -> ValType:
        """The type of its values."""
        return cast(ValType, self._parts[1])


class RecordType(ValType):
    """A record."""

    __slots__ = ()

    @property
    def fields(self) -> list[tuple[str, ValType]]:
        """The names of its fields with their types, in their order."""
        return list(zip(self._names, self._parts, strict=True))


class TupleType(ValType):
    """A tuple."""

    __slots__ = ()

    @property
    def elements(self) -> list[ValType]:
        """The types of its items."""
        return self._parts.copy()


class VariantType(ValType):
    """A variant."""

    __slots__ = ()

    @property
    def cases(self) -> list[tuple[str, ValType | None]]:
        """The names of its cases with the types of their payloads, if they have one."""
        return list(zip(self._names, self._parts, strict=True))


class EnumType(ValType):
    """An enumeration: a variant without payloads."""

    __slots__ = ()

    @property
    def names(self) -> list[str]:
        """The names of its cases."""
        return self._names.copy()

    @property
    def names_count(self) -> int:
        """How many cases it has."""
        return len(self._names)

    def name(self, n: int) -> str | None:
        """The name of a case by its number, or `None`."""
        return self._names[n] if 0 <= n < len(self._names) else None


class OptionType(ValType):
    """An option."""

    __slots__ = ()

    @property
    def payload(self) -> ValType:
        """The type of its value."""
        return cast(ValType, self._parts[0])


class ResultType(ValType):
    """A result."""

    __slots__ = ()

    @property
    def ok(self) -> ValType | None:
        """The type of the value, if it has one."""
        return cast("ValType | None", self._parts[0])

    @property
    def err(self) -> ValType | None:
        """The type of the error, if it has one."""
        return cast("ValType | None", self._parts[1])


class FlagsType(ValType):
    """Flags: a set of names."""

    __slots__ = ()

    @property
    def names(self) -> list[str]:
        """The names."""
        return self._names.copy()


class _HandleType(ValType):
    """The type of a handle."""

    __slots__ = ()

    def __init__(self, ty: ResourceType) -> None:
        """The type of a handle of that resource."""
        self._names, self._parts = [], [expect(ty, ResourceType, "the type")]

    @property
    def ty(self) -> ResourceType:
        """The type of the resource."""
        return cast(ResourceType, self._parts[0])

    def __str__(self) -> str:
        name = self.ty.name or "resource"
        return f"borrow<{name}>" if isinstance(self, BorrowType) else name


class OwnType(_HandleType):
    """A handle that owns a resource."""

    __slots__ = ()


class BorrowType(_HandleType):
    """A handle that is lent for one call."""

    __slots__ = ()


class UnsupportedType(ValType):
    """A type whose values cannot be passed yet; `str()` says which one."""

    __slots__ = ()


class ErrorContext(UnsupportedType):
    """`error-context`. Its values cannot be passed yet."""

    __slots__ = ()


class StreamType(ValType):
    """A stream."""

    __slots__ = ()

    @property
    def payload(self) -> ValType | None:
        """The type of its elements, if they have one."""
        return cast("ValType | None", self._parts[0])


class FutureType(ValType):
    """A future."""

    __slots__ = ()

    @property
    def payload(self) -> ValType | None:
        """The type of its value, if it has one."""
        return cast("ValType | None", self._parts[0])


class FuncType(_Type):
    """The type of a function."""

    __slots__ = ("_is_async",)
    _is_async: bool

    @property
    def params(self) -> list[tuple[str, ValType]]:
        """The names of its parameters with their types."""
        return list(zip(self._names, self._parts[:-1], strict=True))

    @property
    def result(self) -> ValType | None:
        """The type of its result, if it has one."""
        return cast("ValType | None", self._parts[-1])

    @property
    def is_async(self) -> bool:
        """Whether it is async by its type: it may wait."""
        return self._is_async

    def _rest(self) -> object:
        return self._is_async


class ComponentInstanceType(_Type):
    """What an instance exports."""

    __slots__ = ()

    def exports(self, engine: Engine | None = None) -> dict[str, ComponentItem]:
        """The exports by name. `engine` is for code that was written for wasmtime-py."""
        return dict(zip(self._names, self._parts, strict=True))


class ComponentType(_Type):
    """What a component imports and exports."""

    __slots__ = ()

    def imports(self, engine: Engine | None = None) -> dict[str, ComponentItem]:
        """The imports by name. `engine` is for code that was written for wasmtime-py."""
        return cast(ComponentInstanceType, self._parts[0]).exports()

    def exports(self, engine: Engine | None = None) -> dict[str, ComponentItem]:
        """The exports by name. `engine` is for code that was written for wasmtime-py."""
        return cast(ComponentInstanceType, self._parts[1]).exports()


class ModuleType(_Type):
    """What a module imports and exports."""

    __slots__ = ("_exports", "_imports")
    _imports: list[ImportType]
    _exports: list[ExportType]

    def imports(self, engine: Engine | None = None) -> list[ImportType]:
        """The imports. `engine` is for code that was written for wasmtime-py."""
        return self._imports.copy()

    def exports(self, engine: Engine | None = None) -> list[ExportType]:
        """The exports. `engine` is for code that was written for wasmtime-py."""
        return self._exports.copy()

    def _rest(self) -> object:
        return self._imports, self._exports


ComponentItem: TypeAlias = ComponentType | ModuleType | ComponentInstanceType | ResourceType | ValType | FuncType
"""What a component imports or exports: the type of it."""

_KINDS: dict[str, type[_Type]] = {
    "BOOL": Bool,
    "S8": S8,
    "U8": U8,
    "S16": S16,
    "U16": U16,
    "S32": S32,
    "U32": U32,
    "S64": S64,
    "U64": U64,
    "F32": F32,
    "F64": F64,
    "CHAR": Char,
    "STRING": String,
    "LIST": ListType,
    "FIXED_LENGTH_LIST": FixedLengthListType,
    "MAP": MapType,
    "RECORD": RecordType,
    "TUPLE": TupleType,
    "VARIANT": VariantType,
    "ENUM": EnumType,
    "OPTION": OptionType,
    "RESULT": ResultType,
    "FLAGS": FlagsType,
    "OWN": OwnType,
    "BORROW": BorrowType,
    "STREAM": StreamType,
    "FUTURE": FutureType,
    "FUNC": FuncType,
    "INSTANCE": ComponentInstanceType,
    "COMPONENT": ComponentType,
    "MODULE": ModuleType,
}

_UNSUPPORTED: dict[str, type[_Type]] = {"error-context": ErrorContext}
