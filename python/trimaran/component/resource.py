"""Resources: handles of what a guest or the host has."""

from __future__ import annotations

from typing import Any, Self

from .._closable import Managed
from .._ffi import failure, wrong_type
from .._handle import StoreItem, shown_if_made
from .._identity import Identity
from .._native import ComponentResourceBase, indefinite, within
from ..error import ClosedError, PoisonedError
from ..store import Store, Storelike, store_of
from .resource_type import HostOwned, ResourceType


class ResourceAny(Identity, Managed):
    """A handle of a resource: a `Resource` of a guest's, or one that stands for a `ResourceHost`."""

    __slots__ = ()
    _making = "a guest gives one"

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} comes out of a guest: it cannot be made here")

    @property
    def type(self) -> ResourceType:
        """Its type."""
        raise NotImplementedError

    @property
    def owned(self) -> bool:
        """Whether it is owned, and not lent."""
        raise NotImplementedError

    def drop(self, store: Storelike) -> None:
        """Drops the handle."""
        raise NotImplementedError

    def to_host(self, store: Storelike) -> ResourceHost:
        """The resource of the host that it stands for. Raises `WasmTypeError` for one of a guest's."""
        raise wrong_type("the resource is a guest's: expected one of the host's")


class Resource(ComponentResourceBase, StoreItem, ResourceAny):
    """A handle of a resource that a guest made. It belongs to one store.

    One that is owned lives until you close it or give it away to a guest. One that is lent to a host function lives
    until that returns. A later use raises `ClosedError`. A `with` statement closes it at its end.

    One that nobody closes is closed when its object is gone: its destructor runs when a component of the store is used
    the next time, and that use raises what it fails with.
    """

    __slots__ = ("__weakref__", "_store")
    _instead = "it lives in its store"
    _store: Store

    @property
    def type(self) -> ResourceType:
        """Its type."""
        return self._resource_type()

    @property
    def owned(self) -> bool:
        """Whether it is owned, and not lent."""
        return self._is_owned()

    @property
    def alive(self) -> bool:
        """Whether it can still be used: it was neither closed nor given away, no loan of it is over, and its store is
        not closed."""
        return self._is_alive()

    def close(self) -> None:
        """Drops the handle. If it is owned, this runs the destructor of the guest, which may raise `Trap`.

        Closing it twice, or after it was given away, does nothing, and neither does closing it once its store is closed
        or a guest of that has trapped. Raises `BusyError` in a host function that the guest's instance has called: the
        resource stays, and can be closed later.
        """
        try:
            self._resource_drop(self._store)
        except PoisonedError:
            # No guest of the store runs any more, and no destructor.
            pass
        except ClosedError:
            if not self._store.closed:
                raise

    def drop(self, store: Storelike) -> None:
        """Drops the handle, as `close` does. Raises `ClosedError` and `PoisonedError` as well."""
        self._resource_drop(store)

    def _said(self) -> str:
        said = super()._said()
        return said if self._is_alive() or self._store.closed else f"{said}, gone"

    def _type_in(self, store: Any) -> str:
        return ""


class ResourceHost(Identity, Managed):
    """A resource of the host by two numbers, as wasmtime-py has it: its own, and that of its type.

    With `LinkerInstance.define_resource`, any object is a resource instead.
    """

    __slots__ = ("_owned", "_rep", "_type")
    _making = "call ResourceHost.own or ResourceHost.borrow"
    _rep: int
    _type: int
    _owned: bool

    def __init__(self) -> None:
        raise wrong_type("a ResourceHost is made by ResourceHost.own or ResourceHost.borrow")

    @classmethod
    def own(cls, rep: int, ty: int) -> ResourceHost:
        """One that is owned."""
        return cls._of(rep, ty, True)

    @classmethod
    def borrow(cls, rep: int, ty: int) -> ResourceHost:
        """One that is lent."""
        return cls._of(rep, ty, False)

    @classmethod
    def _of(cls, rep: int, ty: int, owned: bool) -> Self:
        made = cls.__new__(cls)
        most = (1 << 32) - 1
        made._rep = within(rep, "the number of the resource", "u32", 0, most)
        made._type = within(ty, "the number of the type", "u32", 0, most)
        made._owned = owned
        return made

    @property
    def rep(self) -> int:
        """Its number."""
        return self._rep

    @property
    def type(self) -> int:
        """The number of its type."""
        return self._type

    @property
    def owned(self) -> bool:
        """Whether it is owned, and not lent."""
        return self._owned

    def to_any(self, store: Storelike | None = None) -> ResourceAny:
        """A handle of it."""
        return HostHandle._of(self)

    def __repr__(self) -> str:
        return shown_if_made(self, lambda: f"{self._rep} of type {self._type}, {'owned' if self._owned else 'lent'}")


class HostHandle(ResourceAny):
    """A handle that stands for a `ResourceHost`."""

    __slots__ = ("_host",)
    _host: ResourceHost | None

    @classmethod
    def _of(cls, host: ResourceHost) -> HostHandle:
        made = cls.__new__(cls)
        made._host = host
        return made

    def _alive(self) -> ResourceHost:
        if self._host is None:
            raise failure("Closed", what="resource")
        return self._host

    @property
    def type(self) -> ResourceType:
        """Its type."""
        return ResourceType.host(self._alive().type)

    @property
    def owned(self) -> bool:
        """Whether it is owned, and not lent."""
        return self._alive().owned

    def drop(self, store: Storelike) -> None:
        """Drops the handle. If it is owned, this calls the destructor of its type."""
        host = self.to_host(store)
        if host.owned:
            ResourceType.host(host.type)._run_dtor(store_of(store), host.rep)

    def to_host(self, store: Storelike) -> ResourceHost:
        """The resource of the host, which the handle is one of no more."""
        host, self._host = self._alive(), None
        return host


def to_guest(value: ResourceHost | HostHandle, is_own: bool, ty: ResourceType | None, store: Store) -> object:
    """What a guest has of a resource: the extension module asks for it."""
    handle = value if isinstance(value, HostHandle) else HostHandle._of(value)
    host = handle._alive()
    if ty is not None and ResourceType.host(host.type) != ty:
        raise wrong_type(f"the resource is one of the type {host.type}: expected one of the type of the function")
    if not is_own:
        return host
    return HostOwned(handle.to_host(store), store)


def from_guest(value: HostOwned | ResourceHost, is_own: bool) -> HostHandle:
    """A handle of what a guest has: the extension module asks for it."""
    if isinstance(value, ResourceHost):
        return HostHandle._of(ResourceHost.borrow(value.rep, value.type))
    host = value.back() if is_own else ResourceHost.borrow(value.lent.rep, value.lent.type)
    return HostHandle._of(host)
