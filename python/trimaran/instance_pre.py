"""Modules whose imports are looked up already."""

from __future__ import annotations

from typing import Self, cast

from ._bodies import HostBody
from ._closable import Managed
from ._handle import Handle
from ._identity import Constant
from ._native import InstancePreBase, RunBase
from ._run import drive
from .instance import Instance
from .module import Module
from .store import Storelike


class InstancePre(InstancePreBase, Constant, Handle, Managed):
    """A module with everything that it imports, as `Linker.instantiate_pre` gives it.

    It can be instantiated in any store of its engine, unless it imports something of a store, and any number of times.
    """

    __slots__ = ("__weakref__", "_bodies", "_module")
    _origin = "comes from Linker.instantiate_pre: it cannot be made here"
    _instead = "it is linked in this process; send the Module, and link it there"
    # The core has weak references to them.
    _bodies: list[HostBody]
    _module: Module

    @classmethod
    def _of(cls, made: Self, module: Module, bodies: list[HostBody]) -> Self:
        made._module, made._bodies = module, bodies
        return made

    @property
    def module(self) -> Module:
        """The module."""
        return self._module

    def instantiate(self, store: Storelike) -> Instance:
        """Makes an instance in `store`. Raises `LimitError` and `Trap` as `Instance` does."""
        return self._instantiate(store)

    async def instantiate_async(self, store: Storelike) -> Instance:
        """The same, and waits for the async host functions that the start function calls, as `Func.call_async` does."""
        came = self._begin(store)
        return cast(Instance, await drive(came) if type(came) is RunBase else came)

    def close(self) -> None:
        """Lets go of it. Its instances go on working. Closing twice does nothing."""
        self._release()
        self._bodies.clear()
