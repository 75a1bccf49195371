"""Tags, as far as they are imported and exported."""

from __future__ import annotations

from . import _bindings as raw
from ._handle import Handle
from ._surface import call
from .store import Storelike, inside
from .types import TagType


class Tag(Handle[raw.Tag]):
    """A tag of a guest. It belongs to one store."""

    __slots__ = ()

    def type(self, store: Storelike) -> TagType:
        """The tag's type."""
        return TagType._from_raw(call(self._raw.type, inside(store)))
