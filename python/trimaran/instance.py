"""Instances: a module, linked and started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar, cast, overload

from ._ffi import out_of_range, plain, shown, wrong_type
from ._handle import StoreItem, stores
from ._identity import Identity
from ._native import ExportsBase, InstanceBase, RunBase, article, begin_instance, index, store_number
from ._run import drive
from .error import WasmTypeError
from .externs import Extern, Kind, expect_extern
from .func import Func
from .global_ import Global
from .memory import Memory
from .module import Module
from .shared_memory import SharedMemory
from .store import Store, Storelike
from .table import Table
from .tag import Tag

Default = TypeVar("Default")

_SHOWN = 32
"""How many names are shown."""


def _checked(name: str) -> str:
    """The name of an export. By its place, `exports` has it."""
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise wrong_type(
            f"the name of the export is {article(name)}: expected a str; by their places, exports has them"
        )
    return name


class Instance(InstanceBase, StoreItem):
    """An instance of a module. It belongs to one store."""

    __slots__ = ("__weakref__",)
    _instead = "it lives in its store; instantiate its module again"

    def __init__(self, store: Storelike, module: Module, imports: Iterable[Extern] = ()) -> None:
        """Links a module with `imports`, in the order of `Module.imports`, and runs its start function.

        Raises `LinkError` if an import is missing, superfluous or of another type, `LimitError` if the store has no
        room, and `Trap` if an initialiser or the start function traps.
        """
        self._make(store, module, imports)

    @staticmethod
    async def create_async(store: Storelike, module: Module, imports: Iterable[Extern] = ()) -> Instance:
        """Makes an instance as the constructor does. Its start function may wait for async host functions.

        That is as in `Func.call_async`.
        """
        came = begin_instance(store, module, imports)
        return cast(Instance, await drive(came) if type(came) is RunBase else came)

    def _exports_of(self, home: Store, store: Storelike) -> InstanceExports:
        return InstanceExports._of(self, home, dict(self._exports(store)))

    def func(self, store: Storelike, name: str) -> Func:
        """The function of that name. Raises `NotFoundError`, or `WasmTypeError` for something else."""
        return self._get(store, name, Func)

    def global_(self, store: Storelike, name: str) -> Global:
        """The global of that name. Raises as `func` does."""
        return self._get(store, name, Global)

    def table(self, store: Storelike, name: str) -> Table:
        """The table of that name. Raises as `func` does."""
        return self._get(store, name, Table)

    def memory(self, store: Storelike, name: str) -> Memory:
        """The memory of that name. Raises as `func` does."""
        return self._get(store, name, Memory)

    def shared_memory(self, store: Storelike, name: str) -> SharedMemory:
        """The shared memory of that name. Raises as `func` does."""
        return self._get(store, name, SharedMemory)

    def tag(self, store: Storelike, name: str) -> Tag:
        """The tag of that name. Raises as `func` does."""
        return self._get(store, name, Tag)

    def snapshot(self, store: Storelike, *, remove: Iterable[str] = ()) -> bytes:
        """A module that begins where this instance is now, in the binary format.

        It has the same code. What the instance's memories, globals and tables hold now is what they begin with there.
        It has no start function, and no exports whose names are in `remove`. It is a module like any other: compile it,
        keep it compiled, and make as many instances of it as you like. This instance goes on as before.

        What is not the instance's own is not in it: files, arguments and the rest of WASI's state, other instances,
        imports. Whatever the guest holds is in it: secrets, and the state of its random numbers, which all instances
        of the snapshot then have in common.

        Raises `UnsupportedError` if `Module.for_snapshots` did not make the module, or the instance holds a reference
        to something that is not its own, which the text names; `NotFoundError` for a name in `remove` that the module
        does not export; `LimitError` if the snapshot would be larger than 1 GiB, or than the engine's limit for
        modules; and `BusyError` while a guest of the store runs or waits.
        """
        if isinstance(remove, str):
            raise wrong_type("the names to remove are a str: expected a list of names")
        return self._snapshot(store, [_checked(name) for name in remove])

    def _repr_html_(self) -> str:
        """A table for notebooks: the exports, if the store can be asked without a wait."""
        from ._html import line

        store: Store | None = stores.get(store_number(self) or -1)
        if store is None or store.closed or not store._is_free():
            return line(repr(self))
        return self.exports(store)._repr_html_()

    def _get(self, store: Storelike, name: str, kind: type[Kind]) -> Kind:
        return expect_extern(self.exports(store)[_checked(name)], kind, name)


class InstanceExports(ExportsBase, Identity, Mapping[str, Extern]):
    """The exports of an instance: a mapping by name, and a sequence by their order in the module.

    An unknown name raises `NotFoundError`, which is a `KeyError`. Its text lists the names that exist. The methods by
    kind, such as `func`, raise it too, and tell a type checker what they return.
    """

    __slots__ = ("__weakref__", "_instance")
    _making = "Instance.exports gives one"
    _instead = "what it holds lives in a store; instantiate the module again"
    _instance: Instance

    def __init__(self) -> None:
        raise wrong_type("an InstanceExports comes from Instance.exports: it cannot be made here")

    @classmethod
    def _of(cls, instance: Instance, store: Store, items: dict[str, Extern]) -> InstanceExports:
        made = cls.__new__(cls)
        made._instance = instance
        made._fill(store, items)
        return made

    @property
    def by_index(self) -> Sequence[Extern]:
        """All exports, in the module's order."""
        return tuple(self._items.values())

    def _other(self, key: str | int | slice) -> Extern | Sequence[Extern]:
        """What is no plain name of something that is there."""
        if isinstance(key, slice):
            return self.by_index[key]
        if not isinstance(key, str):
            if not hasattr(key, "__index__"):
                raise wrong_type(f"the export is {article(key)}: expected its name, as a str, or its place, as an int")
            place = index(key, "the export")
            try:
                return self.by_index[place]
            except IndexError:
                reason = f"there is no export {shown(place)}: the instance has {len(self)}"
                raise out_of_range(reason) from None
        item = self._items.get(key)
        # The core knows how to say what is missing.
        return self._instance._export(self._store, key) if item is None else item

    def func(self, name: str) -> Func:
        """The function of that name. Raises `NotFoundError`, or `WasmTypeError` for something else."""
        return expect_extern(self[_checked(name)], Func, name)

    def global_(self, name: str) -> Global:
        """The global of that name. Raises as `func` does."""
        return expect_extern(self[_checked(name)], Global, name)

    def table(self, name: str) -> Table:
        """The table of that name. Raises as `func` does."""
        return expect_extern(self[_checked(name)], Table, name)

    def memory(self, name: str) -> Memory:
        """The memory of that name. Raises as `func` does."""
        return expect_extern(self[_checked(name)], Memory, name)

    def shared_memory(self, name: str) -> SharedMemory:
        """The shared memory of that name. Raises as `func` does."""
        return expect_extern(self[_checked(name)], SharedMemory, name)

    def tag(self, name: str) -> Tag:
        """The tag of that name. Raises as `func` does."""
        return expect_extern(self[_checked(name)], Tag, name)

    @overload
    def get(self, key: str, default: None = None) -> Extern | None: ...
    @overload
    def get(self, key: str, default: Extern | Default) -> Extern | Default: ...
    def get(self, key: str, default: object = None) -> object:
        """The export of that name, or `default`."""
        return self._items.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        try:
            more = len(self) - _SHOWN
            names = [plain(name) for name in islice(self._items, _SHOWN)] + ([f"and {more} more"] if more > 0 else [])
            return f"<InstanceExports of store {store_number(self._store)}: {', '.join(names)}>"
        except WasmTypeError:
            return "<InstanceExports, never made>"

    def _ipython_key_completions_(self) -> list[str]:
        """What IPython offers behind `exports["`."""
        return list(self)

    def _repr_html_(self) -> str:
        """A table for notebooks: the names of the first exports, with their types."""
        from ._html import counted, line, table

        try:
            rows = ([name, *_kind_and_type(item, self._store)] for name, item in self._items.items())
            title = f"{counted('export', self)} of an instance in store {store_number(self._store)}"
            return table(title, ("name", "kind", "type"), rows, len(self))
        except WasmTypeError:
            return line(repr(self))


def _kind_and_type(item: Extern, store: Store) -> tuple[str, str]:
    if isinstance(item, SharedMemory):
        # It needs no store, and `repr` has its type.
        return "SharedMemory", repr(item).removeprefix("<SharedMemory ").removesuffix(">")
    return type(item).__name__, "" if store.closed else item._type_in(store).lstrip()
