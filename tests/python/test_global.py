"""Globals: made, read and set by the host, and seen by guests."""

from __future__ import annotations

import math
from typing import Any

import pytest

from guests import config, engine
from trimaran import (
    ClosedError,
    Engine,
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Module,
    RangeError,
    Reference,
    Store,
    Val,
    ValType,
    WasmTypeError,
    WrongStoreError,
)

TYPES: dict[str, tuple[ValType, Any, list[Any]]] = {
    "i32": (ValType.i32(), 0, [1, -1, 2**31 - 1, -(2**31)]),
    "i64": (ValType.i64(), 0, [1, -1, 2**63 - 1, -(2**63)]),
    "f32": (ValType.f32(), 0.0, [0.5, -0.0, math.inf]),
    "f64": (ValType.f64(), 0.0, [0.1, -0.0, math.inf]),
    "v128": (ValType.v128(), bytes(16), [bytes(range(16))]),
    "externref": (ValType.externref(), None, ["text", 0, "", [], False, object(), ()]),
}


@pytest.fixture
def store() -> Store:
    return Store(engine())


@pytest.mark.parametrize("name", TYPES)
def test_a_value_comes_back(store: Store, name: str) -> None:
    ty, first, others = TYPES[name]
    item = Global(store, GlobalType(ty, True), first)
    assert item.type(store) == GlobalType(ty, True)
    assert item.value(store) == item.get(store).value == first
    for value in others:
        item.set_value(store, value)
        found = item.value(store)
        assert type(found) is type(value) and repr(found) == repr(value)
        assert name != "externref" or found is value
        assert item.get(store) == value


def test_a_global_is_a_guests_as_well(store: Store) -> None:
    wat = """(module (import "host" "g" (global $g (mut i32)))
        (global (export "own") (mut f64) (f64.const 1.5))
        (func (export "add") (param i32) (global.set $g (i32.add (global.get $g) (local.get 0)))))"""
    item = Global(store, GlobalType(ValType.i32(), True), 40)
    instance = Instance(store, Module(store.engine, wat), [item])
    instance.func(store, "add")(store, 2)
    assert item.value(store) == 42
    own = instance.global_(store, "own")
    assert own.value(store) == 1.5
    own.set_value(store, 3)
    assert own.value(store) == 3.0


@pytest.mark.parametrize("bits", [0x7FF0_0000_0000_0001, 0xFFF8_0000_DEAD_BEEF, 1 << 63])
def test_every_bit(store: Store, bits: int) -> None:
    item = Global(store, GlobalType(ValType.f64(), True), Val.f64_from_bits(bits))
    assert item.get(store) == Val.f64_from_bits(bits)
    item.set_value(store, Val.f64_from_bits(bits ^ 2))
    assert item.get(store).bits == bits ^ 2


def test_a_function(store: Store) -> None:
    func = Func(store, FuncType([], []), lambda: None)
    item = Global(store, GlobalType(ValType.funcref(), True), None)
    assert item.value(store) is None
    item.set_value(store, func)
    assert item.value(store).same(store, func)
    item.set_value(store, Val.null())
    assert item.value(store) is None


def test_a_value_of_the_guest() -> None:
    made = Engine(config().wasm_gc(True).wasm_function_references(True))
    store = Store(made)
    wat = """(module (global (export "g") (mut anyref) (ref.i31 (i32.const 5)))
        (func (export "number") (result i32) (i31.get_s (ref.cast (ref i31) (global.get 0))))
        (func (export "six") (result anyref) (ref.i31 (i32.const 6))))"""
    exports: Any = Instance(store, Module(made, wat)).exports(store)
    item = exports["g"]
    assert isinstance(item.value(store), Reference)
    item.set_value(store, exports["six"](store))
    assert exports["number"](store) == 6


@pytest.mark.parametrize(
    ("name", "value", "kind", "sentence"),
    [
        ("i32", 2**32, RangeError, "the value is 4294967296: expected an i32, from -2147483648 to 4294967295"),
        ("i32", 2**64, RangeError, f"the value is {2**64}: expected an i32, from -2147483648 to 4294967295"),
        ("i32", 1.0, WasmTypeError, "the value is an f64: expected i32"),
        ("i32", None, WasmTypeError, "the value is null: expected i32"),
        ("i32", "1", WasmTypeError, "the value is a str: expected an int or a Val"),
        (
            "f32",
            2**24 + 1,
            RangeError,
            "the value is 16777217: an f32 holds integers up to 2^24 exactly; pass a float to round",
        ),
        ("v128", b"abc", WasmTypeError, "the value has 3 bytes: expected the 16 bytes of a v128"),
        ("externref", Val.i32(1), WasmTypeError, "the value is an i32: expected externref"),
    ],
)
def test_values_that_do_not_fit(store: Store, name: str, value: object, kind: type[Exception], sentence: str) -> None:
    ty, first, _ = TYPES[name]
    item = Global(store, GlobalType(ty, True), first)
    for use in (lambda: item.set_value(store, value), lambda: Global(store, GlobalType(ty, False), value)):
        with pytest.raises(kind) as caught:
            use()
        assert str(caught.value) == sentence
    assert item.value(store) == first


def test_a_constant(store: Store) -> None:
    item = Global(store, GlobalType(ValType.i32(), False), 7)
    assert item.value(store) == 7
    for value in (8, 7, "text", None):
        with pytest.raises(WasmTypeError):
            item.set_value(store, value)
    assert item.value(store) == 7


def test_what_is_checked(store: Store) -> None:
    item = Global(store, GlobalType(ValType.i32(), True), 7)
    other = Store(store.engine)
    for use in (lambda: item.value(other), lambda: item.get(other), lambda: item.set_value(other, 1)):
        with pytest.raises(WrongStoreError):
            use()
    foreign = Func(other, FuncType([], []), lambda: None)
    with pytest.raises(WrongStoreError):
        Global(store, GlobalType(ValType.funcref(), True), foreign)
    for make in (
        lambda: Global(store, ValType.i32(), 1),  # type: ignore[arg-type]
        lambda: Global(None, GlobalType(ValType.i32(), True), 1),  # type: ignore[arg-type]
        lambda: item.value(None),  # type: ignore[arg-type]
        lambda: item.set_value(5, 1),  # type: ignore[arg-type]
    ):
        with pytest.raises(WasmTypeError):
            make()
    store.close()
    for use in (lambda: item.value(store), lambda: item.get(store), lambda: item.set_value(store, 1)):
        with pytest.raises(ClosedError):
            use()
