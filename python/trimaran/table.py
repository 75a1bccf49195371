"""Tables: references that a guest and its host share."""

from __future__ import annotations

from typing import Any

from . import _bindings as raw
from ._handle import Laned
from ._native import TableLane
from ._surface import call, expect, integer
from .store import Storelike, inside
from .types import TableType
from .value import Val, to_raw


class Table(TableLane, Laned[raw.Table]):
    """A table of references. It belongs to one store.

    Its elements are plain Python objects, as in a call of a `Func`: a `Func`, a `Reference`, an object of the host in
    a table of `externref`, or `None` for null. An index or a range outside the table raises `RangeError`, which is an
    `IndexError`, and then nothing has changed.
    """

    __slots__ = ("__weakref__", "_raw")
    _instead = "it lives in its store; read its elements"

    def __init__(self, store: Storelike, ty: TableType, init: Any) -> None:
        """Makes a table in `store`, of as many elements as its type has at least, each of which is `init`.

        Raises `WasmTypeError` for an element of another type, `RangeError` where the type is impossible, and
        `LimitError` where there is no room.
        """
        given, kind = inside(store), expect(ty, TableType, "the type")
        element = to_raw(init, kind.element, store, "the element")
        self._hold(call(raw.Table, given, kind._to_raw(), element))

    def type(self, store: Storelike) -> TableType:
        """The table's type. Its limits are those that it was made with."""
        return TableType._from_raw(call(self._raw.type, inside(store)))

    def grow(self, store: Storelike, amt: int, init: Any) -> int:
        """Grows the table by `amt` elements, 0 or more, each of which is `init`, and gives its size before.

        Raises `LimitError` past the maximum of its type or of its store; then nothing has changed.
        """
        given, delta = inside(store), integer(amt, "the number of elements to grow by")
        return call(self._raw.grow, given, delta, self._element(store, init))

    def fill(self, store: Storelike, index: int, value: Any, length: int) -> None:
        """Sets `length` elements, beginning at `index`, to `value`."""
        given, start, count = inside(store), integer(index, "the index"), integer(length, "the length")
        call(self._raw.fill, given, start, self._element(store, value), count)

    def copy(self, store: Storelike, index: int, source: Table, source_index: int, length: int) -> None:
        """Copies `length` elements of `source`, from `source_index`, to `index`. The two ranges may overlap.

        Raises `WasmTypeError` for a table of other elements.
        """
        given, start = inside(store), integer(index, "the index")
        other, place = expect(source, Table, "the source")._raw, integer(source_index, "the index in the source")
        call(self._raw.copy, given, start, other, place, integer(length, "the length"))

    def _element(self, store: Storelike, value: Any) -> raw.Val:
        return to_raw(value, self.type(store).element, store, "the element")

    # What the lane gives back, because it is unusual or wrong.

    def _size(self, store: Storelike) -> int:
        return call(self._raw.size, inside(store))

    def _get(self, store: Storelike, idx: int) -> Any:
        given, index = inside(store), integer(idx, "the index")
        return Val._from_raw(call(self._raw.get, given, index), store).value

    def _set(self, store: Storelike, idx: int, val: Any) -> None:
        given, index = inside(store), integer(idx, "the index")
        call(self._raw.set, given, index, self._element(store, val))
