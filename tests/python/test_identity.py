"""Copies and pickles: whatever a program does with an object, it gets no second owner.

All classes are found by looking for them: a new one needs an example in `objects.py`, and then is tested as well.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import importlib
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import objects
from guests import engine, guest
from trimaran import (
    Config,
    Engine,
    Memory,
    Module,
    OutputPipe,
    SharedMemory,
    Store,
    StoreLimits,
    Trap,
    Val,
    WasiConfig,
    WasmtimeError,
    WasmTypeError,
    component,
)

EXAMPLES = objects.examples()
IDENTITY: Any = importlib.import_module("trimaran._identity")
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
CLASSES = objects.classes()
# Those that travel to another process.
TRAVEL = (Engine, Module, component.Component)
# A value that holds what stays here stays as well.
STAY = (WasiConfig,)


@dataclasses.dataclass
class Holder:
    """What a program keeps its objects in."""

    thing: object


def attributes(module: object) -> list[Any]:
    return list(vars(module).values())


def kind_of(thing: object) -> type[Any]:
    return thing.__class__


def test_every_class_has_an_example() -> None:
    missing = [kind.__name__ for kind in CLASSES if kind not in EXAMPLES]
    assert not missing, f"put one of each into objects.py: {missing}"
    held = {objects.held(kind_of(thing)) for thing in EXAMPLES.values()}
    # What a `memoryview` refers to has no class of the package's, and what async calls, streams and requests use.
    alone = {"MemoryView", "PointerBase", "RunBase", "HostedCall", "StreamPortBase", "ComponentServingBase"}
    assert {kind.__name__ for kind in objects.native_bases() if kind not in held} == alone


def test_what_has_a_handle_has_an_identity() -> None:
    everything: list[tuple[Any, Any]] = [(module, kind) for module in objects.modules() for kind in attributes(module)]
    found: list[type] = [
        kind
        for module, kind in everything
        if isinstance(kind, type) and kind.__module__ == module.__name__ and kind not in objects.native_bases()
        if objects.held(kind)
    ]
    assert {Engine, Store, Memory, SharedMemory} <= set(found)
    assert [kind for kind in found if not issubclass(kind, IDENTITY.Identity)] == []


def is_same(kind: type) -> bool:
    return issubclass(kind, IDENTITY.Constant)


@pytest.mark.parametrize("kind", CLASSES, ids=objects.by_name)
def test_copies(kind: Any) -> None:
    thing = EXAMPLES[kind]
    ways: list[Callable[[], Any]] = [
        lambda: copy.copy(thing),
        lambda: copy.deepcopy(thing),
        lambda: copy.deepcopy([thing])[0],
        lambda: copy.copy(Holder(thing)).thing,
        lambda: copy.deepcopy(Holder(thing)).thing,
        lambda: dataclasses.asdict(Holder(thing))["thing"],
        lambda: dataclasses.replace(Holder(thing)).thing,
    ]
    for place, way in enumerate(ways):
        # A shallow copy of what holds it holds the same.
        if is_same(kind) or place in (3, 6):
            assert way() is thing
        elif objects.is_plain(kind):
            assert way() == thing
        else:
            with pytest.raises(WasmTypeError, match=f"{kind.__name__} can be neither copied nor pickled: "):
                way()


@pytest.mark.parametrize("kind", CLASSES, ids=objects.by_name)
def test_pickles(kind: Any) -> None:
    thing = EXAMPLES[kind]
    python: Any = pickle
    ways: list[Callable[[int], Any]] = [
        lambda protocol: pickle.loads(pickle.dumps(thing, protocol)),
        lambda protocol: pickle.loads(pickle.dumps({"it": (thing, thing)}, protocol))["it"][1],
        lambda protocol: pickle.loads(python._dumps(thing, protocol)),
    ]
    for protocol in PROTOCOLS:
        for way in ways:
            if kind in TRAVEL:
                assert type(way(protocol)) is kind
            elif objects.is_plain(kind) and kind not in STAY:
                assert way(protocol) == thing
            else:
                with pytest.raises(WasmTypeError, match=r"pickled: .") as caught:
                    way(protocol)
                assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize("kind", CLASSES, ids=objects.by_name)
def test_the_methods_that_copy_and_pickle_call(kind: Any) -> None:
    thing = EXAMPLES[kind]
    for name in ("__reduce__", "__copy__", "__deepcopy__", "__replace__"):
        method = getattr(thing, name, None)
        if method is not None:
            with contextlib.suppress(TypeError):
                method(*([{}] if name == "__deepcopy__" else []))
    for protocol in PROTOCOLS:
        with contextlib.suppress(TypeError):
            thing.__reduce_ex__(protocol)
    # Nothing puts the fields of one object into another.
    assert not hasattr(thing, "__setstate__")


def test_weak_references() -> None:
    for kind, thing in EXAMPLES.items():
        if objects.held(kind):
            assert weakref.ref(thing)() is thing
    pipe = OutputPipe()
    weak = weakref.WeakValueDictionary({1: pipe})
    del pipe
    gc.collect()
    assert 1 not in weak


def test_a_copied_engine_works_after_the_first_is_gone() -> None:
    first = engine()
    second = copy.deepcopy({"engine": first})["engine"]
    del first
    gc.collect()
    assert Module(second, "(module)").imports == []


def test_a_configuration_and_its_copy_change_apart() -> None:
    for way in (copy.copy, copy.deepcopy):
        first = Config.untrusted()
        second = way(first)
        second.consume_fuel = True
        second.cranelift_flag_enable("has_sse3")
        assert first == Config.untrusted() != second


def test_wasi_and_its_copy_print_to_the_same_pipe() -> None:
    class Mine(WasiConfig):
        def __init__(self) -> None:
            super().__init__()
            self.notes: list[str] = []

    pipe = OutputPipe()
    for way in (copy.copy, copy.deepcopy):
        first: Any = Mine()
        first.stdout_pipe, first.argv = pipe, ["a"]
        first.preopen_dir(".", "/")
        second = way(first)
        assert second == first
        assert second.stdout_pipe.value is pipe
        second.argv.value.append("b")
        second.env = {"A": "1"}
        second.preopen_dir(".", "/other")
        assert (first.argv, first.env.value) == (["a"], None)
        assert first != second
        assert (second.notes is first.notes) == (way is copy.copy)


def test_a_setting_and_its_copy() -> None:
    config = Config().consume_fuel(True)
    assert copy.copy(config.consume_fuel) == True  # noqa: E712
    copy.copy(config.consume_fuel)(False)
    assert config.consume_fuel == False  # noqa: E712
    copy.deepcopy(config.consume_fuel)(True)
    assert config.consume_fuel == False  # noqa: E712


def test_values_with_references() -> None:
    store, instance = guest('(module (func (export "f")))')
    func = instance.func(store, "f")
    value = Val.funcref(func)
    assert copy.copy(value).value is func
    assert copy.deepcopy(value).value is func
    with pytest.raises(WasmTypeError, match="a Func cannot be pickled: it lives in its store"):
        pickle.dumps(value)
    thing = [1]
    extern = Val.externref(thing)
    assert copy.copy(extern).value is thing
    assert pickle.loads(pickle.dumps(extern)).value == [1]


def test_records_of_a_subclass() -> None:
    class Mine(StoreLimits):
        note = "mine"

    mine: Any = Mine
    limits = mine(memories=1)
    limits.__dict__["more"] = [1]
    twin = copy.deepcopy(limits)
    assert (twin, type(twin), twin.__dict__) == (limits, Mine, {"more": [1]})
    Store(engine()).set_limits(limits)


@pytest.mark.parametrize("kind", [WasmtimeError, *WasmtimeError.__subclasses__()], ids=objects.by_name)
def test_errors_travel(kind: type[WasmtimeError]) -> None:
    error = kind("what was wrong")
    twins: list[Any] = [copy.copy(error), copy.deepcopy(error)]
    twins += [pickle.loads(pickle.dumps(error, protocol)) for protocol in PROTOCOLS]
    for twin in twins:
        assert (type(twin), str(twin), vars(twin)) == (kind, "what was wrong", vars(error))


def test_a_trap_travels() -> None:
    store, instance = guest('(module (func $f (export "f") unreachable))')
    with pytest.raises(Trap) as caught:
        instance.func(store, "f")(store)
    for protocol in PROTOCOLS:
        twin = pickle.loads(pickle.dumps(caught.value, protocol))
        assert (twin.code, twin.reason, twin.frames, str(twin)) == (
            caught.value.code,
            caught.value.reason,
            caught.value.frames,
            str(caught.value),
        )
