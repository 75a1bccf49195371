"""What can be closed can stand in a `with` statement."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closable:
    """An object that is closed at the end of its `with` statement."""

    __slots__ = ()

    def close(self) -> None:
        """Closes it. Closing twice does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
