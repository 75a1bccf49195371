"""Columns of pandas, polars and Arrow. `make test` installs all three (`requirements-data.txt`)."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest

from guests import guest
from trimaran import Instance, Store, WasmTypeError

WAT = """(module
    (func (export "i32") (param i32) (result i32) local.get 0)
    (func (export "i64") (param i64) (result i64) local.get 0)
    (func (export "f32") (param f32) (result f32) local.get 0)
    (func (export "f64") (param f64) (result f64) local.get 0))"""
NAMES = "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64".split()


@pytest.fixture
def world() -> tuple[Store, Instance]:
    return guest(WAT)


def library(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed: `make test` does that")


def destination(name: str) -> str:
    """A type that a type of items goes into."""
    return "f64" if name.startswith("float") else "i64"


def check(world: tuple[Store, Instance], column: Any, expected: list[Any], name: str) -> None:
    store, instance = world
    made = instance.func(store, name).map(store, column)
    assert type(made) is np.ndarray
    assert made.tolist() == expected


def refused(world: tuple[Store, Instance], column: Any, name: str, sentence: str) -> None:
    store, instance = world
    with pytest.raises(WasmTypeError) as caught:
        instance.func(store, name).map(store, column)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("name", NAMES)
def test_arrow(world: tuple[Store, Instance], name: str) -> None:
    pa = library("pyarrow")
    kind = pa.bool_() if name == "bool" else getattr(pa, name)()
    numbers = np.array([1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1], name)
    whole: Any = pa.array(numbers, kind)
    expected = numbers.astype(int).tolist()
    check(world, whole, expected, destination(name))
    # A slice begins inside of a byte of truth values.
    check(world, whole[3:10], expected[3:10], destination(name))
    check(world, whole[:0], [], destination(name))
    parts = pa.chunked_array([whole[:2], whole[2:2], whole[2:]], kind)
    check(world, parts, expected, destination(name))
    check(world, parts[1:], expected[1:], destination(name))
    check(world, pa.chunked_array([], kind), [], destination(name))
    one, zero = numbers[0].item(), numbers[1].item()
    for column in (pa.array([one, None, zero], kind), pa.chunked_array([[one], [None, zero]], kind)):
        refused(world, column, destination(name), "column 1 has 1 null: expected none; fill them, or drop their rows")
    refused(world, pa.array([None, None, one], kind), destination(name), "column 1 has 2 nulls: expected none")
    # The nulls that a slice leaves out do not count.
    check(world, pa.array([None, one, zero, None], kind)[1:3], [1, 0], destination(name))


def test_arrow_types_that_are_no_numbers(world: tuple[Store, Instance]) -> None:
    pa = library("pyarrow")
    for column, name in [
        (pa.array(["a"]), "string"),
        (pa.array([1], pa.timestamp("s")), "timestamp[s]"),
        (pa.array([[1]]), "list<item: int64>"),
        (pa.array([1], pa.int32()).dictionary_encode(), "dictionary<values=int32, indices=int32, ordered=0>"),
        (pa.array([None]), "null"),
        (pa.chunked_array([["a"]]), "string"),
    ]:
        refused(world, column, "i32", f"column 1 has {name}: expected a column of integers")
    refused(world, pa.array([1]), "i32", "column 1 has int64: expected a column of integers of up to 32 bits")
    refused(world, pa.table({"a": [1]}), "i32", "column 1 is of type Table: expected a column of integers")


@pytest.mark.parametrize("name", NAMES)
def test_polars(world: tuple[Store, Instance], name: str) -> None:
    pl = library("polars")
    kinds = {"bool": "Boolean", "uint8": "UInt8", "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64"}
    kind = getattr(pl, kinds.get(name, name.title()), None)
    if kind is None:
        pytest.skip(f"this polars has no {name}")
    numbers = [True, False, True] if name == "bool" else [1, 0, 1]
    column = pl.Series(numbers, dtype=kind)
    check(world, column, [1, 0, 1], destination(name))
    column.append(pl.Series(numbers, dtype=kind))
    check(world, column, [1, 0, 1, 1, 0, 1], destination(name))
    check(world, column[2:5], [1, 1, 0], destination(name))
    frame = pl.DataFrame({"a": column})
    check(world, frame["a"], [1, 0, 1, 1, 0, 1], destination(name))
    missing = pl.Series([*numbers, None], dtype=kind)
    refused(world, missing, destination(name), "column 1 has 1 null: expected none")


def test_polars_types_that_are_no_numbers(world: tuple[Store, Instance]) -> None:
    pl = library("polars")
    refused(world, pl.Series(["a"]), "i32", "column 1 has String: expected a column of integers")
    refused(world, pl.Series([1]), "i32", "column 1 has int64: expected a column of integers")
    refused(world, pl.DataFrame({"a": [1]}), "i32", "column 1 is of type DataFrame: expected a column of integers")


@pytest.mark.parametrize("name", NAMES)
def test_pandas(world: tuple[Store, Instance], name: str) -> None:
    pd = library("pandas")
    column = pd.Series([1, 0, 1, 1], dtype=name)
    check(world, column, [1, 0, 1, 1], destination(name))
    check(world, column[::2], [1, 1], destination(name))
    frame = pd.DataFrame({"a": column, "b": column, "c": "text"})
    check(world, frame["b"], [1, 0, 1, 1], destination(name))
    if name != "float16":
        # There are no such indexes.
        check(world, pd.Index(column), [1, 0, 1, 1], destination(name))


def test_pandas_with_types_of_its_own(world: tuple[Store, Instance]) -> None:
    pd = library("pandas")
    library("pyarrow")
    for kind in ("Int64", "UInt8", "boolean", "int64[pyarrow]"):
        check(world, pd.Series([1, 0, 1], dtype=kind), [1, 0, 1], "i64")
        refused(world, pd.Series([1, None, 1], dtype=kind), "i64", "column 1 has 1 null: expected none")
    for kind in ("Float64", "double[pyarrow]"):
        check(world, pd.Series([1, 0, 1], dtype=kind), [1, 0, 1], "f64")
        refused(world, pd.Series([1, None, 1], dtype=kind), "f64", "column 1 has 1 null: expected none")
    refused(world, pd.Series(["a"]), "i64", "column 1 has str: expected a column of integers")
    refused(world, pd.Series(["a"], dtype="category"), "i64", "column 1 has category: expected a column of integers")
    refused(world, pd.Series([1, "a"]), "i64", "column 1 has object: expected a column of integers")
    refused(world, pd.to_datetime(pd.Series(["2026-01-01"])), "i64", "column 1 has datetime64[")
    refused(world, pd.DataFrame({"a": [1]}), "i64", "column 1 ")


def test_nan_of_pandas_is_a_number(world: tuple[Store, Instance]) -> None:
    pd = library("pandas")
    store, instance = world
    made = instance.func(store, "f64").map(store, pd.Series([1.0, None]))
    assert made[0] == 1 and np.isnan(made[1])


def test_a_result_goes_back_into_a_frame(world: tuple[Store, Instance]) -> None:
    pd = library("pandas")
    store, instance = world
    frame = pd.DataFrame({"a": np.array([1, 2], np.int32)})
    frame["b"] = instance.func(store, "i32").map(store, frame["a"])
    assert frame["b"].tolist() == [1, 2]
    with pytest.raises(WasmTypeError, match=r"^column 1 of out is of type Series: expected an array of int32$"):
        instance.func(store, "i32").map(store, frame["a"], out=frame["b"])


def test_a_producer_that_fails_or_lies(world: tuple[Store, Instance]) -> None:
    store, instance = world

    class Column:
        def __init__(self, given: Any) -> None:
            self.given = given

        def __arrow_c_array__(self, requested: object = None) -> Any:
            if isinstance(self.given, BaseException):
                raise self.given
            return self.given

    class Stream(Column):
        __arrow_c_array__ = None  # type: ignore[assignment]

        def __arrow_c_stream__(self, requested: object = None) -> Any:
            return self.given

    func = instance.func(store, "i32")
    with pytest.raises(KeyError, match="mine"):
        func.map(store, Column(KeyError("mine")))
    for given in (None, 5, (1, 2), (1,), array("i")):
        for column in (Column(given), Stream(given)):
            with pytest.raises((TypeError, ValueError)):
                func.map(store, column)
