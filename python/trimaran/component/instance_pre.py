"""Components whose imports are looked up already."""

from __future__ import annotations

from typing import Self

from .._bodies import HostBody
from .._closable import Managed
from .._handle import Handle
from .._identity import Constant
from .._native import ComponentInstancePreBase, RunBase
from .._run import drive
from ..store import Storelike, store_of
from .component import Component
from .instance import Instance


class InstancePre(ComponentInstancePreBase, Constant, Handle, Managed):
    """A component with everything that it imports, as `Linker.instantiate_pre` gives it.

    You can instantiate it in any store of its engine, any number of times.
    """

    __slots__ = ("__weakref__", "_bodies", "_component")
    _origin = "comes from Linker.instantiate_pre: it cannot be made here"
    _instead = "it is linked in this process; send the Component, and link it there"
    # The core has weak references to them.
    _bodies: list[HostBody]
    _component: Component

    @classmethod
    def _of(cls, made: Self, component: Component, bodies: list[HostBody]) -> Self:
        made._component, made._bodies = component, bodies
        return made

    @property
    def component(self) -> Component:
        """The component."""
        return self._component

    def instantiate(self, store: Storelike) -> Instance:
        """Makes an instance in `store`. Raises `LimitError` where the store has no room, and `Trap`."""
        made = self._instantiate(store)
        made._component = self._component
        store_of(store)._keep_bodies(self._bodies)
        return made

    async def instantiate_async(self, store: Storelike) -> Instance:
        """The same. Start functions may wait for async host functions, as in `Func.call_async`."""
        came = self._begin(store)
        made: Instance = await drive(came) if type(came) is RunBase else came
        made._component = self._component
        store_of(store)._keep_bodies(self._bodies)
        return made

    def close(self) -> None:
        """Lets go of it. Its instances go on working. Closing twice does nothing."""
        self._release()
        # Those that it made go on with the functions of the host, which their stores have.
        self._bodies = []
