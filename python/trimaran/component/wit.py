"""What generated bindings are made with. Programs use the bindings; this is for those, and may change in each version.

Decorators note on each class what it was generated from: its *shape*. A shape is the word of a plain type (`"u32"`), a
tuple of a word and parts (`("list", "u8")`), or a class that has one. The extension module makes objects of these
classes straight from a component's values, after it has compared their shapes with the types of the component.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import Enum, Flag
from inspect import isawaitable
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

from .._bodies import HostBody
from .._ffi import BytesLike as BytesLike
from .._ffi import failure, wrong_type
from .._run import waits
from ..error import NotFoundError, WasmTypeError
from ..store import Store
from .instance import Instance
from .linker import Linker, LinkerInstance
from .resource import Resource

Shape: TypeAlias = Any
"""The shape of a type, or `None` for nothing."""

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
R = TypeVar("R", bound=Resource)
T = TypeVar("T")

MaybeAwaitable: TypeAlias = Awaitable[T] | T
"""What a function of the host returns that may be an `async def`, and need not."""

_NOTE = "__wit__"


def record(*fields: tuple[str, Shape]) -> Callable[[C], C]:
    """Notes the names and the shapes of a record's fields on its data class."""

    def decorated(cls: C) -> C:
        attributes = [field.name for field in dataclasses.fields(cast(Any, cls))]
        parts = [(name, attribute, shape) for (name, shape), attribute in zip(fields, attributes, strict=True)]
        return _noted(cls, ("record", cls, tuple(parts)))

    return decorated


def variant(cls: C) -> C:
    """Begins a variant, whose cases derive from this class."""
    cases: list[object] = []
    return _noted(cls, ("variant", cls, cases))


def case(name: str, payload: Shape) -> Callable[[C], C]:
    """Notes the name and the shape of the payload of a case of a variant."""

    def decorated(cls: C) -> C:
        base = cast(Any, cls).__base__
        getattr(base, _NOTE)[2].append((name, cls, payload))
        return cls

    return decorated


def enum(*names: str) -> Callable[[C], C]:
    """Notes the names of the cases of an enumeration."""

    def decorated(cls: C) -> C:
        return _noted(cls, ("enum", cls, names, tuple(cast("type[Enum]", cls))))

    return decorated


def flags(*names: str) -> Callable[[C], C]:
    """Notes the names of flags, from the lowest bit on."""

    def decorated(cls: C) -> C:
        return _noted(cls, ("flags", cls, names, tuple(cast("type[Flag]", cls))))

    return decorated


def resource(name: str) -> Callable[[C], C]:
    """Notes the name of a resource that the host has."""

    def decorated(cls: C) -> C:
        return _noted(cls, name)

    return decorated


def imported(
    name: str,
    params: Sequence[tuple[str, Shape]],
    result: Shape,
    error: type[BaseException] | None = None,
    *,
    waits: bool = False,
) -> Callable[[F], F]:
    """Notes the name and the shapes of a function that the host has.

    With `waits`, components wait for a method of a resource, whether it is an `async def` or not.
    """

    def decorated(function: F) -> F:
        setattr(function, _NOTE, (name, (params, result, error), waits))
        return function

    return decorated


def _noted(cls: C, shape: object) -> C:
    setattr(cls, _NOTE, shape)
    return cls


class Bound:
    """An instance, and what its functions are bound to."""

    __slots__ = ("_homes", "_instance", "store")
    store: Store
    """The store of the instance."""

    def __init__(self, store: Store, instance: Instance) -> None:
        self.store = store
        self._instance = instance
        # By the classes of resources, what has the functions that their objects call.
        self._homes: dict[type, Any] = {}

    def place(self, functions: Any, path: Sequence[str], *resources: type) -> Place:
        """The place of some functions. `functions` has those that objects of `resources` call."""
        # Their results may be objects that call functions of other places.
        functions.uses = tuple(self._homes.values())
        self._homes.update(dict.fromkeys(resources, functions))
        return Place(self.store, self._instance, path, self._homes)


class Place:
    """An instance, or an instance that it exports."""

    __slots__ = ("_homes", "_instance", "_path", "_store")

    def __init__(self, store: Store, instance: Instance, path: Sequence[str], homes: dict[type, Any]) -> None:
        self._store, self._instance, self._path, self._homes = store, instance, path, homes

    def func(
        self, name: str, params: Sequence[tuple[str, Shape]], result: Shape, error: type[BaseException] | None = None
    ) -> Callable[..., Any]:
        """The function of that name. Raises `LinkError` where there is none, or its type is another one."""
        try:
            found = self._instance.func(self._store, *self._path, name)
        except (NotFoundError, WasmTypeError) as failed:
            reason = f"the bindings were made for another component: {failed}: make the bindings again"
            raise failure("Link", reason=reason, module="", name="") from failed
        names = " ".join(f"`{part}`" for part in (*self._path, name))
        bound = found._bound(names, params, result, error, self._homes)._in(self._store)
        # Generated methods call what belongs to a resource, by place: one or two arguments need no tuple.
        by_place = {1: bound._one, 2: bound._two} if name.startswith("[method]") else {}
        return cast("Callable[..., Any]", by_place.get(len(params), bound))


def bind(store: Store, instance: Instance) -> Bound:
    """Begins to bind an instance."""
    return Bound(store, instance)


def functions(api: Any) -> Any:
    """The functions of an interface."""
    return api._functions


def call_async(function: Callable[P, T], /, *params: P.args, **keywords: P.kwargs) -> Coroutine[Any, Any, T]:
    """Calls a function of a component, which may wait for async functions of the host."""
    # What is called by place is a method of what is bound.
    bound: Any = getattr(function, "__self__", function)
    called: Coroutine[Any, Any, T] = bound.call_async(*params, **keywords)
    return called


def attach(api: object, cls: type, /, **functions: Any) -> None:
    """Lets a call of a method of `cls` go straight to its function. What overrides a method stays as it is."""
    for name, function in functions.items():
        method = vars(cls)[name]
        if getattr(type(api), name) is method:
            code = method.__code__
            setattr(api, name, function._named(method, code.co_varnames[1 : code.co_argcount]))


def adopt(made: Resource, functions: Any, other: Resource) -> None:
    """Makes a new object of a generated class stand for what a constructor gave."""
    made._take(other)
    made._store = other._store
    cast(Any, made)._functions = functions


async def create_async(
    cls: type[R], functions: Any, make: Callable[P, Resource], /, *params: P.args, **keywords: P.kwargs
) -> R:
    """Makes an object of a generated class by a constructor, which may wait for async functions of the host."""
    given = await call_async(make, *params, **keywords)
    made = cls.__new__(cls)
    adopt(made, functions, given)
    return made


def define(linker: Linker, path: str | None, protocol: type, implementation: object, *resources: type) -> None:
    """Defines what a protocol declares, as an object has it."""
    place = linker.root() if path is None else linker.instance(path)
    for cls in resources:
        place.define_resource(getattr(cls, _NOTE))
        for attribute, (name, shape, is_async) in _declared(cls):
            _define(place, name, _async_method(attribute) if is_async else _method(attribute), shape)
    for attribute, (name, shape, _) in _declared(protocol):
        function = getattr(implementation, attribute, None)
        if not callable(function):
            where = "" if path is None else f" of `{path}`"
            raise wrong_type(
                f"{type(implementation).__name__} has no method {attribute!r}, by which `{name}`{where} is called"
            )
        _define(place, name, function, shape)


def _define(place: LinkerInstance, name: str, function: Callable[..., Any], shape: object) -> None:
    place._define(name, HostBody(function, False, waits(function), shape))


def _declared(cls: type) -> list[tuple[str, tuple[str, object, bool]]]:
    found = ((name, getattr(value, _NOTE, None)) for name, value in vars(cls).items() if callable(value))
    return [(name, note) for name, note in found if note is not None]


def _method(name: str) -> Callable[..., Any]:
    def called(self: object, *arguments: Any) -> Any:
        return getattr(self, name)(*arguments)

    return called


def _async_method(name: str) -> Callable[..., Any]:
    async def called(self: object, *arguments: Any) -> Any:
        given = getattr(self, name)(*arguments)
        return await given if isawaitable(given) else given

    return called
