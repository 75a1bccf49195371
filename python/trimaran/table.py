"""Tables: references that a guest and its host share."""

from __future__ import annotations

from typing import Any

from ._ffi import expect
from ._handle import StoreItem
from ._native import TableBase, integer
from .store import Storelike, check_storelike
from .types import TableType
from .value import Raw, to_raw


class Table(TableBase, StoreItem):
    """A table of references. It belongs to one store.

    Its elements are plain Python objects, as in a call of a `Func`: a `Func`, a `Reference`, a host object in
    a table of `externref`, or `None` for null. An index or a range outside the table raises `RangeError`, which is an
    `IndexError`, and then nothing has changed.
    """

    __slots__ = ("__weakref__",)
    _instead = "it lives in its store; read its elements"

    def __init__(self, store: Storelike, ty: TableType, init: Any) -> None:
        """Makes a table in `store`, of as many elements as its type has at least, each of which is `init`.

        Raises `WasmTypeError` for an element of another type, `RangeError` where the type is impossible, and
        `LimitError` where there is no room.
        """
        check_storelike(store)
        kind = expect(ty, TableType, "the type")
        self._make(store, kind, to_raw(init, kind.element, store, "the element"))

    def grow(self, store: Storelike, amt: int, init: Any) -> int:
        """Grows the table by `amt` elements, 0 or more, each of which is `init`, and gives its size before.

        Raises `LimitError` past the maximum of its type or of its store; then nothing has changed.
        """
        check_storelike(store)
        delta = integer(amt, "the number of elements to grow by")
        return self._grow(store, delta, self._element(store, init))

    def fill(self, store: Storelike, index: int, value: Any, length: int) -> None:
        """Sets `length` elements, beginning at `index`, to `value`.

        Raises `RangeError` past the end; then nothing is set.
        """
        check_storelike(store)
        start, count = integer(index, "the index"), integer(length, "the length")
        self._fill(store, start, self._element(store, value), count)

    def _element(self, store: Storelike, value: Any) -> Raw:
        return to_raw(value, self.type(store).element, store, "the element")
