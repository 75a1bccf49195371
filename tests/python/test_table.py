"""Tables: made, read and set by the host, and seen by guests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rules import rule

from guests import engine
from trimaran import (
    ClosedError,
    Func,
    FuncType,
    Instance,
    LimitError,
    Limits,
    Module,
    RangeError,
    Store,
    Table,
    TableType,
    Trap,
    Val,
    ValType,
    WasmTypeError,
    WrongStoreError,
)

EXTERNREF, FUNCREF = ValType.externref(), ValType.funcref()


@pytest.fixture
def store() -> Store:
    return Store(engine())


def objects(store: Store, init: object = None, low: int = 4, high: int | None = 8) -> Table:
    return Table(store, TableType(EXTERNREF, Limits(low, high)), init)


def test_elements(store: Store) -> None:
    thing = object()
    table = objects(store, thing)
    assert table.type(store) == TableType(EXTERNREF, Limits(4, 8))
    assert (table.size(store), [table.get(store, place) for place in range(4)]) == (4, [thing] * 4)
    things: list[Any] = ["text", 0, "", [], False, (), None, store, table]
    for value in things:
        table.set(store, 2, value)
        assert table.get(store, 2) is value
        assert rule(table, "get")(store, 2) is value
    table.set(store, 2, Val.externref("in a val"))
    assert table.get(store, 2) == "in a val"
    table.set(store, 2, Val.null())
    assert table.get(store, 2) is None
    assert table.get(store, 1) is thing


def test_growing(store: Store) -> None:
    table = objects(store)
    assert table.grow(store, 2, "new") == 4
    assert [table.get(store, place) for place in range(6)] == [None] * 4 + ["new"] * 2
    assert table.grow(store, 0, None) == table.size(store) == 6
    with pytest.raises(LimitError):
        table.grow(store, 3, None)
    with pytest.raises(RangeError, match="the number of elements to grow by is -1: expected 0 or more"):
        table.grow(store, -1, None)
    with pytest.raises(WasmTypeError):
        table.grow(store, 1.5, None)  # type: ignore[arg-type]
    assert table.size(store) == 6


def test_filling_and_copying(store: Store) -> None:
    table, other = objects(store), objects(store, "other")
    table.fill(store, 1, "x", 2)
    assert everything(store, table) == [None, "x", "x", None]
    table.copy(store, 0, other, 2, 2)
    assert everything(store, table) == ["other", "other", "x", None]
    table.set(store, 3, "last")
    table.copy(store, 1, table, 0, 3)
    assert everything(store, table) == ["other", "other", "other", "x"]
    table.fill(store, 4, "y", 0)
    table.copy(store, 4, other, 4, 0)
    assert everything(store, other) == ["other"] * 4
    with pytest.raises(WasmTypeError):
        table.copy(store, 0, Table(store, TableType(FUNCREF, Limits(4)), None), 0, 1)


def everything(store: Store, table: Table) -> list[object]:
    return [table.get(store, place) for place in range(table.size(store))]


OUTSIDE: list[Callable[[Store, Table], object]] = [
    lambda store, table: table.get(store, 4),
    lambda store, table: table.get(store, -1),
    lambda store, table: table.get(store, 2**63),
    lambda store, table: table.get(store, 2**32),
    lambda store, table: table.set(store, 4, None),
    lambda store, table: table.set(store, 2**64, None),
    lambda store, table: table.fill(store, 3, None, 2),
    lambda store, table: table.fill(store, 0, None, 2**40),
    lambda store, table: table.fill(store, 0, None, -1),
    lambda store, table: table.copy(store, 3, table, 0, 2),
    lambda store, table: table.copy(store, 0, table, 3, 2),
    lambda store, table: table.copy(store, -1, table, 0, 1),
]


@pytest.mark.parametrize("use", OUTSIDE)
def test_places_outside(store: Store, use: Callable[[Store, Table], object]) -> None:
    table = objects(store, "kept")
    with pytest.raises(RangeError) as caught:
        use(store, table)
    # As a list of Python has it.
    assert isinstance(caught.value, IndexError)
    assert everything(store, table) == ["kept"] * 4


def test_the_index_is_a_number(store: Store) -> None:
    table = objects(store)
    indices: list[Any] = [None, "0", 0.0, True]
    for index in indices:
        with pytest.raises(WasmTypeError, match="the index is"):
            table.get(store, index)
        with pytest.raises(WasmTypeError, match="the index is"):
            table.set(store, index, None)


def test_functions_of_guest_and_host(store: Store) -> None:
    wat = """(module
        (import "host" "table" (table $hosts 1 funcref))
        (table $own (export "table") 4 funcref)
        (type $t (func (param i32) (result i32)))
        (func $double (type $t) (i32.mul (local.get 0) (i32.const 2)))
        (elem (table $own) (i32.const 1) func $double)
        (func (export "call") (param i32 i32) (result i32)
            (call_indirect $hosts (type $t) (local.get 0) (local.get 1))))"""
    hosts = Table(store, TableType(FUNCREF, Limits(3)), None)
    exports: Any = Instance(store, Module(store.engine, wat), [hosts]).exports(store)
    own, call = exports["table"], exports["call"]
    assert (own.size(store), own.get(store, 0)) == (4, None)
    assert own.get(store, 1)(store, 21) == 42

    def times(number: int) -> int:
        return number * 3

    triple = Func(store, FuncType([ValType.i32()], [ValType.i32()]), times)
    hosts.set(store, 0, triple)
    hosts.copy(store, 1, own, 1, 1)
    assert (call(store, 5, 0), call(store, 5, 1)) == (15, 10)
    assert hosts.get(store, 0).same(store, triple)
    with pytest.raises(Trap):
        call(store, 5, 2)


@pytest.mark.parametrize("value", [1, "text", object(), Val.externref(1), Val.i32(1)])
def test_elements_of_another_type(store: Store, value: object) -> None:
    table = Table(store, TableType(FUNCREF, Limits(1, 2)), None)
    for use in (
        lambda: table.set(store, 0, value),
        lambda: table.grow(store, 1, value),
        lambda: table.fill(store, 0, value, 1),
        lambda: Table(store, TableType(FUNCREF, Limits(1)), value),
    ):
        with pytest.raises(WasmTypeError, match="the element is"):
            use()
    assert (table.size(store), table.get(store, 0)) == (1, None)


def test_what_is_checked(store: Store) -> None:
    table, other = objects(store), Store(store.engine)
    foreign = Func(other, FuncType([], []), lambda: None)
    for use in (
        lambda: table.get(other, 0),
        lambda: table.set(other, 0, None),
        lambda: table.size(other),
        lambda: Table(store, TableType(FUNCREF, Limits(1)), foreign),
        lambda: table.copy(store, 0, objects(other), 0, 1),
    ):
        with pytest.raises(WrongStoreError):
            use()
    for make in (
        lambda: Table(store, EXTERNREF, None),  # type: ignore[arg-type]
        lambda: Table(None, TableType(EXTERNREF, Limits(1)), None),  # type: ignore[arg-type]
        lambda: table.get(None, 0),  # type: ignore[arg-type]
        lambda: table.size(5),  # type: ignore[arg-type]
        lambda: table.copy(store, 0, None, 0, 1),  # type: ignore[arg-type]
    ):
        with pytest.raises(WasmTypeError):
            make()
    store.close()
    for use in (lambda: table.get(store, 0), lambda: table.set(store, 0, None), lambda: table.size(store)):
        with pytest.raises(ClosedError):
            use()
