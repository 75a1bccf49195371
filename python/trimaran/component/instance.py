"""Instances of components."""

from __future__ import annotations

from contextlib import suppress

from .._handle import StoreItem
from .._identity import Constant
from .._native import ComponentInstanceBase
from ..error import NotFoundError, WasmTypeError
from ..module import Module
from ..store import Storelike
from .component import Component, ExportIndex
from .func import Func
from .resource_type import ResourceType


class Instance(ComponentInstanceBase, Constant, StoreItem):
    """An instance of a component. It belongs to one store.

    What it exports has a path: the names of the instances in each other, and the item's own name.
    """

    __slots__ = ("__weakref__", "_component")
    _instead = "it lives in its store; instantiate its component again"
    _component: Component

    def func(self, store: Storelike, *path: str) -> Func:
        """The function of that path: `instance.func(store, "wasi:cli/run@0.2.0", "run")`.

        Raises `NotFoundError`, which names what there is, and `WasmTypeError` for something else.
        """
        return self._func(store, path)

    def module(self, store: Storelike, *path: str) -> Module:
        """The module of that path. Raises as `func` does."""
        return self._module(store, path)

    def resource(self, store: Storelike, *path: str) -> ResourceType:
        """The type of the resource of that path. Raises as `func` does."""
        return self._resource(store, path)

    def get_export_index(self, store: Storelike, name: str, instance: ExportIndex | None = None) -> ExportIndex | None:
        """Where an export is, or `None`: by `instance`, an instance that this one exports has it."""
        self._alive(store)
        return self._component.get_export_index(name, instance)

    def get_func(self, store: Storelike, index: ExportIndex | str) -> Func | None:
        """The function of that name, or at that place, or `None`."""
        if isinstance(index, ExportIndex):
            if index._component is not self._component:
                self._alive(store)
                return None
            path = index._path
        else:
            path = (index,)
        try:
            return self._func(store, path)
        except (NotFoundError, WasmTypeError):
            self._alive(store)
            return None

    def _alive(self, store: Storelike) -> None:
        """Raises unless the store is its own, and open."""
        with suppress(NotFoundError):
            self._resource(store, ["\0"])
