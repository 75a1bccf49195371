"""Modules whose imports are looked up already."""

from __future__ import annotations

from typing import Self

from . import _bindings as raw
from ._bodies import Body
from ._closable import Managed
from ._handle import Handle, handle_of
from ._identity import Constant
from ._native import instantiate_pre
from ._surface import call
from .instance import Instance
from .module import Module
from .store import Storelike, home, inside


class InstancePre(Constant, Handle[raw.InstancePre], Managed):
    """A module with everything that it imports, as `Linker.instantiate_pre` gives it.

    It can be instantiated in any store of its engine, unless it imports something of a store, and any number of times.
    """

    __slots__ = ("_bodies", "_module")
    _instead = "it is linked in this process; send the Module, and link it there"
    _bodies: dict[int, Body]
    _module: Module

    @classmethod
    def _of(cls, given: raw.InstancePre, module: Module, bodies: dict[int, Body]) -> Self:
        made = cls._wrap(given)
        made._module, made._bodies = module, bodies
        return made

    @property
    def module(self) -> Module:
        """The module."""
        return self._module

    def instantiate(self, store: Storelike) -> Instance:
        """Makes an instance in `store`. Raises `LimitError` and `Trap` as `Instance` does."""
        inside(store)
        return Instance._adopt(instantiate_pre(handle_of(self._raw), home(store), self._bodies))

    def close(self) -> None:
        """Lets go of it. Its instances go on working. Closing twice does nothing."""
        call(self._raw.release)
        self._bodies.clear()
