"""What can be a column of `map`, and what becomes of its numbers."""

from __future__ import annotations

import ctypes
import math
from array import array
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from guests import guest
from trimaran import Instance, RangeError, Store, Val, WasmTypeError

WAT = """(module
    (func (export "i32") (param i32) (result i32) local.get 0)
    (func (export "i64") (param i64) (result i64) local.get 0)
    (func (export "f32") (param f32) (result f32) local.get 0)
    (func (export "f64") (param f64) (result f64) local.get 0)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "swap") (param i32 f64) (result f64 i32) local.get 1 local.get 0)
    (func (export "nothing") (param i32)))"""
RESULTS = {"i32": np.int32, "i64": np.int64, "f32": np.float32, "f64": np.float64}
# Which types of items go into which type.
FITS = {
    "i32": "? b B h H i I",
    "i64": "? b B h H i I q Q",
    "f32": "? b B h H e f",
    "f64": "? b B h H i I e f d",
}
ALL = "? b B h H i I q Q e f d".split()


@pytest.fixture
def world() -> tuple[Store, Instance]:
    return guest(WAT)


def extremes(code: str) -> Any:
    """The least and the greatest number of a type, and some between."""
    kind = np.dtype(code)
    if code == "?":
        return np.array([True, False])
    if kind.kind == "f":
        info = np.finfo(kind)
        special = [math.nan, math.inf, -math.inf, -0.0, 0.1, float(info.smallest_subnormal)]
        return np.array([info.min, info.max, *special], kind)
    least, greatest = np.iinfo(kind).min, np.iinfo(kind).max
    return np.array([least, greatest, 0, 1, 77], kind)


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("code", ALL)
@pytest.mark.parametrize("order", ["=", ">", "<"])
def test_no_number_changes(world: tuple[Store, Instance], name: str, code: str, order: str) -> None:
    store, instance = world
    column = extremes(code)
    column = column.astype(column.dtype.newbyteorder(order))
    func = instance.func(store, name)
    if code not in FITS[name].split():
        with pytest.raises(WasmTypeError, match=rf"^column 1 has {np.dtype(code)}: expected "):
            func.map(store, column)
        return
    made = func.map(store, column)
    assert made.dtype == RESULTS[name]
    # Integers of WebAssembly have no sign: the bits are those that were given.
    expected = column.astype(column.dtype.newbyteorder("=")).astype(RESULTS[name])
    assert made.tobytes() == expected.tobytes() or (np.isnan(column).any() and np.array_equal(made, expected, True))


@pytest.mark.parametrize("name", FITS)
def test_every_layout(world: tuple[Store, Instance], name: str) -> None:
    store, instance = world
    func, kind = instance.func(store, name), np.dtype(RESULTS[name])
    table = np.arange(12, dtype=kind).reshape(3, 4)
    records = np.zeros(3, [("a", "u1"), ("b", kind)])
    records["b"] = [1, 2, 3]
    read_only = np.arange(3, dtype=kind)
    read_only.flags.writeable = False
    layouts: list[Any] = [
        table[:, 1],
        np.asfortranarray(table)[1],
        table[::-1, 2],
        table.T[3],
        # Items that lie at odd addresses.
        records["b"],
        np.broadcast_to(np.ones(1, kind), 5),
        read_only,
        memoryview(np.arange(9, dtype=kind).data)[::3],
        np.arange(0, dtype=kind),
    ]
    for column in layouts:
        assert np.array_equal(func.map(store, column), np.asarray(column))


def test_every_float_of_16_bits(world: tuple[Store, Instance]) -> None:
    store, instance = world
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    for name in ("f32", "f64"):
        for column in (halves, halves.astype(">f2"), halves[::-1][::-1]):
            assert np.array_equal(instance.func(store, name).map(store, column), halves.astype(RESULTS[name]), True)


def test_lists_fit_as_arguments_do(world: tuple[Store, Instance]) -> None:
    store, instance = world

    def mapped(name: str, column: Any) -> Any:
        return instance.func(store, name).map(store, column)

    assert mapped("i32", [1, -1, True, 2**32 - 1, np.int64(5), Val.i32(9)]) == array("i", [1, -1, 1, -1, 5, 9])
    assert mapped("i64", (1, 2**64 - 1, -(2**63))) == array("q", [1, -1, -(2**63)])
    assert mapped("f32", [0.1, 1, Fraction(1, 4), np.float32(0.1), Val.f32(2)]) == array("f", [0.1, 1, 0.25, 0.1, 2])
    assert mapped("f64", [0.1, 2**53, np.float16(0.5)]) == array("d", [0.1, 2**53, 0.5])
    assert mapped("i32", []) == array("i")
    assert type(mapped("i32", [1])) is array
    for name, item, text in [
        ("i32", 2**32, "column 1, row 1 is 4294967296: expected an i32, from -2147483648 to 4294967295"),
        ("i64", 2**64, "column 1, row 1 is 18446744073709551616: expected an i64, from"),
        ("f32", 2**24 + 1, "column 1, row 1 is 16777217: "),
    ]:
        with pytest.raises(RangeError) as caught:
            mapped(name, [0, item])
        assert str(caught.value).startswith(text)


def test_one_number_for_every_row(world: tuple[Store, Instance]) -> None:
    store, instance = world
    add = instance.func(store, "add")
    for one in (10, True, np.int8(10), np.array(10), Val.i32(10), np.int64(10)):
        number = one.value if isinstance(one, Val) else int(one)
        assert list(add.map(store, [1, 2, 3], one)) == [1 + number, 2 + number, 3 + number]
        assert list(add.map(store, one, array("i", [1]))) == [1 + number]
    assert add.map(store, [], 1) == array("i")
    swapped = instance.func(store, "swap").map(store, [1, 2], 0.5)
    assert swapped == [array("d", [0.5, 0.5]), array("i", [1, 2])]
    with pytest.raises(WasmTypeError, match=r"^column 2 is of type c_int: expected a column of "):
        add.map(store, [1, 2], ctypes.c_int(1))
    with pytest.raises(RangeError, match=r"^column 2 is 4294967296: expected an i32, from"):
        add.map(store, [1, 2], 2**32)


def test_results_where_they_are_wanted(world: tuple[Store, Instance]) -> None:
    store, instance = world
    add, swap = instance.func(store, "add"), instance.func(store, "swap")
    column = np.arange(4, dtype=np.int32)
    for out in (
        np.zeros(4, np.int32),
        np.zeros(4, np.uint32),
        np.zeros(4, ">i4"),
        np.zeros((4, 2), np.int32)[:, 1],
        array("i", [0] * 4),
        memoryview(bytearray(16)).cast("i"),
    ):
        assert add.map(store, column, 1, out=out) is out
        assert list(out) == [1, 2, 3, 4]
    # In place.
    add.map(store, column, column, out=column)
    assert column.tolist() == [0, 2, 4, 6]
    floats, whole = array("d", [0] * 2), array("i", [0] * 2)
    assert swap.map(store, [1, 2], [0.5, 1.5], out=(floats, whole)) == (floats, whole)
    assert (floats, whole) == (array("d", [0.5, 1.5]), array("i", [1, 2]))


def test_results_for_which_there_is_no_room(world: tuple[Store, Instance]) -> None:
    store, instance = world
    add, swap, nothing = (instance.func(store, name) for name in ("add", "swap", "nothing"))
    read_only = np.zeros(2, np.int32)
    read_only.flags.writeable = False
    for func, out, text in [
        (add, np.zeros(2, np.int64), "column 1 of out has int64: expected an array of int32"),
        (add, np.zeros(2, np.float32), "column 1 of out has float32: expected an array of int32"),
        (add, np.zeros(2, np.int16), "column 1 of out has int16: expected an array of int32"),
        (add, np.zeros(3, np.int32), "column 1 of out has 3 items: the columns have 2"),
        (add, np.zeros((1, 2), np.int32), "column 1 of out has 2 dimensions: expected 1"),
        (add, np.zeros((), np.int32), "column 1 of out is of type ndarray: expected an array of int32"),
        (add, read_only, "column 1 of out is read-only: expected one that can be written"),
        (add, bytes(8), "column 1 of out has uint8: expected an array of int32"),
        (add, "out", "column 1 of out is of type str: expected an array of int32"),
        (add, [0, 0], "out has 2 columns: the function has 1 result"),
        (swap, np.zeros(2), "out has 1 columns: the function has 2 results"),
        (nothing, np.zeros(2), "out has 1 columns: the function has 0 results"),
    ]:
        columns = [[1, 2]] * len(func.type(store).params)
        with pytest.raises(WasmTypeError) as caught:
            func.map(store, *columns, out=out)
        assert str(caught.value) == text


def test_a_column_that_misleads(world: tuple[Store, Instance]) -> None:
    store, instance = world
    func = instance.func(store, "i32")

    class Raises:
        def __array__(self, *_: object, **__: object) -> Any:
            raise KeyError("mine")

    class Gives:
        def __init__(self, given: Any) -> None:
            self.given = given

        def __array__(self, *_: object, **__: object) -> Any:
            return self.given

    class Changes(int):
        def __index__(self) -> int:
            items.clear()
            return 5

    with pytest.raises(KeyError, match="mine"):
        func.map(store, Raises())
    assert func.map(store, Gives(np.array([1, 2], np.int16))).tolist() == [1, 2]
    with pytest.raises(WasmTypeError, match="column 1 has float64: expected"):
        func.map(store, Gives(np.array([1.0])))
    with pytest.raises((WasmTypeError, ValueError)):
        func.map(store, Gives(5))
    items: list[Any] = [Fraction(1), 2]
    with pytest.raises(WasmTypeError, match="column 1, row 0 is an f64: expected i32"):
        func.map(store, items)
    items = [Changes(1), 2, 3]
    assert len(func.map(store, items)) == 3


def test_a_range_wants_to_be_a_list(world: tuple[Store, Instance]) -> None:
    store, instance = world
    add = instance.func(store, "add")
    with pytest.raises(WasmTypeError, match="column 2 is a range: expected a column, such as a list of it"):
        add.map(store, [1, 2], range(2))
    assert list(add.map(store, [1, 2], list(range(2)))) == [1, 3]


def test_a_column_that_is_too_wide_says_how_to_narrow_it(world: tuple[Store, Instance]) -> None:
    store, instance = world
    with pytest.raises(WasmTypeError, match=r'has int64: expected .*; where its numbers fit, pass astype\("int32"\)'):
        instance.func(store, "i32").map(store, np.array([1, 2]))
    with pytest.raises(
        WasmTypeError, match=r'has float64: expected .*; where its numbers fit, pass astype\("float32"\)'
    ):
        instance.func(store, "f32").map(store, np.array([1.5]))
