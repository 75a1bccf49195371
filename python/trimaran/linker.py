"""Linkers: what instances import, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from . import _bindings as raw
from ._bodies import Bodies, Unready
from ._closable import Managed
from ._handle import Handle, handle_of
from ._native import link, linker_ready
from ._setting import Configurable, switch
from ._surface import call, expect, failure, text
from .engine import Engine
from .externs import Extern, unwrap, wrap
from .func import Func, host_body
from .instance import Instance
from .instance_pre import InstancePre
from .module import Module
from .store import Storelike, home, inside
from .types import FuncType

T = TypeVar("T")


class Linker(Handle[raw.Linker], Configurable, Managed):
    """Knows things by the two parts of their name, and gives a module what it imports.

    It belongs to an engine. Functions of the host and WASI can be used in any store of it; everything else in the
    store that it was defined for. It can be used in a `with` statement, which closes it at the end.
    """

    __slots__ = ("_bodies", "_engine", "_values")
    _instead = "it refers to functions and stores of this process; make another one, and define the same"

    def __init__(self, engine: Engine) -> None:
        """Makes a linker that knows nothing yet."""
        self._engine = expect(engine, Engine, "the engine")
        self._raw = call(raw.Linker, engine._raw)
        self._bodies = Bodies()
        self._values: dict[str, Any] = {}

    @property
    def engine(self) -> Engine:
        """The engine that it was made with."""
        return self._engine

    allow_shadowing = switch()
    """Whether a name may be defined again, which otherwise raises `LinkError`. Off by default."""

    def _put(self, name: str, value: object) -> None:
        call(self._raw.allow_shadowing, bool(value))
        super()._put(name, value)

    def define(self, store: Storelike, module: str, name: str, item: Extern) -> None:
        """Defines something of a store by that name, for modules in the same store.

        Raises `LinkError` where the name is defined already, and `WrongStoreError` for something of another store.
        """
        given, names = inside(store), _names(module, name)
        call(self._raw.define, given, *names, unwrap(item, "the item"))

    def define_func(
        self, module: str, name: str, ty: FuncType, func: Callable[..., Any], access_caller: bool = False
    ) -> None:
        """Defines a function of the host by that name, for modules in any store.

        `func` is called as that of a `Func` is. Each store that has an instance with it keeps it as well. Raises
        `LinkError` where the name is defined already.
        """
        names, kind = _names(module, name), expect(ty, FuncType, "the type")
        body = host_body(func, access_caller)
        self._bodies.define(names, body, lambda: call(self._raw.define_func, *names, kind._to_raw()))

    def define_instance(self, store: Storelike, name: str, instance: Instance) -> None:
        """Defines everything that an instance exports, by `name` and the name of the export."""
        given, exported = inside(store), expect(instance, Instance, "the instance")._raw
        call(self._raw.define_instance, given, text(name, "the name"), exported)

    def define_module(self, store: Storelike, name: str, module: Module) -> None:
        """Instantiates a module, and defines what it exports, by `name` and the name of the export.

        Of a WASI command, every call of an export gets an instance of its own. A WASI reactor is initialised once.
        """
        given, compiled = inside(store), expect(module, Module, "the module")
        word = text(name, "the name")
        self._ask(store, compiled, lambda: self._raw.define_module(given, word, compiled._raw))

    def define_wasi(self) -> None:
        """Defines WASI preview 1, `wasi_snapshot_preview1`. `Store.set_wasi` says what the guests of a store may."""
        call(self._raw.define_wasi)

    def define_unknown_imports_as_traps(self, module: Module) -> None:
        """Defines whatever function `module` imports and the linker does not know as one that traps."""
        call(self._raw.define_unknown_imports_as_traps, expect(module, Module, "the module")._raw)

    def define_unknown_imports_as_default_values(self, store: Storelike, module: Module) -> None:
        """Defines whatever `module` imports and the linker does not know: functions that give zeros and nulls, globals
        that are zero or null, and memories and tables of their smallest size."""
        given, compiled = inside(store), expect(module, Module, "the module")._raw
        call(self._raw.define_unknown_imports_as_default_values, given, compiled)

    def get(self, store: Storelike, module: str, name: str) -> Extern:
        """What is defined by that name, in `store`. Raises `NotFoundError`."""
        given, names = inside(store), _names(module, name)
        return wrap(self._ask(store, None, lambda: self._raw.get(given, *names)))

    def get_default(self, store: Storelike, name: str) -> Func:
        """The function that a module of that name is run by: its export `""` or `_start`. Raises `NotFoundError`."""
        given, word = inside(store), text(name, "the name")
        return Func._wrap(self._ask(store, None, lambda: self._raw.get_default(given, word)))

    def instantiate(self, store: Storelike, module: Module) -> Instance:
        """Instantiates a module with what the linker knows.

        Raises `LinkError`, which lists all imports that are missing with their types, and everything that `Instance`
        raises.
        """
        inside(store)
        linker, compiled = handle_of(self._raw), handle_of(expect(module, Module, "the module")._raw)

        def use() -> int:
            made = link(linker, home(store), compiled, self._bodies.by_number)
            if made is None:
                raise Unready(failure("Unexpected", reason="a host function without a body"))
            return made

        return Instance._adopt(self._bodies.using(use))

    def instantiate_pre(self, module: Module) -> InstancePre:
        """Looks up what a module imports, so that it can be instantiated many times, in any store, at little cost.

        Raises `LinkError` as `instantiate` does.
        """
        compiled = expect(module, Module, "the module")
        made, bodies = self._bodies.taking(lambda: call(self._raw.instantiate_pre, compiled._raw))
        return InstancePre._of(made, compiled, bodies)

    def _ask(self, store: Storelike, module: Module | None, ask: Callable[[], T]) -> T:
        """Asks the surface for what needs functions of the host, those of `module` or all, with their bodies."""
        linker, compiled = handle_of(self._raw), 0 if module is None else handle_of(module._raw)
        return self._bodies.asking(lambda: linker_ready(linker, home(store), compiled, self._bodies.by_number), ask)

    def close(self) -> None:
        """Closes the linker. What was made with it goes on working. Closing twice does nothing."""
        call(self._raw.release)
        self._bodies.clear()


def _names(module: str, name: str) -> tuple[str, str]:
    return text(module, "the module's name"), text(name, "the name")
