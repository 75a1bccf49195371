"""The host functions that a linker knows, which become functions of each store that needs them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Body = tuple[Callable[..., Any], bool]


class Unready(Exception):
    """A host function had no body where one was needed, and nothing has run. It carries the error for that."""


class Bodies:
    """What to call, and whether with its caller, by the number that the core has given."""

    __slots__ = ("_changes", "_lock", "_names", "by_number")

    def __init__(self) -> None:
        self.by_number: dict[int, Body] = {}
        # The number that a name has now.
        self._names: dict[tuple[str, str], int] = {}
        self._changes = 0
        # A thread that sees a number in the core finds its body here, or waits for it. No thread that has the lock
        # waits for a store.
        self._lock = threading.RLock()

    def define(self, names: tuple[str, str], body: Body, define: Callable[[], int]) -> None:
        """Has the core define a function, and keeps its body, in the place of what had its name before."""
        with self._lock:
            number = define()
            self.by_number[number] = body
            replaced = self.by_number.pop(self._names.get(names, -1), None)
            self._names[names] = number
            self._changes += 1
        # To let go of it may run anything.
        del replaced

    def using(self, use: Callable[[], T]) -> T:
        """Does with the linker what needs bodies.

        Where another thread has defined something since they were given, there is one without: then this begins again.
        """
        while True:
            before = self._seen()
            try:
                return use()
            except Unready as unready:
                if self._seen() == before:
                    raise unready.args[0] from None

    def _seen(self) -> int:
        with self._lock:
            return self._changes

    def taking(self, take: Callable[[], T]) -> tuple[T, dict[int, Body]]:
        """What `take` takes of the linker, with the bodies of that moment: later definitions do not change them."""
        with self._lock:
            return take(), self.by_number.copy()

    def clear(self) -> None:
        """Lets go of all of them, after the core has."""
        with self._lock:
            kept, self.by_number = self.by_number, {}
            self._names.clear()
            self._changes += 1
        del kept
