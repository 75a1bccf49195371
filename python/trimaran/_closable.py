"""What can be closed can stand in a `with` statement."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self


class Managed:
    """What can be closed, and is closed at the end of its `with` statement.

    An object of the core says what closing it does. A plain value, such as a type or an error, has nothing to close.
    """

    __slots__ = ()

    def close(self) -> None:
        """Closes it. Closing twice does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        leave(self.close, error)


def leave(close: Callable[[], object], error: BaseException | None) -> None:
    """Ends a `with` statement. What was raised in it goes on: that the end failed as well is a note on that.

    A generator that is closed raises nothing that anybody sees, so that the failure goes on there.
    """
    try:
        close()
    except Exception as failed:
        if error is None or isinstance(error, GeneratorExit):
            raise
        error.add_note(f"The end of the `with` statement failed as well: {type(failed).__name__}: {failed}")
