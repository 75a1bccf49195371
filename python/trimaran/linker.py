"""Linkers: what instances import, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ._bodies import Bodies, HostBody
from ._closable import Managed
from ._ffi import expect
from ._handle import Handle
from ._native import LinkerBase, RunBase, text
from ._run import drive
from ._setting import Configurable, switch
from .engine import Engine
from .externs import Extern
from .func import Func, host_body
from .instance import Instance
from .instance_pre import InstancePre
from .module import Module
from .store import Storelike
from .types import FuncType


class Linker(LinkerBase, Handle, Configurable, Managed):
    """Knows things by the two parts of their name, and gives a module what it imports.

    It belongs to an engine. Its host functions and WASI work in every store of that engine, and everything else in the
    store that you defined it for. A `with` statement closes the linker at its end.
    """

    __slots__ = ("__weakref__", "_bodies", "_engine", "_values")
    _instead = "it refers to functions and stores of this process; make another one, and define the same"

    def __init__(self, engine: Engine) -> None:
        """Makes a linker that knows nothing yet."""
        self._engine = expect(engine, Engine, "the engine")
        self._make(engine)
        self._bodies = Bodies()
        self._values: dict[str, Any] = {}

    @property
    def engine(self) -> Engine:
        """The engine that it was made with."""
        return self._engine

    allow_shadowing = switch()
    """Whether you may define a name again. If not, that raises `LinkError`. Off by default."""

    def _put(self, name: str, value: object) -> None:
        self._allow_shadowing(bool(value))
        super()._put(name, value)

    def define_func(
        self, module: str, name: str, ty: FuncType, func: Callable[..., Any], access_caller: bool = False
    ) -> None:
        """Defines a host function by that name, for modules in any store.

        Guests call `func` as they call that of a `Func`, and wait for one that is an `async def`. Each store that has
        an instance with it keeps it as well. Raises `LinkError` if the name is defined already.
        """
        names, kind = _names(module, name), expect(ty, FuncType, "the type")
        body = HostBody(*host_body(func, access_caller))
        self._bodies.define(names, body, lambda: self._define_func(*names, kind, body))

    def define_module(self, store: Storelike, name: str, module: Module) -> None:
        """Instantiates a module, and defines its exports, by `name` and the name of the export.

        Each call of an export of a WASI command makes an instance of its own. A WASI reactor is initialised once.
        """
        self._define_module(store, name, module)

    def get(self, store: Storelike, module: str, name: str) -> Extern:
        """The definition with that name, in `store`.

        Raises `NotFoundError`, and `WrongStoreError` for an item of another store.
        """
        return self._get(store, module, name)

    def get_default(self, store: Storelike, name: str) -> Func:
        """The function that runs the module of that name: its export `""` or `_start`. Raises `NotFoundError`."""
        return self._get_default(store, name)

    def instantiate(self, store: Storelike, module: Module) -> Instance:
        """Instantiates a module with what the linker knows.

        Raises `LinkError` where an import is missing: its text names the first missing imports with their types, and
        says how many more there are. Also raises what `Instance` raises.
        """
        return self._instantiate(store, module)

    async def instantiate_async(self, store: Storelike, module: Module) -> Instance:
        """The same, and waits for the async host functions that the start function calls, as `Func.call_async` does."""
        came = self._begin(store, module)
        return cast(Instance, await drive(came) if type(came) is RunBase else came)

    def instantiate_pre(self, module: Module) -> InstancePre:
        """Finds a module's imports once, so that you can instantiate it many times, in any store, at little cost.

        Raises `LinkError` as `instantiate` does.
        """
        compiled = expect(module, Module, "the module")
        made, bodies = self._bodies.taking(lambda: self._instantiate_pre(compiled))
        return InstancePre._of(made, compiled, bodies)

    def close(self) -> None:
        """Closes the linker. Instances that it made go on working. A second `close` does nothing."""
        self._release()
        self._bodies.clear()


def _names(module: str, name: str) -> tuple[str, str]:
    return text(module, "the module's name"), text(name, "the name")
