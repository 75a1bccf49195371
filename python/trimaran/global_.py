"""Globals, as far as they are imported and exported."""

from __future__ import annotations

from . import _bindings as raw
from ._handle import Handle
from ._surface import call
from .store import Storelike, inside
from .types import GlobalType


class Global(Handle[raw.Global]):
    """A global of a guest. It belongs to one store."""

    __slots__ = ()

    def type(self, store: Storelike) -> GlobalType:
        """The global's type."""
        return GlobalType._from_raw(call(self._raw.type, inside(store)))
