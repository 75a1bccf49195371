"""Greenlets: tasks that share one thread, and its stack with the guests on it."""

from __future__ import annotations

from typing import Any

import greenlet
import pytest

from guests import config
from trimaran import BusyError, Engine, Func, FuncType, Instance, Memory, Module, Store, ValType

ENGINE = Engine(config())
TEXT = """(module (import "" "" (func $f (param i32) (result i32))) (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "trap") unreachable) (func (export "fine") (result i32) (i32.const 42)))"""
MODULE = Module(ENGINE, TEXT)


class Guest:
    """A guest whose host function goes back to the greenlet that resumed it."""

    def __init__(self) -> None:
        self.store = Store(ENGINE)
        host = Func(self.store, FuncType([ValType.i32()], [ValType.i32()]), self.host)
        self.exports: Any = Instance(self.store, MODULE, [host]).exports(self.store)

    def host(self, value: int) -> int:
        parent = greenlet.getcurrent().parent
        return value if parent is None else int(parent.switch(value))

    def __call__(self, name: str, *args: int) -> Any:
        return self.exports[name](self.store, *args)


def test_one_greenlet_in_a_host_function() -> None:
    guest = Guest()
    task = greenlet.greenlet(lambda: guest("run", 7))
    assert task.switch() == 7
    assert task.switch(8) == 8
    assert guest("fine") == 42


def test_two_greenlets_that_are_not_resumed_last_in_first_out() -> None:
    guests = [Guest(), Guest()]
    first = greenlet.greenlet(lambda: guests[0]("run", 1))
    second = greenlet.greenlet(lambda: guests[1]("run", 2))
    assert first.switch() == 1
    # While the first is in its host function, no other enters a guest, of whatever store.
    with pytest.raises(BusyError, match="greenlet"):
        second.switch()
    with pytest.raises(BusyError, match="greenlet"):
        guests[1]("fine")
    with pytest.raises(BusyError, match="greenlet"):
        guests[0]("fine")
    # Nor the caller of that host function, whose stack is put away.
    memory: Memory = guests[0].exports["memory"]
    with pytest.raises(BusyError, match="greenlet"):
        memory.read(guests[0].store, 0, 4)
    # What belongs to no guest that runs is free.
    assert guests[1].exports["memory"].read(guests[1].store, 0, 4) == bytes(4)
    assert first.switch(9) == 9
    third = greenlet.greenlet(lambda: guests[1]("run", 3))
    assert third.switch() == 3
    assert third.switch(4) == 4
    assert guests[0]("fine") == guests[1]("fine") == 42


def test_a_greenlet_that_starts_in_a_host_function() -> None:
    guest, other = Guest(), Guest()
    ends: list[object] = []

    def host(value: int) -> int:
        def inner() -> None:
            try:
                ends.append(other("run", 5))
            except BusyError as error:
                ends.append(type(error))

        greenlet.greenlet(inner).switch()
        # The host function itself goes on, and may call guests as ever.
        return int(other("fine")) + value

    run = Func(guest.store, FuncType([ValType.i32()], [ValType.i32()]), host)
    assert run(guest.store, 1) == 43
    assert ends == [BusyError]


def test_a_greenlet_that_is_thrown_away_in_a_host_function() -> None:
    guest = Guest()
    task = greenlet.greenlet(lambda: guest("run", 1))
    task.switch()
    # It ends by a GreenletExit in the host function, which comes out of the guest.
    task.throw()
    assert task.dead
    assert guest("fine") == 42
