"""Resources of components in Python: those of guests, and objects of Python's own."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from component_guests import ENGINE, GUESTS, HOSTS, linked

from trimaran import (
    ClosedError,
    Config,
    Engine,
    Interruption,
    PoisonedError,
    Store,
    Trap,
    WasmTypeError,
    WrongStoreError,
)
from trimaran.component import Component, Func, Instance, Linker, Resource, ResourceAny, ResourceHost, ResourceType


def functions(store: Store, instance: Instance, *names: str) -> list[Func]:
    return [instance.func(store, name) for name in names]


def test_a_resource_is_closed_by_with() -> None:
    store, instance = linked(GUESTS)
    make, get, dropped = functions(store, instance, "make", "get", "dropped")
    with make(store, 7) as resource:
        assert isinstance(resource, Resource) and isinstance(resource, ResourceAny)
        assert get(store, resource) == 7 and resource.owned and resource.alive
        assert resource.type == instance.resource(store, "r")
        number = repr(store).split()[-1].rstrip(">")
        assert repr(resource) == f"<Resource of store {number}>"
    assert not resource.alive and repr(resource) == f"<Resource of store {number}, gone>"
    assert dropped(store) == 1
    resource.close()
    resource.drop(store)
    assert dropped(store) == 1
    with pytest.raises(ClosedError):
        get(store, resource)
    with pytest.raises(WasmTypeError, match="it cannot be made here"):
        Resource()


def test_one_that_was_given_away_is_gone() -> None:
    store, instance = linked(GUESTS)
    make, take, dropped = functions(store, instance, "make", "take", "dropped")
    with make(store, 7) as resource:
        take(store, resource)
        assert not resource.alive and dropped(store) == 1
    assert dropped(store) == 1


def test_one_that_nobody_has_is_dropped_at_the_next_use() -> None:
    store, instance = linked(GUESTS)
    make, dropped = functions(store, instance, "make", "dropped")
    for number in range(5):
        make(store, number)
    gc.collect()
    assert dropped(store) == 5


# Its destructor traps for 1, and runs for ever for 2.
HARMFUL = """(component
  (core module $d (func (export "dtor") (param i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (loop (br 0))))))
  (core instance $d (instantiate $d))
  (type $inner (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $inner))
  (core module $m (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0))) (func (export "nothing")))
  (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
  (export $r "r" (type $inner))
  (func (export "make") (param "x" u32) (result (own $r)) (canon lift (core func $m "make")))
  (func (export "nothing") (canon lift (core func $m "nothing"))))"""


@pytest.mark.parametrize(
    ("number", "cause"), [(1, None), (2, Interruption.TIME_LIMIT)], ids=["one that traps", "one that never ends"]
)
def test_the_next_use_fails_with_what_a_collected_one_failed_with(number: int, cause: Interruption | None) -> None:
    config = Config()
    config.epoch_interruption = True
    engine = Engine(config)
    store = Store(engine)
    instance = Linker(engine).instantiate(store, Component(engine, HARMFUL))
    make, nothing = instance.func(store, "make"), instance.func(store, "nothing")
    make(store, number)
    gc.collect()
    store.set_timeout(0.1)
    with pytest.raises(Trap) as raised:
        nothing(store)
    assert raised.value.interruption is cause
    with pytest.raises(PoisonedError):
        nothing(store)


def test_one_of_another_store() -> None:
    store, instance = linked(GUESTS)
    other, second = linked(GUESTS)
    resource = instance.func(store, "make")(store, 7)
    with pytest.raises(WrongStoreError):
        second.func(other, "get")(other, resource)
    with pytest.raises(WrongStoreError):
        resource.drop(other)
    store.close()
    with pytest.raises(ClosedError):
        resource.drop(store)
    # There is nothing left to close.
    resource.close()
    assert not resource.alive and repr(resource).endswith(", closed>")


class Own(BaseException):
    """Something that a program raises."""


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3), Own()])
def test_the_end_of_with_hides_nothing(error: BaseException) -> None:
    for ends in ("store", "guest", "nothing"):
        store, instance = linked(GUESTS.replace("(global.set $n", "unreachable (global.set $n"))
        with pytest.raises(type(error)) as caught, instance.func(store, "make")(store, 7):
            if ends == "store":
                store.close()
            if ends == "guest":
                with pytest.raises(Trap):
                    instance.func(store, "make")(store, 8).close()
            raise error
        assert caught.value is error
        # A destructor that traps is told of on the error.
        notes = getattr(error, "__notes__", [])
        assert [note.partition(": ")[2][:6] for note in notes] == ["Trap: "] * (ends == "nothing"), notes
        error.__dict__.pop("__notes__", None)
    # Without an error of the program's, that of the destructor comes out.
    store, instance = linked(GUESTS.replace("(global.set $n", "unreachable (global.set $n"))
    with pytest.raises(Trap), instance.func(store, "make")(store, 7):
        pass


def test_the_end_of_a_turn_and_of_a_deadline_hides_nothing() -> None:
    config = Config()
    config.epoch_interruption = True
    for is_turn in (True, False):
        store = Store(Engine(config))
        block = store.turn() if is_turn else store.deadline(10)
        with pytest.raises(ValueError, match="mine"), store, block:
            store.close()
            raise ValueError("mine")


class Thing:
    """An object of the host."""


def hosted(**functions: Any) -> tuple[Store, Instance, ResourceType]:
    store, linker = Store(ENGINE), Linker(ENGINE)
    ty = linker.root().define_resource("h")
    for name, function in functions.items():
        linker.root().define_func(name, function)
    return store, linker.instantiate(store, Component(ENGINE, HOSTS)), ty


def test_any_object_is_a_resource_of_the_host() -> None:
    thing, seen = Thing(), list[Any]()
    store, instance, ty = hosted(make=lambda: thing, use=seen.append)
    hold, lend, drop = functions(store, instance, "hold", "lend", "drop")
    assert hold(store) is thing
    for each in (thing, 1, "text", None, [thing], ty):
        lend(store, each)
        assert seen.pop() is each
        drop(store, each)
    with pytest.raises(TypeError):
        lend(store)


def test_the_guest_keeps_it_alive_and_lets_go_of_it() -> None:
    thing = Thing()
    seen = weakref.ref(thing)
    store, instance, _ = hosted(make=lambda: None, use=lambda _: None)
    lend, drop = functions(store, instance, "lend", "drop")
    lend(store, thing)
    drop(store, thing)
    del thing
    gc.collect()
    assert seen() is None


def test_a_store_lets_go_of_what_its_guests_hold() -> None:
    for closes in (False, True):
        things = [Thing()]
        seen = weakref.ref(things[0])
        store, instance, _ = hosted(make=things.pop, use=lambda _: None)
        instance.func(store, "keep")(store)
        gc.collect()
        assert seen() is not None
        if closes:
            store.close()
        else:
            del store, instance
        gc.collect()
        assert seen() is None, closes


def test_an_object_that_refers_to_its_store_is_no_leak() -> None:
    def make() -> weakref.ref[Thing]:
        thing = Thing()
        store, instance, _ = hosted(make=lambda: thing, use=lambda _: None)
        thing.store = store  # type: ignore[attr-defined]
        instance.func(store, "keep")(store)
        return weakref.ref(thing)

    seen = make()
    gc.collect()
    assert seen() is None


def test_resources_by_numbers() -> None:
    dropped: list[int] = []
    lent: list[ResourceAny] = []
    store, linker = Store(ENGINE), Linker(ENGINE)
    with linker.root() as root:
        root.add_resource("h", ResourceType.host(23), lambda _, rep: dropped.append(rep))
        root.add_func("make", lambda _: ResourceHost.own(5, 23))
        root.add_func("use", lambda _, resource: lent.append(resource))
    instance = linker.instantiate(store, Component(ENGINE, HOSTS))
    hold, lend, drop = functions(store, instance, "hold", "lend", "drop")
    made = hold(store)
    assert isinstance(made, ResourceAny) and made.owned and made.type == ResourceType.host(23)
    lend(store, made)
    assert not lent[0].owned and lent[0].to_host(store).rep == 5 and not dropped
    drop(store, made)
    assert dropped == [5]
    with pytest.raises(ClosedError):
        drop(store, made)
    drop(store, ResourceHost.own(100, 23))
    assert dropped == [5, 100]
    with pytest.raises(WasmTypeError, match="the resource is one of the type 2"):
        drop(store, ResourceHost.own(1, 2))
    again = ResourceHost.own(42, 1)
    handle = again.to_any(store)
    assert handle.type == ResourceType.host(1) and handle.to_host(store) is again
    with pytest.raises(ClosedError):
        handle.drop(store)
    ResourceHost.own(9, 23).to_any(store).drop(store)
    ResourceHost.borrow(10, 23).to_any(store).drop(store)
    assert dropped == [5, 100, 9]
    assert (
        not ResourceHost.borrow(84, 2).owned and repr(ResourceHost.borrow(84, 2)) == "<ResourceHost 84 of type 2, lent>"
    )
    with pytest.raises(WasmTypeError):
        ResourceHost()
    with pytest.raises(WasmTypeError, match="a guest's"):
        linked_guest().to_host(store)


def linked_guest() -> ResourceAny:
    store, instance = linked(GUESTS)
    made: ResourceAny = instance.func(store, "make")(store, 1)
    return made
