"""References that the host holds: to values of the host, and to garbage-collected values of guests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _bindings as raw
from ._handle import Handle, adopt, handle_of
from ._identity import Constant
from ._native import extern_object, new_extern
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

    def fields(self, store: Storelike) -> list[Val]:
        """The fields of a struct, the elements of an array, what an exception carries.

        Raises `WasmTypeError` for a reference to something else.
        """
        from .value import Val

        return [Val._from_raw(field, store) for field in call(self._raw.fields, inside(store))]

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
