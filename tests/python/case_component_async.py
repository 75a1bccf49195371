"""The steps of shared cases about async calls of components."""

from __future__ import annotations

import asyncio
from typing import Any

from case import Kept
from case_async import AsyncCase, Begun, joined, later, turns
from case_component import Body, ComponentCase
from component_values import from_value
from step import Json, Step
from trimaran import Caller
from trimaran.component import Func, InstancePre, Linker


class BegunOfComponent(Begun):
    """A call of a component that was begun, and its function."""

    def __init__(self, task: asyncio.Task[Any], func: Func) -> None:
        super().__init__(task)
        self.func = func


class ComponentAsyncCase(ComponentCase, AsyncCase):
    """A case with components that wait."""

    def _op_component_define(self, step: Step) -> None:
        name, path = step.text("name"), [*step.value("path"), step.text("name")]
        fields = step.value("body")
        body = self._async_component_body(path, fields) if step.optional("async") else self._body(path, Step(fields))
        self._place(step).define_func(name, body, access_caller=True)

    def _async_component_body(self, path: list[str], fields: dict[str, Json]) -> Body:
        step = Step(fields)
        match step.text("op"):
            case "call":
                name, given = step.text("func"), step.value("args")

                async def call(caller: Caller, *_given: object) -> Any:
                    return await self.named(name, Func).call_async(caller, *map(self.component_value, given))

                made: Body = call
            case "hold":
                held = step.text("as")

                async def hold(_caller: Caller, *_given: object) -> Any:
                    return self.component_value(await self.held(held))

                made = hold
            case "call_now":
                return later(self._body(path, Step({**fields, "op": "call"})))
            case _:
                return later(self._body(path, step))
        step.check_all_used()
        return later(made)

    def _component_begun(self, step: Step) -> BegunOfComponent:
        func, store = self._get(step, "func", Func), self._store(step)
        given = [self.component_value(value) for value in step.value("args")]

        async def begin() -> asyncio.Task[Any]:
            task = asyncio.create_task(func.call_async(store, *given))
            await turns()
            return task

        return BegunOfComponent(self.waited(begin()), func)

    def _component_joined(self, begun: BegunOfComponent) -> Json:
        return from_value(self.waited(joined(begun.task)), begun.func.type().result, self._name)

    def _op_component_call_async(self, step: Step) -> Json:
        return self._component_joined(self._component_begun(step))

    def _op_component_start(self, step: Step) -> Kept:
        return Kept(self._component_begun(step))

    def _op_component_join(self, step: Step) -> Json:
        self._store(step)
        return self._component_joined(self._get(step, "task", BegunOfComponent))

    def _op_component_release(self, step: Step) -> None:
        self.release(step.text("hold"), step.optional("throw"), step.optional("value"))

    def _op_component_link_async(self, step: Step) -> Kept:
        store, component = self._store(step), self._linked(self._component(step))
        return Kept(self.waited(self._get(step, "linker", Linker).instantiate_async(store, component)))

    def _op_component_instantiate_async(self, step: Step) -> Kept:
        return Kept(self.waited(self._get(step, "pre", InstancePre).instantiate_async(self._store(step))))
