"""Turns: many calls into a store, with no other thread between them."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from ._closable import leave
from ._ffi import wrong_type
from ._handle import shown_in_store
from ._identity import Identity
from ._native import indefinite

if TYPE_CHECKING:
    from .store import Store


class Turn(Identity):
    """A turn of one thread in one store: `Store.turn` gives it, for `with`."""

    __slots__ = ("__weakref__", "_store")
    _instead = "make another one with Store.turn"
    _making = "Store.turn gives one"
    _store: Store

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} comes from Store.turn: it cannot be made here")

    @classmethod
    def _of(cls, store: Store) -> Turn:
        made = cls.__new__(cls)
        made._store = store
        return made

    def __enter__(self) -> Self:
        """The turn begins. Raises `BusyError` where the store may not be entered, `ClosedError` where it is closed."""
        self._store._begin_turn()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """The turn ends. Raises `BusyError` on another thread than the one that began it."""
        leave(self._store._end_turn, error)

    def __repr__(self) -> str:
        return shown_in_store(self, lambda: self._store)
