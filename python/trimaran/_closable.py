"""What can be closed can stand in a `with` statement."""

from __future__ import annotations

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
        self.close()
