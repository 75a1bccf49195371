"""The caller: the guest that called a host function."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, overload

from ._ffi import wrong_type
from ._handle import shown_in_store
from ._identity import Identity
from ._native import CallerBase, indefinite

if TYPE_CHECKING:
    from .externs import Extern, Kind
    from .global_ import Global
    from .shared_memory import SharedMemory
    from .table import Table
    from .tag import Tag

Default = TypeVar("Default")


class StoreContext(Identity):
    """What stands for a store while a host function runs: its `Caller`."""

    __slots__ = ()
    _making = "a host function is given one"
    _instead = "it is valid for one call of a host function; keep the results, or the store"

    def __init__(self) -> None:
        raise wrong_type(f"{indefinite(type(self).__name__)} is given to a host function: it cannot be made here")


class Caller(CallerBase, StoreContext):
    """The guest that called a host function. `Func` gives it to a host function with `access_caller`.

    It stands for its store wherever a method asks for one, and knows the exports of the calling instance by name. It is
    valid on its own thread until its host function returns, and on any thread where that is an async one. A later use
    raises `EscapedError`.
    """

    __slots__ = ("__weakref__",)

    def global_(self, name: str) -> Global:
        """The global of that name. Raises as `func` does."""
        from .global_ import Global

        return self._expect(name, Global)

    def table(self, name: str) -> Table:
        """The table of that name. Raises as `func` does."""
        from .table import Table

        return self._expect(name, Table)

    def shared_memory(self, name: str) -> SharedMemory:
        """The shared memory of that name. Raises as `func` does."""
        from .shared_memory import SharedMemory

        return self._expect(name, SharedMemory)

    def tag(self, name: str) -> Tag:
        """The tag of that name. Raises as `func` does."""
        from .tag import Tag

        return self._expect(name, Tag)

    def _expect(self, name: str, kind: type[Kind]) -> Kind:
        # That module needs this one.
        from .externs import expect_extern

        return expect_extern(self[name], kind, name)

    @overload
    def get(self, name: str, default: None = None) -> Extern | None: ...
    @overload
    def get(self, name: str, default: Default) -> Extern | Default: ...
    def get(self, name: str, default: object = None) -> object:
        """What the calling instance exports under that name, or `default`."""
        item = self._find(name)
        return default if item is None else item

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def __repr__(self) -> str:
        return shown_in_store(self, lambda: self.store)
