"""Deadlines: a time that several calls have together."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from ._closable import leave
from ._ffi import failure, milliseconds, wrong_type
from ._handle import shown_in_store
from ._identity import Identity
from ._native import indefinite

if TYPE_CHECKING:
    from .store import Store


class Deadline(Identity):
    """A time that all calls of one thread into one store have together: `Store.deadline` gives it, for `with`."""

    __slots__ = ("__weakref__", "_milliseconds", "_number", "_store")
    _instead = "make another one with Store.deadline"
    _making = "Store.deadline gives one"
    _store: Store
    _milliseconds: int | None
    _number: int | None

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} comes from Store.deadline: it cannot be made here")

    @classmethod
    def _of(cls, store: Store, seconds: float | None) -> Deadline:
        made = cls.__new__(cls)
        made._store, made._milliseconds, made._number = store, milliseconds(seconds, "the deadline"), None
        return made

    def __enter__(self) -> Self:
        """The time begins. Raises `BusyError` where it has begun already, `ClosedError` where the store is closed."""
        if self._number is not None:
            raise failure("Busy", reason="the deadline has begun already: make another one with Store.deadline")
        self._number = self._store._begin_deadline(self._milliseconds)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """The time does not matter any more. Raises `BusyError` on another thread than the one that began it."""
        leave(self._end, error)

    def _end(self) -> None:
        if self._number is not None:
            self._store._end_deadline(self._number)
            self._number = None

    def __repr__(self) -> str:
        return shown_in_store(self, lambda: self._store)
