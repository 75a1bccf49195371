"""The caller: the guest that a host function was called by."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, overload

from . import _bindings as raw
from ._identity import Identity
from ._native import CallerLane
from ._surface import call, failure, indefinite, text, wrong_type

if TYPE_CHECKING:
    from .externs import Extern
    from .func import Func
    from .memory import Memory
    from .store import Store

Default = TypeVar("Default")


class StoreContext(Identity):
    """What stands for a store while a host function runs: its `Caller`."""

    __slots__ = ()
    _instead = "it is valid for one call of a host function; keep the results, or the store"

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} is given to a host function: it cannot be made here")


class Caller(CallerLane, StoreContext):
    """The guest that called a host function, as `Func` gives it to one with `access_caller`.

    It stands for its store wherever one is asked for, and knows what the calling instance exports, by name. It is
    valid on its own thread, until its host function returns; whoever keeps it for longer gets an `EscapedError`.
    """

    __slots__ = ("__weakref__", "_pass", "_store")
    _store: Store
    _pass: int

    @classmethod
    def _of(cls, store: Store, number: int) -> Caller:
        made = cls.__new__(cls)
        made._store, made._pass = store, number
        made._open(store, number)
        return made

    @property
    def store(self) -> Store:
        """The store of the guest. It may be kept."""
        return self._store

    def __getitem__(self, name: str) -> Extern:
        """What the calling instance exports under that name. Raises `NotFoundError`, which is a `KeyError`."""
        item = self.get(name)
        if item is None:
            raise failure("NotFound", name=name, reason=f"the calling instance has no export `{name}`")
        return item

    @overload
    def get(self, name: str, default: None = None) -> Extern | None: ...
    @overload
    def get(self, name: str, default: Default) -> Extern | Default: ...
    def get(self, name: str, default: object = None) -> object:
        """What the calling instance exports under that name, or `default`."""
        # Everything that can be exported needs this module, so that it is looked up when it is needed.
        from .externs import wrap

        item = call(self._store._raw.caller_export, self._pass, text(name, "the name"))
        return default if item is None else wrap(item)

    def func(self, name: str) -> Func:
        """The function of that name. Raises `NotFoundError`, or `WasmTypeError` for something else."""
        from .externs import expect_extern
        from .func import Func

        return expect_extern(self[name], Func, name)

    def memory(self, name: str) -> Memory:
        """The memory of that name. Raises as `func` does."""
        from .externs import expect_extern
        from .memory import Memory

        return expect_extern(self[name], Memory, name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def _inside(self) -> raw.Store:
        given = self._store._raw
        call(given.caller_check, self._pass)
        return given

    def __repr__(self) -> str:
        return "<Caller>"
