"""Linkers of components: what instances import, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._bodies import Bodies, HostBody
from .._closable import Managed
from .._ffi import expect, failure, wrong_type
from .._handle import Handle, shown_if_made
from .._identity import Constant
from .._native import ComponentLinkerBase, indefinite, text
from .._setting import Configurable, switch
from ..engine import Engine
from ..error import LinkError
from ..func import host_body
from ..module import Module
from ..store import Storelike
from .component import Component
from .instance import Instance
from .instance_pre import InstancePre
from .resource_type import ResourceType


class Linker(ComponentLinkerBase, Handle, Configurable, Managed):
    """Defines items by name, and instantiates components with the items that they import.

    ```python
    linker.instance("example:log/sink@1.0.0").define_func("write", print)
    instance = linker.instantiate(store, component)
    ```

    It belongs to an engine, and all that it defines works in every store of that. A `with` statement closes the linker
    at its end.
    """

    __slots__ = ("__weakref__", "_bodies", "_engine", "_instances", "_values")
    _instead = "it refers to functions of this process; make another one, and define the same"

    def __init__(self, engine: Engine) -> None:
        """Makes a linker that knows nothing yet."""
        self._engine = expect(engine, Engine, "the engine")
        self._make(engine)
        self._bodies = Bodies()
        # The paths that `add_instance` was called for.
        self._instances: set[tuple[str, ...]] = set()
        self._values: dict[str, Any] = {}

    @property
    def engine(self) -> Engine:
        """The engine that it was made with."""
        return self._engine

    @property
    def locked(self) -> bool:
        """Never: a linker and its places may be used at the same time."""
        return False

    allow_shadowing = switch()
    """Whether you may define a name again. If not, that raises `LinkError`. Off by default."""

    def _put(self, name: str, value: object) -> None:
        self._allow_shadowing(bool(value))
        super()._put(name, value)

    def root(self) -> LinkerInstance:
        """The linker itself, as the place of definitions."""
        return LinkerInstance._of(self, ())

    def instance(self, name: str) -> LinkerInstance:
        """The instance of that name, such as `"wasi:cli/run@0.2.0"`, as the place of definitions.

        A component that asks for a version of an interface is served by any that is compatible.
        """
        return self.root().instance(name)

    def define_wasi(self) -> None:
        """Defines WASI 0.2, and of `wasi:http` the requests that go out. What a guest may do is up to `Store.set_wasi`.

        Where the engine has `Config.wasm_component_model_async`, this defines WASI 0.3 as well, but for its HTTP.
        Of the network nothing is granted but HTTP requests of WASI 0.2, by `WasiConfig.http`.

        Raises `LinkError` if a name is defined already.
        """
        self._define_wasi()

    def add_wasip2(self) -> None:
        """Defines WASI 0.2, as `define_wasi` does. It is for code that was written for wasmtime-py."""
        self._define_wasi()

    def define_unknown_imports_as_traps(self, component: Component) -> None:
        """Defines each function that `component` imports and that is not defined yet, as one that raises `LinkError`.

        Types of resources that are not defined become new ones. Other imports stay
        undefined.
        """
        self._define_unknown_imports_as_traps(expect(component, Component, "the component"))

    def instantiate(self, store: Storelike, component: Component) -> Instance:
        """Instantiates a component with the items that it imports.

        Raises `LinkError` where imports are missing or of another type: its text names them with their types, in WIT's
        notation. Raises `LimitError` where the store has no room, and `Trap` where a start function traps.
        """
        return self.instantiate_pre(component).instantiate(store)

    async def instantiate_async(self, store: Storelike, component: Component) -> Instance:
        """The same. Start functions may wait for async host functions, as in `Func.call_async`."""
        return await self.instantiate_pre(component).instantiate_async(store)

    def instantiate_pre(self, component: Component) -> InstancePre:
        """Finds a component's imports once, so that you can instantiate it many times, in any store, at little cost.

        Raises `LinkError` as `instantiate` does.
        """
        compiled = expect(component, Component, "the component")
        made, bodies = self._bodies.taking(lambda: self._instantiate_pre(compiled))
        return InstancePre._of(made, compiled, bodies)

    def close(self) -> None:
        """Closes the linker. Instances that it made go on working. A second `close` does nothing."""
        self._release()
        self._bodies.clear()


class LinkerInstance(Constant, Managed):
    """The place of definitions in a linker: the linker itself, or an instance in it."""

    __slots__ = ("_linker", "_path")
    _making = "Linker.root and Linker.instance give one"
    _instead = "it is a place in a Linker of this process"
    _linker: Linker
    _path: tuple[str, ...]

    def __init__(self) -> None:
        raise wrong_type(
            f"{indefinite(type(self).__name__)} comes from Linker.root or Linker.instance: it cannot be made here"
        )

    @classmethod
    def _of(cls, linker: Linker, path: tuple[str, ...]) -> LinkerInstance:
        made = cls.__new__(cls)
        made._linker, made._path = linker, path
        return made

    @property
    def linker(self) -> Linker:
        """The linker."""
        return self._linker

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the instances in each other; nothing for the linker itself."""
        return self._path

    @property
    def parent(self) -> Linker | LinkerInstance:
        """The linker for its root, and the instance that it lies in for an instance."""
        return LinkerInstance._of(self._linker, self._path[:-1]) if self._path else self._linker

    @property
    def locked(self) -> bool:
        """Never: several places of one linker may be used at the same time."""
        return False

    def instance(self, name: str) -> LinkerInstance:
        """The instance of that name in this one, which is made where it is not there.

        Raises `LinkError` if something else has the name, and for a name that no component can import.
        """
        path = (*self._path, text(name, "the name"))
        self._linker._define_instance(path)
        return LinkerInstance._of(self._linker, path)

    def define_func(self, name: str, func: Callable[..., Any], access_caller: bool = False) -> None:
        """Defines a host function by that name. Its type is the one by which a component imports it.

        `func` gets the arguments as the results of a `Func` are, and returns what the argument of one may be. With
        `access_caller`, its first argument is the `Caller`. A resource that is lent to it is gone when it has returned.
        After the guest has unwound, the outermost call raises whatever `func` raised, as the very same object. For a
        result that does not fit it raises `WasmTypeError` or `RangeError`.

        Raises `LinkError` if the name is defined already, and for a name that no component can import.
        """
        self._define(text(name, "the name"), HostBody(*host_body(func, access_caller)))

    def _define(self, name: str, body: HostBody) -> None:
        linker, path = self._linker, self._path
        linker._bodies.define((*path, name), body, lambda: linker._define_func(path, name, body))

    def define_module(self, name: str, module: Module) -> None:
        """Defines a module, which components instantiate themselves. Raises `LinkError` as `define_func` does."""
        self._linker._define_module(self._path, name, expect(module, Module, "the module"))

    def define_resource(self, name: str, ty: ResourceType | None = None) -> ResourceType:
        """Defines a type of resources of the host's, a new one if none is given, and returns it.

        Host functions then give guests any objects where the guest imports an `own` or a `borrow` of that type, and get
        the very same objects back. `ResourceType.host(drop=...)` makes a type that tells you when a guest drops one.
        Raises `LinkError` as `define_func` does, and `WasmTypeError` for a guest's type.
        """
        found = ResourceType.host() if ty is None else expect(ty, ResourceType, "the type")
        linker, path = self._linker, self._path
        body = found._drop_body()
        if body is None:
            linker._define_resource(path, name, found)
        else:
            names = (*path, text(name, "the name"))
            linker._bodies.define(names, body, lambda: linker._define_resource(path, name, found))
        return found

    def add_instance(self, name: str) -> LinkerInstance:
        """A new instance in this one. Raises `LinkError` if there is one of that name."""
        path = (*self._path, text(name, "the name"))
        linker = self._linker
        if path in linker._instances and not linker.allow_shadowing:
            reason = f"`{name}` is defined already, as an instance: allow shadowing to replace it"
            raise _link_error(reason, name)
        made = self.instance(name)
        linker._instances.add(path)
        return made

    def add_func(self, name: str, func: Callable[..., Any]) -> None:
        """Defines a host function that gets its `Caller` first, as wasmtime-py has them."""
        self.define_func(name, func, access_caller=True)

    def add_module(self, name: str, module: Module) -> None:
        """Defines a module, as `define_module` does."""
        self.define_module(name, module)

    def add_resource(self, name: str, ty: ResourceType, dtor: Callable[[Any, int], object]) -> None:
        """Defines a type of resources by which guests have each `ResourceHost` of its number, as wasmtime-py has them.

        When a guest drops one that it owns, `dtor` is called with the store and the number of the resource. So it is
        for those that guests still own when their store is closed or collected. What it raises comes out of the
        outermost call, and goes to `sys.unraisablehook` where there is none.
        """
        body = host_body(dtor, False)[0]
        self.define_resource(name, ty)
        ty._dtor = body

    def __repr__(self) -> str:
        return shown_if_made(self, lambda: " ".join(map(repr, self._path)) or "of the linker itself")


def _link_error(reason: str, name: str) -> LinkError:
    made = failure("Link", reason=reason, module="", name=name)
    assert isinstance(made, LinkError)
    return made
