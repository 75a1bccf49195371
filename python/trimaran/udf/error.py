"""The error for a row."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from ..error import WasmtimeError


class RowError(WasmtimeError):
    """A function failed in one row of its columns. `__cause__` is the error of that call, such as a `Trap`.

    The text has the function, its arguments, the row and the reason, since some engines keep no more of an error than
    its text. It can be pickled.
    """

    row: int | None = None
    """The row, counted from 0 in the batch that the engine gave."""
    values: tuple[Any, ...] = ()
    """The arguments of the call: the row's values."""

    def __reduce__(self) -> tuple[Callable[..., RowError], tuple[Any, ...], dict[str, Any]]:
        cause = self.__cause__
        try:
            pickle.dumps(cause)
        except Exception:
            # What an exception has in it may be anything.
            cause = None
        return _again, (self.message, cause), self.__dict__


def _again(message: str, cause: BaseException | None) -> RowError:
    """The error that was pickled."""
    made = RowError(message)
    made.__cause__ = cause
    return made
