"""The types of resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from .._bodies import HostBody
from .._closable import Managed
from .._ffi import wrong_type
from .._handle import Handle
from .._identity import Constant
from .._native import ComponentResourceTypeBase, within
from ..func import host_body

if TYPE_CHECKING:
    from ..store import Store
    from .resource import ResourceHost


class ResourceType(ComponentResourceTypeBase, Constant, Handle, Managed):
    """The type of a resource: one of the host's, or that of an instance of a component.

    `ResourceType.host()` makes a new one of the host's: any object of Python's is then a resource of that type.
    In the type of a component it stands for a resource without an instance.
    """

    __slots__ = ("__weakref__", "_drop", "_dtor", "_name", "_number", "_table", "_value")
    _origin = "is made by ResourceType.host()"
    _instead = "it belongs to this process; define another one there"
    # In the type of a component: the table that it is in, its number there, and its name.
    _table: object
    _number: int
    _name: str | None
    # The number that the caller gave, and what `LinkerInstance.add_resource` gave.
    _value: int
    _dtor: Callable[[Any, int], object]
    # What is called with each object that a guest has dropped. The core has a weak reference.
    _drop: HostBody

    @classmethod
    def host(cls, val: int | None = None, *, drop: Callable[[Any], object] | None = None) -> ResourceType:
        """A type of the host's: a new one, or the one of that number, which is the same each time.

        ```python
        files = ResourceType.host(drop=lambda file: file.close())
        linker.root().define_resource("file", files)
        ```

        `drop` is called with each object of the new type that was given to a guest for good, once: when a guest drops
        it, or when the store is closed or collected, also after a trap. An object that a guest has given back is yours
        again, and `drop` is not called.

        What `drop` raises comes out of the outermost call, as the very same object. Where there is none, as when a
        store is closed, it goes to `sys.unraisablehook`. `drop` can use the store but call none of its components: that
        raises `BusyError`.
        """
        if val is None:
            return cls._new(None if drop is None else _body(drop))
        if drop is not None:
            raise wrong_type(
                "`drop` is given for a type by number: LinkerInstance.add_resource takes it for such a type"
            )
        number = within(val, "the number of the type", "u32", 0, (1 << 32) - 1)
        found = _numbered.get(number)
        if found is None:
            made = cls._new(_LOSES)
            made._value = number
            # Another thread may have made it meanwhile.
            found = _numbered.setdefault(number, made)
        return found

    @classmethod
    def _new(cls, body: HostBody | None) -> Self:
        made = cls.__new__(cls)
        if body is None:
            made._make_host()
        else:
            made._make_host_with(body)
            made._drop = body
        return made

    @classmethod
    def _in_table(cls, table: object, number: int, name: str | None) -> ResourceType:
        made = cls.__new__(cls)
        made._table, made._number, made._name = table, number, name
        return made

    @property
    def name(self) -> str | None:
        """The name by which a component imports or exports it, in the type of a component."""
        return self._name if _is_in_table(self) else None

    @property
    def is_host(self) -> bool:
        """Whether it is a type of the host's."""
        return not _is_in_table(self) and self._is_host()

    def _run_dtor(self, store: object, rep: int) -> None:
        try:
            dtor = _DTOR(self)
        except AttributeError:
            return
        dtor(store, rep)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ResourceType):
            return NotImplemented
        if _is_in_table(self) or _is_in_table(other):
            return (
                _is_in_table(self)
                and _is_in_table(other)
                and self._table is other._table
                and self._number == other._number
            )
        return self._same(other)

    def __hash__(self) -> int:
        # Two objects may be the same type, and nothing of the type itself is known here.
        return hash((ResourceType, self._number)) if _is_in_table(self) else hash(ResourceType)

    def __str__(self) -> str:
        return "resource"

    def _said(self) -> str:
        if _is_in_table(self):
            return f" {self._name}" if self._name else ""
        return " of the host" if self._is_host() else ""


class HostOwned:
    """What a guest has of a `ResourceHost` that it owns."""

    __slots__ = ("_host", "_store")

    def __init__(self, host: ResourceHost, store: Store) -> None:
        self._host: ResourceHost | None = host
        self._store = store

    def back(self) -> ResourceHost:
        """The resource, which the guest owns no more."""
        host, self._host = self._host, None
        assert host is not None
        return host

    @property
    def lent(self) -> ResourceHost:
        """The resource, which the guest still owns."""
        assert self._host is not None
        return self._host


def _body(drop: Callable[[Any], object]) -> HostBody:
    function, _, is_async = host_body(drop, False)
    if is_async:
        raise wrong_type("`drop` is an async function: expected one that waits for nothing")
    return HostBody(function, False)


def _lose(owned: object) -> None:
    if isinstance(owned, HostOwned):
        host = owned.back()
        ResourceType.host(host.type)._run_dtor(owned._store, host.rep)


# What types by number do. It stays for ever, as they do.
_LOSES = HostBody(_lose, False)
_numbered: dict[int, ResourceType] = {}
_TABLE = vars(ResourceType)["_table"].__get__
_DTOR = vars(ResourceType)["_dtor"].__get__


def _is_in_table(ty: ResourceType) -> bool:
    try:
        _TABLE(ty)
    except AttributeError:
        return False
    return True
