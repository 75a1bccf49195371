"""Copies, pickles and unmade objects: whatever a program does with a class, no object gets a second owner.

All classes are found by looking for them: a new one needs an example in `objects.py`, and then is tested as well.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import importlib
import inspect
import pickle
import re
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import objects
from guests import engine, guest
from trimaran import (
    Config,
    Deadline,
    Engine,
    Frame,
    Global,
    GlobalType,
    Instance,
    Memory,
    Module,
    OutputPipe,
    SharedMemory,
    Store,
    StoreLimits,
    Table,
    Trap,
    Val,
    ValType,
    WasiConfig,
    WasmtimeError,
    WasmTypeError,
)

EXAMPLES = objects.examples()
IDENTITY: Any = importlib.import_module("trimaran._identity")
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
CLASSES = objects.classes()
# Those that travel to another process.
TRAVEL = (Engine, Module)
# A value that holds what stays here stays as well.
STAY = (WasiConfig,)


@dataclasses.dataclass
class Holder:
    """What a program keeps its objects in."""

    thing: object


def compared(thing: Any) -> object:
    """Whether it is equal to itself."""
    return thing == thing


def asked(thing: Any, name: str) -> object:
    """What its method of that name gives, or its attribute, with as many arguments as it takes."""
    used = getattr(thing, name)
    return used(*[0] * len(inspect.signature(used).parameters)) if callable(used) else used


def attributes(module: object) -> list[Any]:
    return list(vars(module).values())


def kind_of(thing: object) -> type[Any]:
    return thing.__class__


def called(thing: Any) -> object:
    """What it gives when it is called."""
    return thing()


def by_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"


def test_every_class_has_an_example() -> None:
    missing = [kind.__name__ for kind in CLASSES if kind not in EXAMPLES]
    assert not missing, f"put one of each into objects.py: {missing}"
    held = {objects.held(kind_of(thing)) for thing in EXAMPLES.values()}
    # What a `memoryview` refers to has no class of the package's.
    assert {kind.__name__ for kind in objects.native_bases() if kind not in held} == {"MemoryView", "PointerBase"}


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


def is_plain(kind: type) -> bool:
    return not issubclass(kind, IDENTITY.Identity)


@pytest.mark.parametrize("kind", CLASSES, ids=by_name)
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
        elif is_plain(kind):
            assert way() == thing
        else:
            with pytest.raises(WasmTypeError, match=f"{kind.__name__} can be neither copied nor pickled: "):
                way()


@pytest.mark.parametrize("kind", CLASSES, ids=by_name)
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
            elif is_plain(kind) and kind not in STAY:
                assert way(protocol) == thing
            else:
                with pytest.raises(WasmTypeError, match=r"pickled: .") as caught:
                    way(protocol)
                assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize("kind", CLASSES, ids=by_name)
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


@pytest.mark.parametrize("kind", objects.native_bases(), ids=by_name)
def test_classes_of_the_extension(kind: Any) -> None:
    with pytest.raises(TypeError):
        object.__new__(kind)
    try:
        made = kind()
    except TypeError:
        return
    for way in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            way(made)
    check_unmade(made, kind)


def check_unmade(made: Any, kind: Any) -> None:
    """Whatever is tried with it fails as an `Exception`: a panic is none, and a crash is nothing of Python's."""
    store = Store(engine())
    if not is_plain(kind):
        assert isinstance(repr(made), str)
    for name in objects.uses(kind):
        for arguments in objects.arguments(store, made):
            with contextlib.suppress(Exception):
                used = getattr(made, name)
                if callable(used):
                    used(*arguments)
    # What is no `Exception` comes out: a panic of the library's.
    others: list[Callable[[Any], object]] = [copy.copy, copy.deepcopy, pickle.dumps, hash, bool, weakref.ref]
    others += [compared, called]
    for use in others:
        with contextlib.suppress(Exception):
            use(made)
    # The store is as good as it was.
    assert Instance(store, Module(store.engine, '(module (memory (export "m") 1))')).memory(store, "m").size(store) == 1


@pytest.mark.parametrize("kind", CLASSES, ids=by_name)
def test_objects_that_were_never_made(kind: Any) -> None:
    class Forgetful(kind):  # type: ignore[misc]
        """A subclass that forgets about the constructor of its base."""

        def __init__(self) -> None:
            pass

    for make in (lambda: kind.__new__(kind), lambda: object.__new__(kind), Forgetful):
        try:
            made = make()
        except TypeError:
            # The extension module makes its objects itself.
            continue
        check_unmade(made, kind)
        if base := objects.held(kind):
            sentence = re.escape(f"the {type(made).__name__} was never made: {kind._making}")
            for name in objects.questions(base):
                with pytest.raises(WasmTypeError, match=sentence):
                    asked(made, name)
            assert repr(made).endswith((", never made>", f"<{type(made).__name__}>"))
        del made
        gc.collect()


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if is_plain(kind)], ids=by_name)
def test_values_that_were_never_made_say_so(kind: Any) -> None:
    class Forgetful(kind):  # type: ignore[misc]
        """A subclass that forgets about the constructor of its base."""

        def __init__(self) -> None:
            pass

    for make in (lambda: kind.__new__(kind), lambda: object.__new__(kind), Forgetful):
        try:
            made = make()
        except TypeError:
            continue
        said = 0
        for name in [name for name in dir(kind) if not name.startswith("_")]:
            # What there is without a constructor is there: its methods, and the knobs of a configuration.
            with contextlib.suppress(WasmTypeError):
                getattr(made, name)
                said -= 1
            said += 1
        uses: list[Callable[[Any], object]] = [repr, compared, lambda it: it._values, copy.copy, pickle.dumps]
        for use in uses:
            try:
                use(made)
            except WasmTypeError as error:
                assert "was never made: " in str(error)
                said += 1
            except TypeError:
                # A local class cannot be pickled, and some values cannot be hashed.
                pass
            except (AttributeError, pickle.PicklingError) as error:
                assert "Forgetful" in str(error) or "_values" in str(error)
        assert said > 0, f"{made} of {kind.__name__} says nothing"


def test_a_trap_that_was_never_made() -> None:
    class Mine(Trap):
        def __init__(self) -> None:
            pass

    for trap in (Mine(), Trap.__new__(Trap)):
        assert (trap.code, trap.reason, trap.interruption, trap.frames) == (None, "", None, [])
        trap.frames.append(objects.examples()[Frame])
        assert len(trap.frames) == 1
        with pytest.raises(AttributeError, match="has no attribute 'colour'"):
            trap.colour  # type: ignore[attr-defined]  # noqa: B018


def test_what_no_constructor_makes_says_what_does() -> None:
    for kind, word in ((Deadline, "Store.deadline gives one"), (Val, "as in Val.i32"), (ValType, "by name")):
        made: Any = object.__new__(kind)
        with pytest.raises(WasmTypeError, match=f"the {kind.__name__} was never made: .*{word}"):
            made.__enter__() if kind is Deadline else repr(made)


def test_an_unmade_object_says_so() -> None:
    class Mine(Store):
        def __init__(self) -> None:
            self.mine = 1

    store = Mine()
    assert (store.mine, repr(store)) == (1, "<Mine, never made>")
    sentence = r"the Mine was never made: call its constructor, and in a subclass super\(\).__init__\(\)"
    made = engine()
    module = Module(made, '(module (memory (export "m") 1))')
    uses: list[Callable[[], object]] = [
        store.gc,
        store.close,
        lambda: store.engine,
        lambda: store.closed,
        lambda: Instance(store, module),
        lambda: Global(store, GlobalType(ValType.i32(), False), 1),
    ]
    for use in uses:
        with pytest.raises(WasmTypeError, match=sentence):
            use()
    other, instance = guest('(module (memory (export "m") 1))')
    with pytest.raises(WasmTypeError, match=sentence):
        instance.memory(other, "m").read(store, 0, 1)
    # A name that nobody knows is missing as everywhere.
    with pytest.raises(AttributeError, match="'Mine' object has no attribute 'colour'"):
        store.colour  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("kind", [Store, Memory, Global, Table, SharedMemory])
def test_a_constructor_that_is_called_again(kind: Any) -> None:
    made = EXAMPLES[kind]
    store = EXAMPLES[Store]
    given: dict[type, tuple[Any, ...]] = {
        Store: (EXAMPLES[Engine],),
        SharedMemory: (EXAMPLES[Engine], made.type() if kind is SharedMemory else None),
    }
    fields = given.get(kind) or (store, made.type(store), 1 if kind is Global else None)[: 2 if kind is Memory else 3]
    with pytest.raises(WasmTypeError, match="made already: make another one"):
        made.__init__(*fields)
    assert repr(made)
    if kind is not Store and kind is not SharedMemory:
        assert made.type(store)


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


@pytest.mark.parametrize("kind", [WasmtimeError, *WasmtimeError.__subclasses__()], ids=by_name)
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
