"""Objects that no constructor made, and constructors that are called again."""

from __future__ import annotations

import contextlib
import copy
import gc
import inspect
import pickle
import re
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import objects
from guests import engine, guest
from trimaran import (
    Deadline,
    Engine,
    Frame,
    Global,
    GlobalType,
    Instance,
    Memory,
    Module,
    SharedMemory,
    Store,
    Table,
    Trap,
    Val,
    ValType,
    WasmTypeError,
    component,
)

EXAMPLES = objects.examples()
CLASSES = objects.classes()


def asked(thing: Any, name: str) -> object:
    """What its method of that name gives, or its attribute, with as many arguments as it takes."""
    used = getattr(thing, name)
    return used(*[0] * len(inspect.signature(used).parameters)) if callable(used) else used


def called(thing: Any) -> object:
    """What it gives when it is called."""
    return thing()


@pytest.mark.parametrize("kind", objects.native_bases(), ids=objects.by_name)
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
    if not objects.is_plain(kind):
        assert isinstance(repr(made), str)
    for name in objects.uses(kind):
        for arguments in objects.arguments(store, made):
            with contextlib.suppress(Exception):
                used = getattr(made, name)
                if callable(used):
                    objects.ended(used(*arguments))
    # What is no `Exception` comes out: a panic of the library's.
    others: list[Callable[[Any], object]] = [copy.copy, copy.deepcopy, pickle.dumps, hash, bool, weakref.ref]
    others += [objects.compared, called]
    for use in others:
        with contextlib.suppress(Exception):
            use(made)
    # The store is as good as it was.
    assert Instance(store, Module(store.engine, '(module (memory (export "m") 1))')).memory(store, "m").size(store) == 1


def unmade(kind: Any) -> Iterator[Any]:
    """Objects of a class that no constructor made, in each way that Python has."""

    class Forgetful(kind):  # type: ignore[misc]
        """A subclass that forgets about the constructor of its base."""

        def __init__(self) -> None:
            pass

    for make in (lambda: kind.__new__(kind), lambda: object.__new__(kind), Forgetful):
        # The extension module makes its objects itself.
        with contextlib.suppress(TypeError):
            yield make()


@pytest.mark.parametrize("kind", CLASSES, ids=objects.by_name)
def test_objects_that_were_never_made(kind: Any) -> None:
    for made in unmade(kind):
        check_unmade(made, kind)
        if base := objects.held(kind):
            sentence = re.escape(f"the {type(made).__name__} was never made: {kind._making}")
            for name in objects.questions(base):
                with pytest.raises(WasmTypeError, match=sentence):
                    asked(made, name)
            assert repr(made).endswith((", never made>", f"<{type(made).__name__}>"))
        del made
        gc.collect()


# A record without fields is one.
PLAIN = [kind for kind in CLASSES if objects.is_plain(kind) and kind is not component.Record]


@pytest.mark.parametrize("kind", PLAIN, ids=objects.by_name)
def test_values_that_were_never_made_say_so(kind: Any) -> None:
    for made in unmade(kind):
        said = 0
        for name in [name for name in dir(kind) if not name.startswith("_")]:
            # What there is without a constructor is there: its methods, and the knobs of a configuration.
            with contextlib.suppress(WasmTypeError):
                getattr(made, name)
                said -= 1
            said += 1
        uses: list[Callable[[Any], object]] = [repr, objects.compared, lambda it: it._values, copy.copy, pickle.dumps]
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
