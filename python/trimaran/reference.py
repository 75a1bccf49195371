"""References that the host holds: to values of the host, and to garbage-collected values of guests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._handle import StoreItem
from ._identity import Constant
from ._native import ReferenceBase, index, integer, within
from .store import Storelike

if TYPE_CHECKING:
    from .value import Val


class Reference(ReferenceBase, Constant, StoreItem):
    """A reference that is not null, held by the host. It belongs to one store, and keeps its value alive there.

    A host object needs none: it goes into an `externref` and comes out of it as itself.
    """

    __slots__ = ("__weakref__",)
    _instead = "what it refers to lives in its store"
    _making = "a guest gives one, or Reference.of_i31"

    @classmethod
    def of_i31(cls, store: Storelike, value: int) -> Reference:
        """A reference to an integer of 31 bits, with or without a sign. Raises `RangeError` for another one."""
        number = within(value, "the value", "i31", -1 << 30, (1 << 31) - 1)
        made = cls.__new__(cls)
        made._make_of_i31(store, number)
        return made

    def fields(self, store: Storelike, start: int = 0, stop: int | None = None) -> list[Val]:
        """The fields of a struct, the elements of an array, what an exception carries.

        They are those from `start` up to `stop`, which is not included, or up to the end. At most 1,048,576 are given
        at once: a guest may make arrays of any size, and `field_count` says how many there are.

        Raises `WasmTypeError` for a reference to something else, `LimitError` for too many at once, and `RangeError`
        where `start` and `stop` are in order and reach past the end. Everything else is as in a slice: a negative index
        counts from the end, and a range that is turned around is empty.
        """
        from .value import Val

        first = index(start, "the offset")
        last = None if stop is None else index(stop, "the end")
        if first == 0 and last is None:
            # How many there are is asked where that is needed: there may be no such thing.
            found = self._fields(store, 0, None)
        else:
            if last is None or first < 0 or last < 0:
                first, last, _ = slice(first, last).indices(self.field_count(store))
            if first > last:
                # Nothing is given, but the core has to agree that it could be.
                first = last = 0
            found = self._fields(store, integer(first, "the offset"), integer(last - first, "the length"))
        return [Val._from_raw(field, store) for field in found]
