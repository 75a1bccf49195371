"""The functions of the host that a linker knows, which become functions of each store that needs them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from . import _bindings as raw
from ._handle import adopt
from .func import Func
from .store import Storelike, home

Body = tuple[Callable[..., Any], bool]


class Bodies:
    """What to call, and whether with its caller, by the number that the core has given."""

    __slots__ = ("_bodies", "_lock")

    def __init__(self) -> None:
        self._bodies: dict[int, Body] = {}
        # Whoever sees a number in the core finds its body here. Nobody waits for a store with it.
        self._lock = threading.RLock()

    def __bool__(self) -> bool:
        return bool(self._bodies)

    def define(self, body: Body, define: Callable[[], int]) -> None:
        """Has the core define a function, and keeps its body."""
        with self._lock:
            self._bodies[define()] = body

    def copy(self) -> Bodies:
        """The same, as they are now."""
        made = Bodies()
        with self._lock:
            made._bodies = self._bodies.copy()
        return made

    def attach(self, needed: Iterable[int], make: Callable[[int], int], store: Storelike) -> None:
        """Gives those functions of `store` their bodies, which it keeps from now on. `make` gives their handles."""
        for number in needed:
            with self._lock:
                body = self._bodies.get(number)
            func = Func._wrap(adopt(raw.Func, make(number)))
            # Without one, whoever has them has been closed meanwhile, which the core has said.
            if body is not None:
                func._attach(home(store), *body)

    def clear(self) -> None:
        """Lets go of all of them."""
        self._bodies.clear()
