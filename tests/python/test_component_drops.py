"""What is done with Python's own objects that guests have dropped: once, whatever comes between."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from typing import Any

import pytest
from component_guests import ENGINE

from trimaran import BusyError, ClosedError, PoisonedError, Store, WasmTypeError
from trimaran.component import Component, Instance, Linker, ResourceHost, ResourceType

# The guest keeps what it is given by `take` and what `make` gives, and drops it by `lose`.
OWNER = """(component (import "h" (type $h (sub resource)))
  (import "make" (func $make (result (own $h))))
  (core func $make (canon lower (func $make)))
  (core func $drop (canon resource.drop $h))
  (core module $m (import "" "make" (func $make (result i32))) (import "" "drop" (func $drop (param i32)))
    (func (export "keep") (result i32) (call $make))
    (func (export "lose") (param i32) (call $drop (local.get 0)))
    (func (export "take") (param i32) (result i32) (local.get 0))
    (func (export "one") (result i32) (i32.const 1)))
  (core instance $m (instantiate $m (with "" (instance (export "make" (func $make)) (export "drop" (func $drop))))))
  (func (export "keep") (result u32) (canon lift (core func $m "keep")))
  (func (export "lose") (param "h" u32) (canon lift (core func $m "lose")))
  (func (export "take") (param "h" (own $h)) (result u32) (canon lift (core func $m "take")))
  (func (export "one") (result u32) (canon lift (core func $m "one"))))"""


class Item:
    """What a guest owns. It knows how often it was dropped."""

    def __init__(self) -> None:
        self.dropped = 0


def drop(item: Item) -> None:
    item.dropped += 1


def owner(ty: ResourceType, store: Store | None = None) -> tuple[Store, Instance]:
    linker, store = Linker(ENGINE), store or Store(ENGINE)
    linker.root().define_resource("h", ty)
    linker.root().define_func("make", Item)
    return store, linker.instantiate(store, Component(ENGINE, OWNER))


def call(found: tuple[Store, Instance], name: str, *arguments: Any) -> Any:
    store, instance = found
    return instance.func(store, name)(store, *arguments)


class Broken(Exception):
    """What a drop raises."""


def test_what_it_raises_comes_out_of_the_call() -> None:
    broken = Broken()

    def fail(_: object) -> None:
        raise broken

    guest = owner(ResourceType.host(drop=fail))
    handle = call(guest, "take", Item())
    with pytest.raises(Broken) as raised:
        call(guest, "lose", handle)
    assert raised.value is broken
    with pytest.raises(PoisonedError):
        call(guest, "one")


def test_what_it_raises_at_a_close_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", reported.append)
    first, second = Item(), Item()

    def fail(item: Item) -> None:
        item.dropped += 1
        raise Broken

    guest = owner(ResourceType.host(drop=fail))
    call(guest, "take", first)
    call(guest, "take", second)
    guest[0].close()
    assert (first.dropped, second.dropped) == (1, 1)
    assert [found.exc_type for found in reported] == [Broken, Broken]
    assert reported[0].object is fail


@pytest.mark.parametrize("in_a_circle", [False, True])
def test_a_store_is_collected(in_a_circle: bool) -> None:
    item = Item()

    def left() -> weakref.ref[Store]:
        kept: list[Store] = []

        def note(dropped: Item) -> None:
            drop(dropped)
            assert len(kept) == in_a_circle

        guest = owner(ResourceType.host(drop=note))
        call(guest, "take", item)
        call(guest, "keep")
        if in_a_circle:
            # The function has the store, which has the function.
            kept.append(guest[0])
        return weakref.ref(guest[0])

    gone = left()
    gc.collect()
    assert gone() is None and item.dropped == 1


def test_it_calls_no_component_and_uses_the_store() -> None:
    seen: list[object] = []

    def use(_: object) -> None:
        with pytest.raises(BusyError, match="a guest has dropped a resource of the host"):
            call(guest, "one")
        with pytest.raises(BusyError):
            Linker(ENGINE).instantiate(guest[0], Component(ENGINE, "(component)"))
        guest[0].gc()
        seen.append(guest[0].closed)

    guest = owner(ResourceType.host(drop=use))
    call(guest, "lose", call(guest, "take", Item()))
    assert seen == [False] and call(guest, "one") == 1


def test_it_closes_the_store() -> None:
    first, last = Item(), Item()

    def close(item: Item) -> None:
        drop(item)
        guest[0].close()

    guest = owner(ResourceType.host(drop=close))
    handle, _ = call(guest, "take", first), call(guest, "take", last)
    call(guest, "lose", handle)
    assert guest[0].closed and (first.dropped, last.dropped) == (1, 1)


def race(items: list[Item]) -> list[Item]:
    """Closes a store whose guest another thread gives items. What the guest has taken."""
    guest, taken = owner(ResourceType.host(drop=drop)), list[Item]()
    started = threading.Event()

    def use() -> None:
        try:
            for item in items:
                handle = call(guest, "take", item)
                taken.append(item)
                if len(taken) % 2:
                    call(guest, "lose", handle)
                started.set()
        except ClosedError:
            pass

    thread = threading.Thread(target=use)
    thread.start()
    started.wait()
    guest[0].close()
    thread.join()
    return taken


def test_each_is_dropped_once_while_threads_use_and_close_the_store() -> None:
    for _ in range(20):
        items = [Item() for _ in range(50)]
        taken = race(items)
        assert [item.dropped for item in taken] == [1] * len(taken)
        assert all(item.dropped <= 1 for item in items)


def test_two_stores_have_one_linker() -> None:
    linker = Linker(ENGINE)
    linker.root().define_resource("h", ResourceType.host(drop=drop))
    linker.root().define_func("make", Item)
    pre = linker.instantiate_pre(Component(ENGINE, OWNER))
    stores = [Store(ENGINE), Store(ENGINE)]
    items = [Item(), Item()]
    guests = [(store, pre.instantiate(store)) for store in stores]
    for guest, item in zip(guests, items, strict=True):
        call(guest, "take", item)
    linker.close()
    pre.close()
    del linker, pre
    gc.collect()
    stores[0].close()
    assert [item.dropped for item in items] == [1, 0]
    call(guests[1], "lose", 1)
    assert [item.dropped for item in items] == [1, 1]


def test_a_guest_drops_in_an_async_call() -> None:
    item = Item()
    store, instance = owner(ResourceType.host(drop=drop))

    async def run() -> None:
        handle = await instance.func(store, "take").call_async(store, item)
        assert item.dropped == 0
        await instance.func(store, "lose").call_async(store, handle)

    asyncio.run(run())
    assert item.dropped == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_drops_its_own() -> None:
    item = Item()
    guest = owner(ResourceType.host(drop=drop))
    call(guest, "take", item)
    child = os.fork()
    if child == 0:
        guest[0].close()
        os._exit(item.dropped)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1 and item.dropped == 0
    guest[0].close()
    assert item.dropped == 1


def test_a_program_ends_while_a_guest_owns_something() -> None:
    program = f"""
from trimaran import Engine, Store
from trimaran.component import Component, Linker, ResourceType
linker, store = Linker(engine := Engine()), Store(engine)
linker.root().define_resource("h", ResourceType.host(drop=lambda item: print("dropped", item)))
linker.root().define_func("make", lambda: 5)
instance = linker.instantiate(store, Component(engine, {OWNER!r}))
instance.func(store, "keep")(store)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "" and done.stdout in ("", "dropped 5\n")


def test_a_destructor_of_a_numbered_type() -> None:
    numbers: list[int] = []

    def dtor(_: object, rep: int) -> None:
        numbers.append(rep)
        if rep == 13:
            raise Broken

    linker, store = Linker(ENGINE), Store(ENGINE)
    linker.root().add_resource("h", ResourceType.host(77), dtor)
    linker.root().define_func("make", Item)
    guest = store, linker.instantiate(store, Component(ENGINE, OWNER))
    handles = [call(guest, "take", ResourceHost.own(rep, 77).to_any(store)) for rep in (1, 2, 13)]
    call(guest, "lose", handles[0])
    with pytest.raises(Broken):
        call(guest, "lose", handles[2])
    assert numbers == [1, 13]
    store.close()
    assert numbers == [1, 13, 2]


def test_what_is_no_drop() -> None:
    async def later(_: object) -> None: ...

    with pytest.raises(WasmTypeError, match="`drop` is an async function"):
        ResourceType.host(drop=later)
    with pytest.raises(WasmTypeError, match="expected something that can be called"):
        ResourceType.host(drop=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(WasmTypeError, match=r"LinkerInstance\.add_resource takes it"):
        ResourceType.host(3, drop=drop)
