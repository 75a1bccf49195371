"""The steps of shared cases about async calls, by asyncio."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar, cast

from bodies import Body, Thrown, body, results_of
from case import Kept
from case_core import func_type
from case_linker import LinkerCase
from step import Json, Problem, Step
from trimaran import Caller, Func, FuncType, Instance, InstancePre, Store, Val, ValType

T = TypeVar("T")
Task = asyncio.Task[Any]
# In so many turns of the loop, everything has gone on that can.
TURNS = 40


class AsyncCase(LinkerCase):
    """A case with tasks. They go on while a step waits, and for as long as they can after one that begins one."""

    def __init__(self) -> None:
        super().__init__()
        self._loop: asyncio.AbstractEventLoop | None = None
        # The host functions that wait, by the name of their bodies, the eldest first.
        self._held: dict[str, list[asyncio.Future[Json]]] = {}

    def waited(self, work: Coroutine[Any, Any, T]) -> T:
        """What it gives, while all tasks go on."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self.ending.callback(self._end)
        return self._loop.run_until_complete(work)

    def _end(self) -> None:
        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.waited(end())
        assert self._loop is not None
        self._loop.close()

    def _op_call_async(self, step: Step) -> list[Json]:
        (store, func), args = self._func(step), step.value("args")
        ty = func.type(store)
        return self._shown_all(self.waited(func.call_async(store, *self._fitting(args, ty))), ty.results, store)

    def _fitting(self, values: list[Json], ty: FuncType) -> list[Any]:
        fitting = [self.fitting(*each) for each in zip(values, ty.params, strict=False)]
        return fitting + [self.val(value) for value in values[len(ty.params) :]]

    def _shown_all(self, results: Any, types: list[ValType], store: Store) -> list[Json]:
        values = [] if not types else [results] if len(types) == 1 else results
        return [self._shown(_val(value, ty), store) for value, ty in zip(values, types, strict=True)]

    def _op_start(self, step: Step) -> Kept:
        (store, func), given = self._func(step), step.value("args")
        ty = func.type(store)
        args = self._fitting(given, ty)

        async def begin() -> Task:
            task = asyncio.create_task(func.call_async(store, *args))
            await turns()
            return task

        return Kept(Begun(self.waited(begin()), ty.results))

    def _op_join(self, step: Step) -> list[Json]:
        begun, store = self._get(step, "task", Begun), self._store(step)
        return self._shown_all(self.waited(joined(begun.task)), begun.types, store)

    def _op_cancel(self, step: Step) -> None:
        begun = self._get(step, "task", Begun)

        async def cancel() -> bool:
            begun.task.cancel()
            await asyncio.wait([begun.task])
            await turns()
            return begun.task.cancelled()

        if begun.task.done() or not self.waited(cancel()):
            raise Problem("it was not cancelled")

    def _op_release(self, step: Step) -> None:
        self.release(step.text("hold"), step.optional("throw"), step.optional("values"))

    def release(self, name: str, throw: str | None, given: Json) -> None:
        """Lets the eldest function go on that waits by that name."""

        async def eldest() -> asyncio.Future[Json]:
            for _ in range(TURNS):
                held = self._held.setdefault(name, [])
                while held:
                    future = held.pop(0)
                    if not future.done():
                        return future
                await asyncio.sleep(0)
            raise Problem(f"nothing is held as `{name}`")

        self.waited(eldest()).set_result((throw, given))

    async def held(self, name: str) -> Json:
        """What a step releases a function with that waits by that name."""
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._held.setdefault(name, []).append(future)
        throw, given = await future
        if throw is not None:
            thrown = Thrown(throw)
            self.keep(throw, thrown)
            raise thrown
        return given

    def _op_instance_async(self, step: Step) -> Kept:
        names: list[str] = step.optional("imports") or []
        imports = [self._import(name) for name in names]
        return Kept(self.waited(Instance.create_async(self._store(step), self._module(step), imports)))

    def _op_link_async(self, step: Step) -> Kept:
        linker, store = self._in_store(step)
        return Kept(self.waited(linker.instantiate_async(store, self._module(step))))

    def _op_instantiate_async(self, step: Step) -> Kept:
        return Kept(self.waited(self._get(step, "pre", InstancePre).instantiate_async(self._store(step))))

    def _host_body(self, step: Step, name: str) -> Body:
        """What a host function does. An async one lets others go on first."""
        fields = step.value("body")
        return self._async_body(name, fields) if step.optional("async") else body(self, name, fields)

    def _async_body(self, name: str, fields: dict[str, Json]) -> Body:
        step = Step(fields)
        match step.text("op"):
            case "call":
                made = self._calls(step)
            case "gather":
                made = self._gathers(step)
            case "hold":
                made = self._holds(step)
            case "leave":
                made = self._leaves(step)
            case "call_now":
                return later(body(self, name, {**fields, "op": "call"}))
            case _:
                return later(body(self, name, fields))
        step.check_all_used()
        return later(made)

    def _calls(self, step: Step) -> Body:
        name, given = step.text("func"), step.value("args")

        async def call(caller: Caller, *_arguments: object) -> Any:
            return await self.named(name, Func).call_async(caller, *map(self.val, given))

        return call

    def _gathers(self, step: Step) -> Body:
        name, given = step.text("func"), step.value("args")

        async def gather(caller: Caller, *_arguments: object) -> Any:
            func = self.named(name, Func)
            calls = [func.call_async(caller, *map(self.val, args)) for args in given]
            return results_of([value for done in await asyncio.gather(*calls) for value in _listed(done)])

        return gather

    def _holds(self, step: Step) -> Body:
        name = step.text("as")

        async def hold(_caller: Caller, *_arguments: object) -> Any:
            return results_of([self.val(value) for value in await self.held(name)])

        return hold

    def _leaves(self, step: Step) -> Body:
        name, given, kept, values = step.text("func"), step.value("args"), step.text("as"), step.value("values")

        async def leave(caller: Caller, *_arguments: object) -> Any:
            func = self.named(name, Func)
            task = asyncio.create_task(func.call_async(caller, *map(self.val, given)))
            self.keep(kept, Begun(task, func.type(caller).results))
            await turns()
            return results_of([self.val(value) for value in values])

        return leave

    def _op_host(self, step: Step) -> Kept:
        made = self._host_body(step, str(step.optional("as")))
        return Kept(Func(self._store(step), func_type(step), made, access_caller=True))

    def _op_define_func(self, step: Step) -> None:
        name, ty = step.text("name"), func_type(step)
        made = self._host_body(step, name)
        self._linker(step).define_func(step.text("from"), name, ty, made, access_caller=True)


class Begun:
    """A call that was begun, and the types of its results."""

    def __init__(self, task: Task, types: list[ValType] | None = None) -> None:
        self.task, self.types = task, types or []


def later(function: Body) -> Body:
    """A host function that lets others go on first."""

    async def wait(*given: Any) -> Any:
        await asyncio.sleep(0)
        done = function(*given)
        return await done if inspect.isawaitable(done) else done

    return wait


async def turns() -> None:
    """Lets everything go on that can."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def joined(task: Task) -> Any:
    """What a task gives, which does not wait for ever."""
    done, _ = await asyncio.wait([task], timeout=20)
    if not done:
        raise Problem("it waits for ever")
    return task.result()


def _listed(results: Any) -> list[Any]:
    if type(results) is list:
        return list(cast(Iterable[Any], results))
    return [] if results is None else [results]


def _val(value: Any, ty: ValType) -> Val:
    """What a call gave, with its type."""
    match str(ty):
        case "i32":
            return Val.i32(value)
        case "i64":
            return Val.i64(value)
        case "f32":
            return Val.f32(value)
        case "f64":
            return Val.f64(value)
        case "v128":
            return Val.v128(value)
        case name if "func" in name:
            return Val.funcref(value)
        case _:
            return Val.externref(value)
