"""The steps of shared cases about streams and futures of components."""

# Nobody knows what a stream of any type gives.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from bodies import Thrown
from case import Kept
from case_async import joined
from case_component import Body
from case_component_async import ComponentAsyncCase
from component_values import from_value
from step import Json, Problem, Step
from trimaran import Caller
from trimaran.component import U8, Func, Future, FutureType, Stream, StreamType, ValType


class End:
    """A stream or a future that a guest gave, and its type."""

    def __init__(self, of: Stream | Future, ty: ValType | None) -> None:
        self.of, self.type = of, ty

    def shown(self, value: Any) -> Json:
        """What was read, as the cases write it."""

        def name(_value: Any) -> Json:
            raise Problem("it has no resources")

        if isinstance(self.type, FutureType):
            return from_value(value, self.type.payload, name)
        assert isinstance(self.type, StreamType)
        if isinstance(self.type.payload, U8):
            assert type(value) is bytes
            return ["bytes", value.hex()]
        return ["list", [from_value(item, self.type.payload, name) for item in value]]


class ComponentStreamsCase(ComponentAsyncCase):
    """A case with streams and futures of components."""

    def component_value(self, value: Json) -> Any:
        """What a user writes for a value."""
        match value:
            case ["stream", str(name)]:
                return self.named(name, End).of
            case ["parts", [*given]]:
                return self._parts(given, None)
            case ["parts_now", [*given]]:
                return self._parts_now(given, None)
            case ["failing", [*given], str(name)]:
                return self._parts(given, name)
            case ["failing_now", [*given], str(name)]:
                return self._parts_now(given, name)
            case ["later", given]:
                return self._later(given)
            case _:
                return super().component_value(value)

    def _parts_now(self, given: list[Json], failing: str | None) -> Iterator[Any]:
        yield from map(self.component_value, given)
        if failing is not None:
            self._throw(failing)

    async def _parts(self, given: list[Json], failing: str | None) -> AsyncIterator[Any]:
        for part in given:
            await asyncio.sleep(0)
            yield self.component_value(part)
        if failing is not None:
            self._throw(failing)

    async def _later(self, given: Json) -> Any:
        await asyncio.sleep(0)
        return self.component_value(given)

    def _throw(self, name: str) -> None:
        thrown = Thrown(name)
        self.keep(name, thrown)
        raise thrown

    def _kept_end(self, func: Func, result: Any) -> Kept:
        if not isinstance(result, (Stream, Future)):
            raise Problem(f"it gave {result!r}: expected a stream or a future")
        return Kept(End(result, func.type().result))

    def _op_component_keep(self, step: Step) -> Kept:
        func = self._get(step, "func", Func)
        if not isinstance(func.type().result, (StreamType, FutureType)):
            return super()._op_component_keep(step)
        return self._kept_end(*self._call(step))

    def _op_component_keep_async(self, step: Step) -> Kept:
        begun = self._component_begun(step)
        return self._kept_end(begun.func, self.waited(joined(begun.task)))

    def _stream_end(self, step: Step) -> End:
        return self._get(step, "stream", End)

    def _op_component_read(self, step: Step) -> Json:
        end = self._stream_end(step)
        most = [step.value("most")] if step.has("most") else []
        return end.shown(end.of.read(*most))

    def _op_component_read_async(self, step: Step) -> Json:
        end = self._stream_end(step)
        most = [step.value("most")] if step.has("most") else []

        async def read() -> Any:
            return await (end.of.read_async(*most) if isinstance(end.of, Stream) else end.of)

        return end.shown(self.waited(read()))

    def _op_component_stream_is_alive(self, step: Step) -> bool:
        return self._stream_end(step).of.alive

    def _op_component_close(self, step: Step) -> None:
        self._stream_end(step).of.close()

    def _async_component_body(self, path: list[str], fields: dict[str, Json]) -> Body:
        if fields["op"] != "reads":
            return super()._async_component_body(path, fields)
        step = Step(fields)
        step.text("op")
        times, most, value = step.value("times"), step.optional("most"), step.value("value")
        step.check_all_used()

        async def reads(_caller: Caller, stream: Stream) -> Any:
            for _ in range(times):
                await (stream.read_async() if most is None else stream.read_async(most))
            stream.close()
            return self.component_value(value)

        return reads
