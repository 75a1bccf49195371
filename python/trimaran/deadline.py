"""Deadlines: a time that several calls have together."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from ._identity import Identity
from ._surface import call, failure, indefinite, milliseconds, wrong_type


class Deadline(Identity):
    """A time that all calls of one thread into one store have together: `Store.deadline` gives it, for `with`."""

    __slots__ = ("__weakref__", "_milliseconds", "_number", "_raw")
    _instead = "make another one with Store.deadline"
    _raw: Any
    _milliseconds: int | None
    _number: int | None

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} comes from Store.deadline: it cannot be made here")

    @classmethod
    def _of(cls, raw: Any, seconds: float | None) -> Deadline:
        made = cls.__new__(cls)
        made._raw, made._milliseconds, made._number = raw, milliseconds(seconds, "the deadline"), None
        return made

    def __enter__(self) -> Self:
        """The time begins. Raises `BusyError` where it has begun already, `ClosedError` where the store is closed."""
        if self._number is not None:
            raise failure("Busy", reason="the deadline has begun already: make another one with Store.deadline")
        self._number = call(self._raw.begin_deadline, self._milliseconds)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """The time does not matter any more."""
        number, self._number = self._number, None
        if number is not None:
            call(self._raw.end_deadline, number)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
