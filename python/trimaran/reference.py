"""References that the host holds: to values of the host, and to garbage-collected values of guests."""

from __future__ import annotations

from typing import Any

from . import _bindings as raw
from ._handle import Handle, adopt, handle_of
from ._native import extern_object, new_extern
from ._surface import call, expect
from .store import Storelike, home, inside


class Reference(Handle[raw.Reference]):
    """A reference that is not null, held by the host. It belongs to one store, and keeps its value alive there.

    An object of the host needs none: it goes into an `externref` and comes out of it as itself.
    """

    __slots__ = ()

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
