"""The functions of the host that a linker knows, which become functions of each store that needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import _bindings as raw
from ._surface import call
from .func import Func
from .store import Storelike, home, inside


class Bodies(dict[int, tuple[Callable[..., Any], bool]]):
    """What to call, and whether with its caller, by the number that the core has given."""

    __slots__ = ()

    def copy(self) -> Bodies:
        """The same, as they are now."""
        return Bodies(self)

    def attach(self, needed: Iterable[int], make: Callable[[raw.Store, int], raw.Func], store: Storelike) -> None:
        """Gives those functions of `store` their bodies. The store keeps them from now on."""
        for number in needed:
            func = Func._wrap(call(make, inside(store), number))
            func._attach(home(store), *self[number])
