"""Functions over columns in Arrow, pandas, Polars and DuckDB: `make data` installs them.

`tests/clients` has Dask, Ray and Spark.
"""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from trimaran import Trap, WasmTypeError
from trimaran.udf import RowError
from udf_guests import function, half, same

FAILED = "share(3, 0) in row 2: wasm trap: integer divide by zero"


def library(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed: `make data` does that")


def udf(engine: str, *libraries: str) -> Any:
    """The module for an engine."""
    for name in ("pyarrow", *libraries):
        library(name)
    return importlib.import_module(f"trimaran.udf.{engine}")


def test_arrow() -> None:
    arrow, pa = udf("arrow"), library("pyarrow")
    made = arrow.apply(function("share"), pa.array([100, 250]), pa.array([4, 5], pa.int32()))
    assert (made.type, made.to_pylist()) == (pa.int64(), [25, 50])
    parts = pa.chunked_array([[100], [200, 300]], pa.int64())
    assert arrow.apply(function("share"), parts, 2).to_pylist() == [50, 100, 150]
    assert arrow.apply(function("half"), pa.array([], pa.float64())).type == pa.float64()


def test_nulls_of_arrow() -> None:
    arrow, pa = udf("arrow"), library("pyarrow")
    cents, people = pa.array([1, None, 6, 7]), pa.array([1, 1, 2, None], pa.int32())
    assert arrow.apply(function("share"), cents, people).to_pylist() == [1, None, 3, None]
    assert arrow.apply(function("share"), pa.array([None, None], pa.int64()), 1).to_pylist() == [None, None]
    assert arrow.apply(function("share"), pa.array([None, None]), people[:2]).to_pylist() == [None, None]
    with pytest.raises(WasmTypeError):
        arrow.apply(function("share"), cents)
    with pytest.raises(WasmTypeError):
        arrow.apply(function("half"), cents, cents, cents)
    # The guest is not called for them, and rows count as they lie in the column.
    with pytest.raises(RowError) as caught:
        arrow.apply(function("share"), pa.array([None, 1, 3]), pa.array([0, 1, 0], pa.int32()))
    assert str(caught.value).startswith(FAILED) and caught.value.row == 2
    option = same("(option s32)", "i32 i32")
    assert arrow.apply(option, pa.array([1, None], pa.int32())).to_pylist() == [1, None]


@pytest.mark.parametrize(
    ("ty", "flat", "values", "kind"),
    [
        ("bool", "i32", [True, False], "bool"),
        ("s8", "i32", [-1, 1], "int8"),
        ("u16", "i32", [1, 65535], "uint16"),
        ("u64", "i64", [2**64 - 1], "uint64"),
        ("f64", "f64", [0.5], "double"),
        ("char", "i32", ["x"], "string"),
        ("string", "i32 i32", ["a", "", "ü"], "string"),
        ('(enum "one" "two")', "i32", ["two"], "string"),
        ("(list u8)", "i32 i32", [b"ab"], "binary"),
        ("(list string)", "i32 i32", [["a", "b"], []], "list<item: string>"),
        (
            '(record (field "first-name" string) (field "age" u32))',
            "i32 i32 i32",
            [{"first-name": "a", "age": 3}],
            "struct<first-name: string, age: uint32>",
        ),
        ("(tuple u32 s32)", "i32 i32", [{"0": 1, "1": -1}], "struct<0: uint32, 1: int32>"),
    ],
)
def test_types_of_components(ty: str, flat: str, values: list[Any], kind: str) -> None:
    arrow, pa = udf("arrow"), library("pyarrow")
    function, kind_of = same(ty, flat), arrow.arrow_type(same(ty, flat))
    assert str(kind_of) == kind and arrow.parameter_types(function) == [kind_of]
    # Arrow has no tuples: a struct comes in as a dictionary, and a component wants a tuple.
    given = [tuple(value.values()) for value in values] if ty.startswith("(tuple") else pa.array(values, kind_of)
    made = arrow.apply(function, given)
    assert (made.type, made.to_pylist()) == (kind_of, values)


def test_functions_that_no_column_can_have() -> None:
    arrow = udf("arrow")
    for made, sentence in [
        (function("log"), "log has 0 results: expected one"),
        (function("two"), "two has 2 results: expected one"),
        (same('(variant (case "a" u32) (case "b" s32))', "i32 i32"), "parameter 'x' of same has the type"),
        (same('(flags "a" "b")', "i32"), "parameter 'x' of same has the type"),
    ]:
        with pytest.raises(WasmTypeError, match=sentence):
            arrow.arrow_type(made)


def test_pandas() -> None:
    pandas, pd = udf("pandas", "pandas"), library("pandas")
    bills = pd.DataFrame({"cents": [1, 2, 3], "people": [1, 2, 1]}, index=["a", "b", "c"])
    bills["people"] = bills["people"].astype("int32")
    made = pandas.apply(function("share"), bills["cents"], bills["people"])
    assert (made.dtype, made.to_dict()) == ("int64", {"a": 1, "b": 1, "c": 3})
    bills.loc["c", "people"] = 0
    with pytest.raises(RowError) as caught:
        pandas.apply(function("share"), bills["cents"], bills["people"])
    assert str(caught.value).startswith(FAILED)
    assert caught.value.__notes__ == ["the row's label is 'c'"]
    assert isinstance(caught.value.__cause__, Trap)


def test_pandas_by_arrow() -> None:
    pandas, pd = udf("pandas", "pandas"), library("pandas")
    numbers = pd.Series([2, None, 6], dtype="Int64", index=[5, 6, 7])
    made = pandas.apply(function("share"), numbers, 2)
    assert made.index.tolist() == [5, 6, 7] and made.isna().tolist() == [False, True, False] and made[7] == 3
    texts = pandas.apply(same("string", "i32 i32"), pd.Series(["a", None, "b"]))
    assert texts.tolist()[::2] == ["a", "b"] and texts.isna().tolist() == [False, True, False]
    with pytest.raises(RowError) as caught:
        pandas.apply(half(), pd.Series([2, 3], dtype="uint32"))
    assert str(caught.value) == "half(3) in row 1: the guest gave the error 'odd'"


def test_series_of_pandas_that_do_not_fit() -> None:
    pandas, pd = udf("pandas", "pandas"), library("pandas")
    with pytest.raises(WasmTypeError, match="no column is a series"):
        pandas.apply(function("half"), [1.0])
    one = pd.Series([1, 2])
    with pytest.raises(WasmTypeError, match="column 2 has another index than column 1"):
        pandas.apply(function("share"), one, one[::-1].astype("int32"))


def test_polars() -> None:
    polars, pl = udf("polars", "polars"), library("polars")
    bills = pl.DataFrame({"cents": [4, 6, None], "people": [2, 3, 1]}, schema={"cents": pl.Int64, "people": pl.Int32})
    share = polars.apply(function("share"), "cents", "people").alias("share")
    expected = [2, 2, None]
    assert bills.with_columns(share)["share"].to_list() == expected
    assert bills.lazy().with_columns(share).collect()["share"].to_list() == expected
    assert bills.lazy().with_columns(share).collect(engine="streaming")["share"].to_list() == expected
    assert bills.lazy().select(share).collect_schema() == {"share": pl.Int64}
    twice = polars.apply(function("share"), pl.col("cents") * 2, pl.lit(2, pl.Int32))
    assert bills.select(twice)["cents"].to_list() == [4, 6, None]
    assert bills.head(1).select(twice)["cents"].to_list() == [4]
    assert bills.clear().select(twice)["cents"].to_list() == []
    texts = polars.apply(same("string", "i32 i32"), pl.lit("a"))
    assert pl.select(texts).to_series().to_list() == ["a"]


@pytest.mark.parametrize("lazy", [False, True])
def test_a_row_of_polars_that_fails(lazy: bool) -> None:
    polars, pl = udf("polars", "polars"), library("polars")
    bills: Any = pl.DataFrame({"cents": [1, 2, 3], "people": [1, 1, 0]}, schema={"cents": pl.Int64, "people": pl.Int32})
    share = polars.apply(function("share"), "cents", "people")
    with pytest.raises(RowError) as caught:
        pl.collect_all([bills.lazy().select(share)]) if lazy else bills.select(share)
    # Rows count in the batch that Polars made.
    assert re.match(r"share\(3, 0\) in row \d: wasm trap: integer divide by zero", str(caught.value))


def test_duckdb() -> None:
    duckdb = udf("duckdb", "duckdb")
    with library("duckdb").connect() as connection:
        duckdb.register(connection, function("share"))
        rows = "(VALUES (4, 2), (6, 3), (NULL, 1), (1, NULL)) bills (cents, people)"
        found = connection.sql(f"SELECT share(cents, people::INTEGER) FROM {rows}").fetchall()
        assert found == [(2,), (2,), (None,), (None,)]
        assert connection.sql("SELECT sum(share(range, 2)) FROM range(100000)").fetchall() == [(2499950000,)]
        with pytest.raises(
            library("duckdb").InvalidInputException, match=r"RowError: share\(3, 0\) in row 2: wasm trap"
        ):
            connection.sql(
                "SELECT share(cents, people) FROM (VALUES (1, 1), (2, 1), (3, 0)) t (cents, people)"
            ).fetchall()


def test_components_in_duckdb() -> None:
    duckdb = udf("duckdb", "duckdb")
    with library("duckdb").connect() as connection:
        duckdb.register(connection, same("string", "i32 i32"), "same")
        duckdb.register(connection, same("(option s32)", "i32 i32"), "maybe")
        person = same('(record (field "name" string) (field "age" u32))', "i32 i32 i32")
        duckdb.register(connection, person, "person")
        duckdb.register(connection, same("(list string)", "i32 i32"), "words")
        query = "SELECT same('ü'), maybe(NULL), maybe(5), person({'name': 'a', 'age': 3::UINTEGER}), words(['a', 'b'])"
        expected = ("ü", None, 5, {"name": "a", "age": 3}, ["a", "b"])
        assert connection.sql(query).fetchall() == [expected]


@pytest.mark.parametrize("extra", ["arrow", "pandas", "polars", "duckdb", "dask", "ray", "spark"])
def test_an_engine_that_is_not_installed(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Any = importlib.import_module(f"trimaran.udf.{extra}")
    needs: Any = importlib.import_module("trimaran.udf._needs")
    monkeypatch.setattr(needs, "find_spec", nothing_found)
    with pytest.raises(ImportError, match=rf"cannot be imported: pip install 'trimaran\[{extra}\]'"):
        engine.register(None, function("share")) if extra == "duckdb" else call_with_nothing(engine)


def nothing_found(_: str) -> None:
    """What `find_spec` says of a package that is not there."""


def call_with_nothing(engine: Any) -> None:
    if engine.__name__.endswith("ray"):
        engine.apply(function("share"), None, into="share")
    engine.apply(function("share"), None)
