"""Events: what a listener is told, and that it changes nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from typing import Any

import pytest

import trimaran.component as component
from guests import config
from trimaran import (
    ClosedError,
    CompileError,
    Engine,
    Event,
    EventKind,
    Func,
    FuncType,
    Instance,
    Linker,
    Module,
    Store,
    Trap,
    WasmTypeError,
)

TEXT = """(module $sums
  (import "env" "tick" (func $tick))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "ticks") (call $tick))
  (func (export "trap") unreachable))"""
COMPONENT = """(component
  (core module $m (func (export "five") (result i32) (i32.const 5)))
  (core instance $i (instantiate $m))
  (func (export "five") (result u32) (canon lift (core func $i "five"))))"""


class Heard:
    """An engine, and what its listener was told."""

    def __init__(self, *, calls: bool = False) -> None:
        self.engine = Engine(config())
        self.events: list[Event] = []
        self.engine.set_listener(self.events.append, calls=calls)

    def instance(self, tick: Any = lambda: None) -> tuple[Store, Instance]:
        module, store = Module(self.engine, TEXT), Store(self.engine)
        return store, Instance(store, module, [Func(store, FuncType([], []), tick)])

    def kinds(self) -> list[tuple[EventKind, str | None]]:
        return [(event.kind, event.name) for event in self.events]


def test_a_listener_is_told_of_modules_instances_and_traps() -> None:
    heard = Heard()
    store, instance = heard.instance()
    assert instance.func(store, "add")(store, 1, 2) == 3
    with pytest.raises(Trap):
        instance.func(store, "trap")(store)
    assert heard.kinds() == [
        (EventKind.COMPILE, "sums"),
        (EventKind.INSTANTIATE, "sums"),
        (EventKind.TRAP, None),
    ]
    compiled, made, trapped = heard.events
    assert compiled.size == len(TEXT) and compiled.error is None and compiled.seconds > 0
    assert str(compiled).startswith(f"compiled sums, {len(TEXT)} bytes, in ") and str(compiled).endswith(" ms")
    assert made.size is None and str(made).startswith("instantiated sums in ")
    assert trapped.error is not None and "unreachable" in trapped.error
    assert str(trapped) == f"a guest trapped: {trapped.error}"


def test_what_fails_is_told_with_its_error() -> None:
    heard = Heard()
    with pytest.raises(CompileError) as refused:
        Module(heard.engine, b"\0asm\1\0\0\0\x0b")
    (event,) = heard.events
    assert (event.kind, event.name, event.error) == (EventKind.COMPILE, None, str(refused.value))
    assert str(event).endswith(f" ms, and failed: {refused.value}")


def test_calls_are_told_where_they_are_wanted() -> None:
    heard = Heard(calls=True)
    store, instance = heard.instance()
    add = instance.func(store, "add")
    assert (add(store, 1, 2), add(store, 3, 4)) == (3, 7)
    assert list(add.map(store, [1, 2], [3, 4])) == [4, 6]
    assert heard.kinds()[2:] == [(EventKind.CALL, "add")] * 3
    with pytest.raises(Trap):
        instance.func(store, "trap")(store)
    assert heard.kinds()[5:] == [(EventKind.CALL, "trap"), (EventKind.TRAP, None)]
    assert heard.events[5].error == heard.events[6].error


def test_calls_within_calls_and_the_traps_that_a_host_function_catches() -> None:
    heard = Heard(calls=True)
    caught: list[Trap] = []

    def tick() -> None:
        with pytest.raises(Trap) as trap:
            instance.func(store, "trap")(store)
        caught.append(trap.value)

    store, instance = heard.instance(tick)
    instance.func(store, "ticks")(store)
    assert caught
    # The host function has caught the trap: it has not come out of the store.
    assert heard.kinds()[2:] == [(EventKind.CALL, "trap"), (EventKind.CALL, "ticks")]


def test_awaited_calls_are_told() -> None:
    heard = Heard(calls=True)

    async def tick() -> None:
        await asyncio.sleep(0.01)

    store, instance = heard.instance(tick)
    asyncio.run(instance.func(store, "ticks").call_async(store))
    event = heard.events[-1]
    assert (event.kind, event.name) == (EventKind.CALL, "ticks") and event.seconds >= 0.01
    with pytest.raises(Trap):
        asyncio.run(instance.func(store, "trap").call_async(store))
    assert heard.kinds()[-2:] == [(EventKind.CALL, "trap"), (EventKind.TRAP, None)]

    async def make() -> None:
        linker = Linker(heard.engine)
        linker.define_func("env", "tick", FuncType([], []), tick)
        await linker.instantiate_async(store, Module(heard.engine, TEXT))

    asyncio.run(make())
    assert heard.kinds()[-2:] == [(EventKind.COMPILE, "sums"), (EventKind.INSTANTIATE, "sums")]


def test_components_are_told() -> None:
    heard = Heard(calls=True)
    store = Store(heard.engine)
    made = component.Linker(heard.engine).instantiate(store, component.Component(heard.engine, COMPONENT))
    assert made.func(store, "five")(store) == 5
    assert heard.kinds() == [(EventKind.COMPILE, None), (EventKind.INSTANTIATE, None), (EventKind.CALL, "five")]
    assert heard.events[0].size == len(COMPONENT)


def test_what_a_listener_raises_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    heard = Heard(calls=True)
    problem = ValueError("no room")

    def fail(_: Event) -> None:
        raise problem

    heard.engine.set_listener(fail, calls=True)
    store, instance = heard.instance()
    assert instance.func(store, "add")(store, 1, 2) == 3
    assert [unraisable.exc_value for unraisable in told] == [problem] * 3


def test_a_listener_may_use_the_engine_and_is_not_told_of_that() -> None:
    heard = Heard(calls=True)
    found: list[int] = []

    def listen(event: Event) -> None:
        heard.events.append(event)
        store = Store(heard.engine)
        five = Instance(store, Module(heard.engine, '(module (func (export "five") (result i32) (i32.const 5)))'), [])
        found.append(five.func(store, "five")(store))

    heard.engine.set_listener(listen, calls=True)
    store, instance = heard.instance()
    instance.func(store, "add")(store, 1, 2)
    assert len(heard.events) == 3 and found == [5] * 3


def test_one_listener_takes_the_place_of_the_other() -> None:
    heard, others = Heard(), list[Event]()
    heard.engine.set_listener(others.append)
    heard.instance()
    assert (len(heard.events), len(others)) == (0, 2)
    heard.engine.remove_listener()
    heard.engine.remove_listener()
    heard.instance()
    assert len(others) == 2


def test_a_store_tells_calls_if_they_were_wanted_when_it_was_made() -> None:
    heard = Heard()
    store, instance = heard.instance()
    heard.engine.set_listener(heard.events.append, calls=True)
    instance.func(store, "add")(store, 1, 2)
    assert EventKind.CALL not in [event.kind for event in heard.events]
    later, made = heard.instance()
    made.func(later, "add")(later, 1, 2)
    assert heard.kinds()[-1] == (EventKind.CALL, "add")
    heard.engine.remove_listener()
    made.func(later, "add")(later, 1, 2)
    assert len(heard.events) == 5


def test_two_threads_at_once() -> None:
    heard = Heard(calls=True)

    def work() -> None:
        store, instance = heard.instance()
        add = instance.func(store, "add")
        for _ in range(200):
            add(store, 1, 2)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard.kinds().count((EventKind.CALL, "add")) == 400
    assert len(heard.events) == 404


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_a_fork_has_the_listener() -> None:
    heard = Heard(calls=True)
    store, instance = heard.instance()
    child = os.fork()
    if child == 0:
        before = len(heard.events)
        instance.func(store, "add")(store, 1, 2)
        os._exit(0 if len(heard.events) == before + 1 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_the_end_of_an_engine_lets_go_of_its_listener() -> None:
    class Told:
        def __call__(self, event: Event) -> None: ...

    heard = Heard()
    listener = Told()
    before = sys.getrefcount(listener)
    heard.engine.set_listener(listener)
    assert sys.getrefcount(listener) > before
    heard.engine.close()
    assert sys.getrefcount(listener) == before
    with pytest.raises(ClosedError):
        heard.engine.set_listener(listener)
    with pytest.raises(ClosedError):
        heard.engine.remove_listener()


def test_wrong_arguments() -> None:
    engine = Engine(config())
    with pytest.raises(WasmTypeError, match="the listener is an int: expected a callable that takes an event"):
        engine.set_listener(5)  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match="calls"):
        engine.set_listener(print, calls="yes")  # type: ignore[arg-type]


def test_events_go_to_a_log(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("guests")
    heard = Heard()
    heard.engine.set_listener(lambda event: log.info("%s", event))
    with caplog.at_level(logging.INFO, "guests"):
        heard.instance()
    assert [record.message.split(" ")[0] for record in caplog.records] == ["compiled", "instantiated"]


def test_an_event_is_a_value() -> None:
    event = Event(EventKind.CALL, "add", 0.5, text="called add in 500.000 ms")
    assert event == Event(EventKind.CALL, "add", 0.5, text="called add in 500.000 ms")
    assert (event.size, event.error, str(event)) == (None, None, "called add in 500.000 ms")
