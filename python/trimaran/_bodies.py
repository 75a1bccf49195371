"""What the host functions of a linker do. Kept here, the collector sees it; the core has a weak reference."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class HostBody:
    """What a host function calls, whether with its caller, and what bindings say of its values.

    A guest waits for an async one.
    """

    __slots__ = ("__weakref__", "access_caller", "function", "shape", "waits")

    def __init__(
        self, function: Callable[..., Any], access_caller: bool, waits: bool = False, shape: object = None
    ) -> None:
        self.function, self.access_caller, self.waits, self.shape = function, access_caller, waits, shape


class Bodies:
    """The bodies that a linker has now, by the names of their functions."""

    __slots__ = ("__weakref__", "_by_name", "_lock")

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, ...], HostBody] = {}
        # What the core has by a name is what this has. No thread that has the lock waits for a store.
        self._lock = threading.RLock()
        _all.add(self)

    def define(self, names: tuple[str, ...], body: HostBody, define: Callable[[], None]) -> None:
        """Has the core define a function, and keeps its body, in the place of what had its name before."""
        with self._lock:
            define()
            replaced = self._by_name.get(names)
            self._by_name[names] = body
        # To let go of it may run anything.
        del replaced

    def taking(self, take: Callable[[], T]) -> tuple[T, list[HostBody]]:
        """What `take` takes of the linker, with the bodies of that moment: later definitions do not change them."""
        with self._lock:
            return take(), list(self._by_name.values())

    def clear(self) -> None:
        """Lets go of all of them, after the core has."""
        with self._lock:
            kept, self._by_name = self._by_name, {}
        del kept

    def hold(self) -> None:
        """Waits for the thread that has the lock, and keeps others off until `release`."""
        self._lock.acquire()

    def release(self) -> None:
        """Lets other threads go on."""
        self._lock.release()


_all: weakref.WeakSet[Bodies] = weakref.WeakSet()
_held: list[Bodies] = []


def _before_fork() -> None:
    """Waits for the threads that are in a linker: the child has none of them, and would find it locked."""
    for bodies in list(_all):
        bodies.hold()
        _held.append(bodies)


def _after_fork() -> None:
    while _held:
        _held.pop().release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
