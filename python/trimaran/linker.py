"""Linkers: what instances import, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._bodies import Bodies
from ._closable import Managed
from ._handle import Handle
from ._native import LinkerLane, text
from ._setting import Configurable, switch
from ._surface import expect
from .engine import Engine
from .externs import Extern
from .func import Func, host_body
from .instance import Instance
from .instance_pre import InstancePre
from .module import Module
from .store import Storelike
from .types import FuncType


class Linker(LinkerLane, Handle, Configurable, Managed):
    """Knows things by the two parts of their name, and gives a module what it imports.

    It belongs to an engine. Host functions and WASI can be used in any store of it; everything else in the
    store that it was defined for. It can be used in a `with` statement, which closes it at the end.
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
    """Whether a name may be defined again, which otherwise raises `LinkError`. Off by default."""

    def _put(self, name: str, value: object) -> None:
        self._allow_shadowing(bool(value))
        super()._put(name, value)

    def define_func(
        self, module: str, name: str, ty: FuncType, func: Callable[..., Any], access_caller: bool = False
    ) -> None:
        """Defines a host function by that name, for modules in any store.

        `func` is called as that of a `Func` is. Each store that has an instance with it keeps it as well. Raises
        `LinkError` where the name is defined already.
        """
        names, kind = _names(module, name), expect(ty, FuncType, "the type")
        body = host_body(func, access_caller)
        self._bodies.define(names, body, lambda: self._define_func(*names, kind))

    def define_module(self, store: Storelike, name: str, module: Module) -> None:
        """Instantiates a module, and defines what it exports, by `name` and the name of the export.

        Of a WASI command, every call of an export gets an instance of its own. A WASI reactor is initialised once.
        """
        bodies = self._bodies
        bodies.using(lambda: self._define_module(store, name, module, bodies.by_number))

    def get(self, store: Storelike, module: str, name: str) -> Extern:
        """What is defined by that name, in `store`. Raises `NotFoundError`."""
        bodies = self._bodies
        return bodies.using(lambda: self._get(store, module, name, bodies.by_number))

    def get_default(self, store: Storelike, name: str) -> Func:
        """The function that a module of that name is run by: its export `""` or `_start`. Raises `NotFoundError`."""
        bodies = self._bodies
        return bodies.using(lambda: self._get_default(store, name, bodies.by_number))

    def instantiate(self, store: Storelike, module: Module) -> Instance:
        """Instantiates a module with what the linker knows.

        Raises `LinkError`, whose sentence names the first imports that are missing, with their types, and says how many
        more there are, and everything that `Instance` raises.
        """
        bodies = self._bodies
        return bodies.using(lambda: self._instantiate(store, module, bodies.by_number))

    def instantiate_pre(self, module: Module) -> InstancePre:
        """Looks up what a module imports, so that it can be instantiated many times, in any store, at little cost.

        Raises `LinkError` as `instantiate` does.
        """
        compiled = expect(module, Module, "the module")
        made, bodies = self._bodies.taking(lambda: self._instantiate_pre(compiled))
        return InstancePre._of(made, compiled, bodies)

    def close(self) -> None:
        """Closes the linker. What was made with it goes on working. Closing twice does nothing."""
        self._release()
        self._bodies.clear()


def _names(module: str, name: str) -> tuple[str, str]:
    return text(module, "the module's name"), text(name, "the name")
