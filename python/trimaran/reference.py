"""References that the host holds: to values of the host, and to garbage-collected values of guests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _bindings as raw
from ._handle import Handle, adopt, handle_of
from ._identity import Constant
from ._native import extern_object, new_extern
from ._slices import read
from ._surface import call, expect, within
from .store import Storelike, home, inside
from .tag import Tag
from .types import RefType

if TYPE_CHECKING:
    from .value import Val


class Reference(Constant, Handle[raw.Reference]):
    """A reference that is not null, held by the host. It belongs to one store, and keeps its value alive there.

    An object of the host needs none: it goes into an `externref` and comes out of it as itself.
    """

    __slots__ = ()
    _instead = "what it refers to lives in its store"

    @classmethod
    def of_i31(cls, store: Storelike, value: int) -> Reference:
        """A reference to a 31-bit integer, from -2^30 to 2^31 - 1. Raises `RangeError` for another one."""
        number = within(value, "the value", "i31", -1 << 30, (1 << 31) - 1)
        return cls._wrap(call(raw.Reference.of_i31, inside(store), number))

    def i31(self, store: Storelike) -> int | None:
        """The 31-bit integer that it refers to, in its signed reading, or `None`."""
        return call(self._raw.i31, inside(store))

    def type(self, store: Storelike) -> RefType:
        """The type of what it refers to."""
        return RefType._from_raw(call(self._raw.type, inside(store)))

    def matches(self, store: Storelike, ty: RefType) -> bool:
        """Whether it is a value of that type."""
        return call(self._raw.matches, inside(store), expect(ty, RefType, "the type")._to_raw())

    def field_count(self, store: Storelike) -> int:
        """How many fields a struct has, elements an array, or values an exception.

        Raises `WasmTypeError` for a reference to something else.
        """
        return call(self._raw.field_count, inside(store))

    def fields(self, store: Storelike, start: int = 0, stop: int | None = None) -> list[Val]:
        """The fields of a struct, the elements of an array, what an exception carries.

        They are those from `start` up to `stop`, which is not included, or up to the end. At most 1,048,576 are given
        at once: a guest may make arrays of any size, and `field_count` says how many there are.

        Raises `WasmTypeError` for a reference to something else, `LimitError` for too many at once, and `RangeError`
        where `start` and `stop` are in order and reach past the end. Everything else is as in a slice: a negative index
        counts from the end, and a range that is turned around is empty.
        """
        from .value import Val

        def copy(first: int, count: int | None) -> list[raw.Val]:
            return call(self._raw.fields, inside(store), first, count)

        # How many there are is asked where that is needed: there may be no such thing.
        is_all = start == 0 and stop is None
        found = copy(0, None) if is_all else read(copy, lambda: self.field_count(store), start, stop)
        return [Val._from_raw(field, store) for field in found]

    def tag(self, store: Storelike) -> Tag | None:
        """The tag of an exception; `None` for anything else."""
        tag = call(self._raw.tag, inside(store))
        return None if tag is None else Tag._wrap(tag)

    def same(self, store: Storelike, other: Reference) -> bool:
        """Whether two references are to the same value, in the sense of `ref.eq`."""
        return call(self._raw.same, inside(store), expect(other, Reference, "the other")._raw)


def refer(store: Storelike, value: object) -> raw.Reference:
    """A reference to an object of the host, which the store keeps for as long as a guest or the host has one."""
    made: raw.Reference = adopt(raw.Reference, new_extern(home(store), value))
    return made


def referred(store: Storelike, reference: raw.Reference) -> Any:
    """The object of the host behind an `externref`; what a guest made is a `Reference`."""
    found = extern_object(home(store), handle_of(reference))
    return Reference._wrap(reference) if found is None else found[0]
