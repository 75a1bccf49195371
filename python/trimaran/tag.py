"""Tags: what kind of exception it is."""

from __future__ import annotations

from . import _bindings as raw
from ._handle import Handle
from ._identity import Constant
from ._surface import call, expect
from .store import Storelike, inside
from .types import TagType


class Tag(Constant, Handle[raw.Tag]):
    """A tag, which says what kind of exception one is. It belongs to one store."""

    __slots__ = ()
    _instead = "it lives in its store; make another one there"

    def __init__(self, store: Storelike, ty: TagType) -> None:
        """Makes a tag in `store`. Raises `WasmTypeError` for a type with results."""
        self._raw = call(raw.Tag, inside(store), expect(ty, TagType, "the type")._to_raw())

    def type(self, store: Storelike) -> TagType:
        """The tag's type."""
        return TagType._from_raw(call(self._raw.type, inside(store)))

    def same(self, store: Storelike, other: Tag) -> bool:
        """Whether two handles are to the same tag."""
        return call(self._raw.same, inside(store), expect(other, Tag, "the other")._raw)

    eq = same
