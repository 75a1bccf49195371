"""The steps of shared cases about components."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bodies import Thrown
from case import Kept
from case_core import CoreCase, source
from component_values import from_value, to_value
from guests import MODULES
from program import compiled
from shown import HostObject
from step import Json, Problem, Step
from trimaran import Caller, Store, WasmtimeError
from trimaran.component import (
    Component,
    ComponentInstanceType,
    Func,
    FuncType,
    IncomingHandler,
    IncomingRequest,
    Instance,
    InstancePre,
    Linker,
    LinkerInstance,
    Ok,
    Resource,
    ResourceType,
    ResponseHead,
)

Body = Callable[..., Any]


def _listed(headers: list[tuple[str, bytes]]) -> str:
    return "{" + ", ".join(f"{name}: {value.decode('latin-1')}" for name, value in headers) + "}"


class Collected:
    """What a host function was given, and where a component imports it."""

    def __init__(self, path: list[str]) -> None:
        self.path, self.calls = path, list[tuple[Any, ...]]()
        self.type: FuncType | None = None

    def linked(self, component: Component) -> None:
        """Takes the type by which a component imports it."""
        items: dict[str, Any] = component.type.imports()
        for name in self.path[:-1]:
            inner = items.get(name)
            items = inner.exports() if isinstance(inner, ComponentInstanceType) else {}
        found = items.get(self.path[-1])
        self.type = found if isinstance(found, FuncType) else self.type


class ComponentCase(CoreCase):
    """A case with components."""

    def __init__(self) -> None:
        super().__init__()
        self._collected: dict[str, Collected] = {}
        self._dropped: dict[str, list[object]] = {}

    def component_value(self, value: Json) -> Any:
        """What a user writes for a value."""
        return to_value(value, self._look)

    def _look(self, kind: str, name: str) -> object:
        if kind == "object":
            return self._hosts.setdefault(name, HostObject(name))
        return self.named(name, Resource)

    def _name(self, value: Any) -> Json:
        if isinstance(value, Resource):
            return ["resource"]
        is_same = isinstance(value, HostObject) and self._hosts.get(value.text) is value
        return ["object", value.text] if is_same else ["another object"]

    def _component(self, step: Step) -> Component:
        return self._get(step, "component", Component)

    def _place(self, step: Step) -> LinkerInstance:
        place = self._get(step, "linker", Linker).root()
        for name in step.value("path"):
            place = place.instance(name)
        return place

    def _linked(self, component: Component) -> Component:
        for collected in self._collected.values():
            collected.linked(component)
        return component

    def _op_component(self, step: Step) -> Kept:
        engine = self._engine(step)
        if step.has("file"):
            return Kept(Component.from_file(engine, MODULES / step.text("file")))
        if step.has("program"):
            return Kept(compiled(Component, engine, step.text("program")))
        return Kept(Component(engine, source(step)))

    def _op_validate_component(self, step: Step) -> None:
        Component.validate(self._engine(step), source(step))

    def _op_component_precompile(self, step: Step) -> Kept:
        return Kept(Component.precompile(self._engine(step), source(step)))

    def _op_component_serialize(self, step: Step) -> Kept:
        return Kept(self._component(step).serialize())

    def _op_component_deserialize(self, step: Step) -> Kept:
        return Kept(Component.deserialize(self._engine(step), self._artifact(step)))

    def _op_component_pack(self, step: Step) -> Kept:
        return Kept(self._component(step).pack())

    def _op_component_unpack(self, step: Step) -> Kept:
        return Kept(Component.unpack(self._artifact(step)))

    def _op_component_imports(self, step: Step) -> list[str]:
        return [f"{name}: {ty}" for name, ty in self._component(step).type.imports().items()]

    def _op_component_exports(self, step: Step) -> list[str]:
        return [f"{name}: {ty}" for name, ty in self._component(step).type.exports().items()]

    def _op_component_linker(self, step: Step) -> Kept:
        return Kept(Linker(self._engine(step)))

    def _op_component_shadowing(self, step: Step) -> None:
        self._get(step, "linker", Linker).allow_shadowing = step.value("allow")

    def _op_component_define(self, step: Step) -> None:
        name = step.text("name")
        body = self._body([*step.value("path"), name], Step(step.value("body")))
        self._place(step).define_func(name, body, access_caller=True)

    def _op_component_define_instance(self, step: Step) -> None:
        self._place(step)

    def _op_component_define_module(self, step: Step) -> None:
        name, module = step.text("name"), self._module(step)
        self._place(step).define_module(name, module)

    def _op_component_define_resource(self, step: Step) -> Kept:
        name, place = step.text("name"), self._place(step)
        dropped = step.optional("drops")
        if dropped is None:
            return Kept(place.define_resource(name))
        objects: list[object] = []
        self._dropped[str(dropped)] = objects
        return Kept(place.define_resource(name, ResourceType.host(drop=objects.append)))

    def _op_component_dropped(self, step: Step) -> Json:
        return [self._name(found) for found in self._dropped[step.text("host")]]

    def _op_component_unknown_imports_as_traps(self, step: Step) -> None:
        self._get(step, "linker", Linker).define_unknown_imports_as_traps(self._component(step))

    def _op_component_define_wasi(self, step: Step) -> None:
        self._get(step, "linker", Linker).define_wasi()

    def _op_component_link(self, step: Step) -> Kept:
        store, component = self._store(step), self._linked(self._component(step))
        return Kept(self._get(step, "linker", Linker).instantiate(store, component))

    def _op_component_pre(self, step: Step) -> Kept:
        return Kept(self._get(step, "linker", Linker).instantiate_pre(self._linked(self._component(step))))

    def _op_component_instantiate(self, step: Step) -> Kept:
        return Kept(self._get(step, "pre", InstancePre).instantiate(self._store(step)))

    def _op_component_serve(self, step: Step) -> str:
        engine, (method, path, body) = self._engine(step), step.value("request")
        milliseconds = step.optional("timeout")
        timeout = None if milliseconds is None else milliseconds / 1000
        heads, pieces = list[ResponseHead](), list[bytes]()

        def respond(head: ResponseHead) -> Callable[[bytes], None]:
            heads.append(head)
            return pieces.append

        headers = {"X-Echo": "é", "Connection": "close"}
        request = IncomingRequest(method, path, authority="example.com:8080", headers=headers, body=body)
        handler = IncomingHandler(self._get(step, "pre", InstancePre), lambda: Store(engine), timeout=timeout)
        trailers = handler.handle(request, respond)
        (head,) = heads
        return f"{head.status} {_listed(head.headers)} {b''.join(pieces).decode()} {_listed(trailers)}"

    def _exported(self, step: Step) -> tuple[Instance, Store, list[str]]:
        return self._get(step, "instance", Instance), self._store(step), step.value("path")

    def _op_component_func(self, step: Step) -> Kept:
        instance, store, path = self._exported(step)
        return Kept(instance.func(store, *path))

    def _op_component_func_type(self, step: Step) -> str:
        return str(self._get(step, "func", Func).type())

    def _op_component_module(self, step: Step) -> Kept:
        instance, store, path = self._exported(step)
        return Kept(instance.module(store, *path))

    def _op_component_resource(self, step: Step) -> Kept:
        instance, store, path = self._exported(step)
        return Kept(instance.resource(store, *path))

    def _op_component_same_resource(self, step: Step) -> bool:
        return self._get(step, "resource", ResourceType) == self._get(step, "other", ResourceType)

    def _call(self, step: Step) -> tuple[Func, Any]:
        func, store = self._get(step, "func", Func), self._store(step)
        given = [self.component_value(value) for value in step.value("args")]
        return func, func(store, *given)

    def _op_component_call(self, step: Step) -> Json:
        func, result = self._call(step)
        return from_value(result, func.type().result, self._name)

    def _op_component_keep(self, step: Step) -> Kept:
        _, result = self._call(step)
        if isinstance(result, Ok):
            result = result.value
        if not isinstance(result, Resource):
            raise Problem(f"it gave {result!r}: expected a resource")
        return Kept(result)

    def _op_component_drop(self, step: Step) -> None:
        self._get(step, "resource", Resource).drop(self._store(step))

    def _op_component_is_alive(self, step: Step) -> bool:
        return self._get(step, "resource", Resource).alive

    def _op_component_collected(self, step: Step) -> Json:
        found = self._collected.get(step.text("host"))
        if found is None or found.type is None:
            raise Problem("it collects nothing")
        types = [ty for _, ty in found.type.params]
        return [[from_value(*pair, self._name) for pair in zip(call, types, strict=True)] for call in found.calls]

    def _body(self, path: list[str], step: Step) -> Body:
        """The host function that a step asks for. It takes its caller."""
        make = getattr(self, f"_body_{step.text('op')}", None)
        if make is None:
            raise Problem(f"unknown body `{step.text('op')}`")
        made: Body = make(path, step)
        step.check_all_used()
        return made

    def _body_echo(self, _path: list[str], _step: Step) -> Body:
        return lambda _caller, *given: given[0]

    def _body_give(self, _path: list[str], step: Step) -> Body:
        value = step.value("value")
        return lambda _caller, *_given: self.component_value(value)

    def _body_throw(self, _path: list[str], step: Step) -> Body:
        name = step.text("as")

        def throw(_caller: Caller, *_given: object) -> None:
            thrown = Thrown(name)
            self.keep(name, thrown)
            raise thrown

        return throw

    def _body_call(self, _path: list[str], step: Step) -> Body:
        name, values = step.text("func"), step.value("args")

        def call(caller: Caller, *_given: object) -> Any:
            return self.named(name, Func)(caller, *[self.component_value(value) for value in values])

        return call

    def _body_forward(self, _path: list[str], step: Step) -> Body:
        name, store = step.text("func"), step.text("store")
        return lambda _caller, *given: self.named(name, Func)(self.named(store, Store), *given)

    def _body_collect(self, path: list[str], step: Step) -> Body:
        collected = self._collected[step.text("as")] = Collected(path)
        value = step.value("value")

        def collect(_caller: Caller, *given: Any) -> Any:
            collected.calls.append(given)
            return self.component_value(value)

        return collect

    def _body_close(self, _path: list[str], step: Step) -> Body:
        name = step.text("store")
        return lambda _caller, *_given: self.named(name, Store).close()

    def _body_drop(self, _path: list[str], _step: Step) -> Body:
        return lambda caller, resource, *_given: resource.drop(caller)

    def _body_try_drop(self, _path: list[str], step: Step) -> Body:
        name, variant = step.text("resource"), step.text("variant")

        def dropped(caller: Caller, *_given: Any) -> None:
            with pytest.raises(WasmtimeError) as failed:
                self.named(name, Resource).drop(caller)
            assert failed.value.variant == variant

        return dropped

    def _body_escape(self, _path: list[str], step: Step) -> Body:
        name = step.text("as")
        return lambda _caller, resource, *_given: self.keep(name, resource)
