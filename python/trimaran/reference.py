"""References that the host holds: to values of the host, and to garbage-collected values of guests."""

from __future__ import annotations

from . import _bindings as raw
from ._handle import Handle
from ._surface import call, expect
from .store import Storelike, inside


class Reference(Handle[raw.Reference]):
    """A reference that is not null, held by the host. It belongs to one store, and keeps its value alive there."""

    __slots__ = ()

    def same(self, store: Storelike, other: Reference) -> bool:
        """Whether two references are to the same value, in the sense of `ref.eq`."""
        return call(self._raw.same, inside(store), expect(other, Reference, "the other")._raw)
