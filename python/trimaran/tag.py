"""Tags: what kind of exception it is."""

from __future__ import annotations

from ._handle import StoreItem
from ._identity import Constant
from ._native import TagBase
from .store import Storelike
from .types import TagType


class Tag(TagBase, Constant, StoreItem):
    """A tag, which says what kind of exception one is. It belongs to one store."""

    __slots__ = ("__weakref__",)
    _instead = "it lives in its store; make another one there"

    def __init__(self, store: Storelike, ty: TagType) -> None:
        """Makes a tag in `store`. Raises `WasmTypeError` for a type with results, and
        `ConfigError` in an engine without exceptions."""
        self._make(store, ty)

    eq = TagBase.same
