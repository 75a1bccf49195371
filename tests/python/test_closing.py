"""One thread closes objects while another one uses them: each use gives a result or a typed error."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from guests import config
from trimaran import (
    ClosedError,
    Engine,
    FuncType,
    Global,
    GlobalType,
    Limits,
    Linker,
    Module,
    Store,
    Table,
    TableType,
    ValType,
)

ENGINE = Engine(config())
WAT = """
(module
  (import "host" "f" (func $f (param externref) (result externref)))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "host") (param externref) (result externref) (call $f (local.get 0))))
"""
ROUNDS = 40


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    """Threads of Python take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def itself(thing: object) -> object:
    """What it is given."""
    return thing


class Room:
    """A store with something of every kind that gives objects of the host."""

    def __init__(self) -> None:
        self.store = Store(ENGINE)
        self.linker = Linker(ENGINE)
        ty = FuncType([ValType.externref()], [ValType.externref()])
        self.linker.define_func("host", "f", ty, itself)
        self.module = Module(ENGINE, WAT)
        self.pre = self.linker.instantiate_pre(self.module)
        instance = self.pre.instantiate(self.store)
        self.same, self.host = instance.func(self.store, "same"), instance.func(self.store, "host")
        self.table = Table(self.store, TableType(ValType.externref(), Limits(2)), self)
        self.global_ = Global(self.store, GlobalType(ValType.externref(), True), self)


USES: dict[str, Callable[[Room], Any]] = {
    "a guest": lambda room: room.same(room.store, room),
    "a host function": lambda room: room.host(room.store, room),
    "values": lambda room: room.same.call(room.store, [room])[0].value,
    "a table": lambda room: room.table.get(room.store, 1),
    "a global": lambda room: room.global_.value(room.store),
    "a global's value": lambda room: room.global_.get(room.store).value,
}
CLOSES: dict[str, Callable[[Room], None]] = {
    "store": lambda room: room.store.close(),
    "linker": lambda room: room.linker.close(),
    "module": lambda room: room.module.close(),
    "pre": lambda room: room.pre.close(),
}
MAKES: dict[str, Callable[[Room], Any]] = {
    "linker": lambda room: room.linker.instantiate(room.store, room.module) and room,
    "linker, for many": lambda room: room.linker.instantiate_pre(room.module) and room,
    "linker, by name": lambda room: room.linker.get(room.store, "host", "f") and room,
    "pre": lambda room: room.pre.instantiate(room.store) and room,
    "module": lambda room: room.linker.instantiate(room.store, room.module) and room,
    "store": lambda room: room.pre.instantiate(room.store) and room,
}


def race(use: Callable[[Room], Any], close: Callable[[Room], None]) -> None:
    """Uses something in several threads until it is closed, which one more of them does."""
    room = Room()
    started, ended = threading.Barrier(4), list[BaseException]()

    def work() -> None:
        started.wait()
        try:
            while True:
                assert use(room) is room
        except BaseException as error:
            ended.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    started.wait()
    close(room)
    for thread in threads:
        thread.join()
    assert [type(error) for error in ended] == [ClosedError] * 3, ended


@pytest.mark.parametrize("name", USES)
def test_a_store_that_another_thread_closes(name: str) -> None:
    for _ in range(ROUNDS):
        race(USES[name], CLOSES["store"])


@pytest.mark.parametrize("name", MAKES)
def test_what_instances_are_made_with(name: str) -> None:
    for _ in range(ROUNDS // 2):
        race(MAKES[name], CLOSES[name.partition(",")[0]])


@pytest.mark.parametrize("name", [name for name in USES if "host" not in name and "guest" not in name])
def test_a_store_that_was_closed_a_moment_ago(name: str) -> None:
    room = Room()
    store: Any = room.store
    held = room.same.call(store, [room]) if name == "values" else None
    # What `close` does last: the core has been asked already, and another thread has come in between.
    store._forget()
    with pytest.raises(ClosedError, match="the store is closed"):
        USES[name](room) if held is None else room.global_.get(store)
