"""Stores: data, fuel, closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from guests import IS_INTERPRETER, config, engine, guest, number
from trimaran import (
    ClosedError,
    ConfigError,
    Engine,
    Instance,
    LimitError,
    Limits,
    Memory,
    MemoryType,
    Module,
    RangeError,
    Store,
    Table,
    TableType,
    ValType,
    WasmtimeError,
    WasmTypeError,
)


@pytest.mark.parametrize("data", [None, 0, "", [], {}, "data", object()])
def test_data(data: object) -> None:
    assert Store(engine(), data).data() is data
    assert Store(data=data).data() is data


def test_a_store_without_an_engine() -> None:
    store = Store()
    assert Instance(store, Module(store.engine, "(module)"), []) is not None


def test_fuel() -> None:
    store = Store(Engine(config().consume_fuel(True)))
    assert store.get_fuel() == 0
    for fuel in (0, 10_000, 2**64 - 1):
        store.set_fuel(fuel)
        assert store.get_fuel() == fuel
    for fuel in (-1, 1 << 64):
        with pytest.raises(RangeError, match=f"the fuel is {fuel}: expected"):
            store.set_fuel(fuel)
    with pytest.raises(WasmTypeError, match="the fuel is a float: expected an int"):
        store.set_fuel(1.5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        Store(engine()).get_fuel()
    with pytest.raises(RangeError, match="the epoch deadline is -1: expected 0 or more"):
        store.set_epoch_deadline(-1)


def test_limits() -> None:
    store = Store(engine())
    store.set_limits(memory_size=3 * 65_536, memories=2, tables=1, table_elements=10, instances=1)
    wat = """(module (memory (export "m") 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"""
    module = Module(store.engine, wat)
    instance = Instance(store, module)
    grow = instance.func(store, "grow")
    assert (grow(store, 2), grow(store, 1)) == (1, -1)
    uses: list[Callable[[], object]] = [
        lambda: instance.memory(store, "m").grow(store, 1),
        lambda: Memory(store, MemoryType(Limits(4))),
        lambda: Table(store, TableType(ValType.funcref(), Limits(11)), None),
        lambda: Instance(store, module),
    ]
    for use in uses:
        with pytest.raises(LimitError):
            use()
    # What is below 0 is no limit, as in wasmtime-py, and each call begins anew.
    store.set_limits(memory_size=-1, instances=-5)
    assert grow(store, 1) == 3
    assert Instance(store, module)
    store.set_limits(65_536, trap_on_grow_failure=True)
    with pytest.raises(LimitError):
        grow(store, 1)


@pytest.mark.parametrize(
    ("name", "value", "kind", "sentence"),
    [
        ("memory_size", 1.5, WasmTypeError, "memory_size is a float: expected an int"),
        ("tables", None, WasmTypeError, "tables is None: expected an int"),
        ("instances", 1 << 64, RangeError, "instances is 18446744073709551616: expected less than 2^64"),
        ("trap_on_grow_failure", 1, WasmTypeError, "trap_on_grow_failure is an int: expected a bool"),
    ],
)
def test_what_is_no_limit(name: str, value: Any, kind: type[WasmtimeError], sentence: str) -> None:
    with pytest.raises(kind) as caught:
        Store(engine()).set_limits(**{name: value})
    assert str(caught.value) == sentence


def test_close() -> None:
    with Store(engine()) as store:
        assert not store.closed
        assert repr(store) == f"<Store {number(store)}>"
    assert store.closed
    assert repr(store) == f"<Store {number(store)}, closed>"
    store.close()
    for use in (store.gc, store.get_fuel, lambda: store.set_fuel(1), lambda: store.set_epoch_deadline(1)):
        with pytest.raises(ClosedError, match="the store is closed") as caught:
            use()
        assert caught.value.what == "store"
    assert store.engine.is_pulley() == IS_INTERPRETER


def test_a_closed_store_holds_nothing() -> None:
    store, instance = guest(
        '(module (memory (export "m") 1) (func (export "f")) (global (export "g") i32 i32.const 1))'
    )
    func, global_ = instance.func(store, "f"), instance.global_(store, "g")
    exports = instance.exports(store)
    store.close()
    for use in (
        lambda: func(store),
        lambda: func.type(store),
        lambda: func.same(store, func),
        lambda: global_.type(store),
        lambda: instance.exports(store),
        lambda: instance.func(store, "f"),
        lambda: exports["missing"],
        lambda: Instance(store, Module(store.engine, "(module)")),
    ):
        with pytest.raises(ClosedError, match="the store is closed"):
            use()


def test_an_error_inside_closes_as_well() -> None:
    store = Store(engine())
    with pytest.raises(RuntimeError, match="mine"), store:
        raise RuntimeError("mine")
    assert store.closed
