"""Functions and values: how Python objects become WebAssembly values, and back."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from guests import config, engine, guest, number
from trimaran import (
    Engine,
    Func,
    FuncType,
    Global,
    HeapType,
    Instance,
    Module,
    RangeError,
    Reference,
    RefType,
    Store,
    Val,
    ValType,
    WasmTypeError,
)

ECHO = """(module
    (func (export "i32") (param i32) (result i32) local.get 0)
    (func (export "i64") (param i64) (result i64) local.get 0)
    (func (export "f32") (param f32) (result f32) local.get 0)
    (func (export "f64") (param f64) (result f64) local.get 0)
    (func (export "v128") (param v128) (result v128) local.get 0)
    (func (export "funcref") (param funcref) (result funcref) local.get 0)
    (func (export "externref") (param externref) (result externref) local.get 0)
    (func (export "none"))
    (func (export "two") (param i32 f64) (result f64 i32) local.get 1 local.get 0))"""

Guest = dict[str, Func]


@pytest.fixture
def world() -> tuple[Store, Guest]:
    store, instance = guest(ECHO)
    return store, {name: instance.func(store, name) for name in instance.exports(store)}


def test_results(world: tuple[Store, Guest]) -> None:
    store, funcs = world
    assert funcs["none"](store) is None
    assert funcs["i32"](store, 7) == 7
    assert funcs["two"](store, 1, 2.5) == [2.5, 1]
    assert type(funcs["f64"](store, 1)) is float
    assert str(funcs["two"].type(store)) == "(func (param i32 f64) (result f64 i32))"
    assert funcs["two"].type(store) == FuncType([ValType.i32(), ValType.f64()], [ValType.f64(), ValType.i32()])
    assert repr(funcs["two"]) == f"<Func (func (param i32 f64) (result f64 i32)) of store {number(store)}>"


@pytest.mark.parametrize(
    ("name", "given", "result"),
    [
        ("i32", -1, -1),
        ("i32", 2**32 - 1, -1),
        ("i32", -(2**31), -(2**31)),
        ("i32", True, 1),
        ("i32", np.uint16(9), 9),
        ("i64", 2**63 - 1, 2**63 - 1),
        ("i64", 2**64 - 1, -1),
        ("i64", 2**63, -(2**63)),
        ("i64", -(2**63), -(2**63)),
        ("i64", np.int64(-5), -5),
        ("f32", 0.5, 0.5),
        ("f32", 3, 3.0),
        ("f32", 1e300, math.inf),
        ("f32", 0.1, struct.unpack("<f", struct.pack("<f", 0.1))[0]),
        ("f64", 2**53, float(2**53)),
        ("f64", np.float32(0.5), 0.5),
        ("f64", np.float64(0.25), 0.25),
        ("f64", Fraction(1, 4), 0.25),
        ("v128", bytes(range(16)), bytes(range(16))),
        ("funcref", None, None),
        ("externref", None, None),
    ],
)
def test_plain_objects(world: tuple[Store, Guest], name: str, given: object, result: object) -> None:
    store, funcs = world
    assert funcs[name](store, given) == result


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("i32", 2**32, "argument 1 is 4294967296: expected an i32, from -2147483648 to 4294967295"),
        ("i32", 2**64, f"argument 1 is {2**64}: expected an i32, from -2147483648 to 4294967295"),
        ("i32", 2**64 - 1, f"argument 1 is {2**64 - 1}: expected an i32, from -2147483648 to 4294967295"),
        ("i64", 2**64, f"argument 1 is {2**64}: expected an i64, from -9223372036854775808 to 18446744073709551615"),
        (
            "i64",
            -(2**63) - 1,
            f"argument 1 is {-(2**63) - 1}: expected an i64, from -9223372036854775808 to 18446744073709551615",
        ),
        ("f32", 2**24 + 1, "argument 1 is 16777217: an f32 holds integers up to 2^24 exactly; pass a float to round"),
        (
            "f64",
            2**53 + 1,
            f"argument 1 is {2**53 + 1}: an f64 holds integers up to 2^53 exactly; pass a float to round",
        ),
        ("f64", 2**64, f"argument 1 is {2**64}: an f64 holds integers up to 2^53 exactly; pass a float to round"),
    ],
)
def test_numbers_that_do_not_fit(world: tuple[Store, Guest], name: str, given: int, sentence: str) -> None:
    store, funcs = world
    with pytest.raises(RangeError) as caught:
        funcs[name](store, given)
    assert str(caught.value) == caught.value.reason == sentence


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("i32", 1.0, "argument 1 is an f64: expected i32"),
        ("i32", None, "argument 1 is null: expected i32"),
        ("i64", bytes(16), "argument 1 is a v128: expected i64"),
        ("v128", 1, "argument 1 is an i64: expected v128"),
        ("v128", 2**64, "argument 1 is an i64: expected v128"),
        ("externref", Val.i64(1), "argument 1 is an i64: expected externref"),
        ("funcref", 1, "argument 1 is an i64: expected funcref"),
        ("funcref", Val.externref(1), "argument 1 is an externref: expected funcref"),
        ("v128", bytes(15), "argument 1 has 15 bytes: expected the 16 bytes of a v128"),
        ("i32", "1", "argument 1 is a str: expected an int or a Val"),
        ("i32", 1j, "argument 1 is a complex: expected an int or a Val"),
    ],
)
def test_objects_of_another_type(world: tuple[Store, Guest], name: str, given: object, sentence: str) -> None:
    store, funcs = world
    with pytest.raises(WasmTypeError) as caught:
        funcs[name](store, given)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((), "too few arguments: (func (param i32 f64) (result f64 i32)) takes 2, 0 given"),
        ((1,), "too few arguments: (func (param i32 f64) (result f64 i32)) takes 2, 1 given"),
        ((1, 2, 3), "too many arguments: (func (param i32 f64) (result f64 i32)) takes 2, 3 given"),
        ((2**64,), "too few arguments: (func (param i32 f64) (result f64 i32)) takes 2, 1 given"),
        (("text",) * 3, "too many arguments: (func (param i32 f64) (result f64 i32)) takes 2, 3 given"),
    ],
)
def test_the_number_of_arguments(world: tuple[Store, Guest], given: tuple[object, ...], sentence: str) -> None:
    store, funcs = world
    with pytest.raises(WasmTypeError) as caught:
        funcs["two"](store, *given)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("bits", [0x7FF0_0000_0000_0001, 0xFFF8_0000_DEAD_BEEF, 0x8000_0000_0000_0000, 1])
def test_every_bit_of_an_f64(world: tuple[Store, Guest], bits: int) -> None:
    store, funcs = world
    (result,) = funcs["f64"].call(store, [Val.f64_from_bits(bits)])
    assert result.bits == bits
    assert result == Val.f64_from_bits(bits)


@pytest.mark.parametrize("bits", [0x7F80_0001, 0xFFC0_BEEF, 0x8000_0000, 1])
def test_every_bit_of_an_f32(world: tuple[Store, Guest], bits: int) -> None:
    store, funcs = world
    (result,) = funcs["f32"].call(store, [Val.f32_from_bits(bits)])
    assert result.bits == bits


def test_quiet_nans_survive_as_floats(world: tuple[Store, Guest]) -> None:
    store, funcs = world
    (nan,) = struct.unpack("<d", (0x7FF8_0000_0000_1234).to_bytes(8, "little"))
    assert struct.pack("<d", funcs["f64"](store, nan)) == struct.pack("<d", nan)
    assert math.copysign(1, funcs["f64"](store, -0.0)) == -1


def test_references_to_functions(world: tuple[Store, Guest]) -> None:
    store, funcs = world
    back = funcs["funcref"](store, funcs["none"])
    assert isinstance(back, Func)
    assert back.same(store, funcs["none"])
    assert not back.same(store, funcs["two"])
    assert back(store) is None
    (val,) = funcs["funcref"].call(store, [Val.funcref(back)])
    assert val.as_funcref() is not None
    with pytest.raises(WasmTypeError):
        back.same(store, None)  # type: ignore[arg-type]


def test_references_to_values_of_the_guest() -> None:
    engine = Engine(config().wasm_gc(True).wasm_function_references(True))
    store = Store(engine)
    wat = """(module (type $s (struct (field i32)))
        (func (export "make") (param i32) (result anyref) (struct.new $s (local.get 0)))
        (func (export "number") (param i32) (result anyref) (ref.i31 (local.get 0)))
        (func (export "field") (param anyref) (result i32) (struct.get $s 0 (ref.cast (ref $s) (local.get 0)))))"""
    instance = Instance(store, Module(engine, wat))
    make, field = instance.func(store, "make"), instance.func(store, "field")
    one, other = make(store, 5), make(store, 6)
    assert isinstance(one, Reference)
    assert repr(one).startswith("<Reference (ref ") and " of store " in repr(one)
    store.gc()
    assert [field(store, one), field(store, other), field(store, Val.anyref(one))] == [5, 6, 5]
    assert one.same(store, one)
    assert not one.same(store, other)
    number = instance.func(store, "number")
    assert number(store, 3).same(store, number(store, 3))
    with pytest.raises(WasmTypeError, match="a Reference comes out of a guest"):
        Reference()


def test_vals() -> None:
    assert Val.i32(7).value == 7
    assert Val.i32(2**32 - 1) == Val.i32(-1) == -1
    assert Val.i64(-1).bits == 2**64 - 1
    assert Val.i32(1) != Val.i64(1)
    assert Val.f32(0.1).value == struct.unpack("<f", struct.pack("<f", 0.1))[0]
    assert Val.f32(1e300).value == math.inf
    assert Val.f64(1).value == 1.0
    assert Val.f64(0.0) != Val.f64(-0.0)
    assert Val.f64(math.nan) == Val.f64(math.nan)
    assert Val.v128(1) == Val.v128(bytes([1]) + bytes(15))
    assert Val.v128(1).value == Val.v128(1).as_v128() == bytes([1]) + bytes(15)
    assert Val.null().value is None
    assert (Val.i32(7).as_i32(), Val.i32(7).as_i64()) == (7, None)
    assert (Val.i64(7).as_i64(), Val.f32(0.5).as_f32(), Val.f64(0.5).as_f64()) == (7, 0.5, 0.5)
    assert (Val.funcref(None).as_funcref(), Val.externref(None).as_externref()) == (None, None)
    assert (Val.anyref(None).as_anyref(), Val.exnref(None).as_exnref()) == (None, None)


def test_the_types_of_vals() -> None:
    made = {
        "i32": Val.i32(1),
        "i64": Val.i64(1),
        "f32": Val.f32(1.0),
        "f64": Val.f64(1.0),
        "v128": Val.v128(1),
        "funcref": Val.funcref(None),
        "externref": Val.externref(None),
        "anyref": Val.anyref(None),
        "exnref": Val.exnref(None),
        "nullref": Val.null(),
    }
    assert {name: str(val.type) for name, val in made.items()} == {name: name for name in made}
    for val in made.values():
        ref = val.type.ref_type
        assert ref is None or Val.ref_null(val.type) == val
    with pytest.raises(WasmTypeError, match="the type is i32: expected a reference that may be null"):
        Val.ref_null(ValType.i32())
    with pytest.raises(WasmTypeError):
        Val.ref_null(ValType.ref(RefType(False, HeapType("func"))))


def test_the_repr_of_vals() -> None:
    made = [Val.i32(-7), Val.f64(0.5), Val.v128(0), Val.funcref(None), Val.null()]
    assert [repr(val) for val in made] == [
        "Val.i32(-7)",
        "Val.f64(0.5)",
        f"Val.v128({bytes(16)!r})",
        "Val.funcref(None)",
        "Val.null()",
    ]


def test_vals_that_cannot_be() -> None:
    with pytest.raises(RangeError, match=r"^the value is 4294967296: expected an i32, from -2147483648 to 4294967295$"):
        Val.i32(2**32)
    with pytest.raises(RangeError, match="expected an i64"):
        Val.i64(2**64)
    with pytest.raises(RangeError, match="expected a v128"):
        Val.v128(2**128)
    with pytest.raises(RangeError, match="an f32 holds integers up to"):
        Val.f32(2**24 + 1)
    with pytest.raises(WasmTypeError, match="the value is a float: expected an int"):
        Val.i32(1.0)  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match="the value is a str: expected a float"):
        Val.f64("1")  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match="the value has 3 bytes"):
        Val.v128(b"abc")
    with pytest.raises(WasmTypeError, match="a reference has no bits"):
        _ = Val.null().bits
    with pytest.raises(WasmTypeError, match=r"Val\.i32\(7\)"):
        Val()
    with pytest.raises(TypeError):
        hash(Val.i32(1))


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("i32", Val.i64(7), "is an i64: expected i32"),
        ("i64", Val.i32(7), "is an i32: expected i64"),
        ("f32", Val.f64(1e300), "is an f64: expected f32"),
        ("f64", Val.f32(0.5), "is an f32: expected f64"),
        ("f32", Val.i64(3), "is an i64: expected f32"),
        ("v128", Val.i32(3), "is an i32: expected v128"),
    ],
)
def test_a_val_of_another_type_is_refused(kind: str, value: Val, sentence: str) -> None:
    """A plain number goes into each type that holds it. A `Val` says its own type."""
    zero = "i32x4 0 0 0 0" if kind == "v128" else "0"
    text = f"""(module
        (import "" "f" (func $f (result {kind})))
        (global (export "g") (mut {kind}) ({kind}.const {zero}))
        (func (export "echo") (param {kind}) (result {kind}) local.get 0)
        (func (export "run") (result {kind}) call $f))"""
    store = Store(engine())
    ty: ValType = getattr(ValType, kind)()
    exports = Instance(store, Module(store.engine, text), [Func(store, FuncType([], [ty]), lambda: value)]).exports(
        store
    )
    echo, run, item = exports["echo"], exports["run"], exports["g"]
    assert isinstance(echo, Func) and isinstance(run, Func) and isinstance(item, Global)
    calls: dict[str, Callable[[], object]] = {
        "argument 1": lambda: echo(store, value),
        "result 1": lambda: run(store),
        "the value": lambda: item.set_value(store, value),
    }
    for place, call in calls.items():
        with pytest.raises(WasmTypeError, match=rf"^{place} {sentence}(\n|$)"):
            call()
    with pytest.raises(WasmTypeError, match=f"^argument 1 {sentence}$"):
        echo.call(store, [value])


def test_what_is_no_list_of_arguments() -> None:
    store = Store(engine())
    func = Func(store, FuncType([], []), lambda: None)
    with pytest.raises(WasmTypeError, match="the arguments are an int: expected a list or a tuple of them"):
        func.call(store, 5)  # type: ignore[arg-type]
