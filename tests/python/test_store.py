"""Stores: data, fuel, closing."""

from __future__ import annotations

import pytest

from guests import IS_INTERPRETER, config, engine, guest
from trimaran import ClosedError, ConfigError, Engine, Instance, Module, RangeError, Store, WasmTypeError


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


def test_close() -> None:
    with Store(engine()) as store:
        assert not store.closed
        assert repr(store) == "<Store>"
    assert store.closed
    assert repr(store) == "<Store, closed>"
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
