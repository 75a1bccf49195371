"""Deadlines: a time that several calls have together."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from ._surface import call, failure, milliseconds


class Deadline:
    """A time that all calls of one thread into one store have together: `Store.deadline` gives it, for `with`."""

    __slots__ = ("_milliseconds", "_number", "_raw")

    def __init__(self, raw: Any, seconds: float | None) -> None:
        self._raw, self._milliseconds = raw, milliseconds(seconds, "the deadline")
        self._number: int | None = None

    def __enter__(self) -> Self:
        """The time begins. Raises `BusyError` where it has begun already, and `ClosedError` where the store is closed."""
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

    def __reduce__(self) -> Any:
        raise TypeError("a Deadline cannot be pickled or copied: make another one with Store.deadline")
