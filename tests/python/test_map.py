"""Many calls in one: a column for each parameter, and one for each result."""

from __future__ import annotations

import gc
import re
import threading
import traceback
import weakref
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from guests import engine, guest
from trimaran import (
    ClosedError,
    Func,
    FuncType,
    Instance,
    Module,
    Store,
    Trap,
    TrapCode,
    Val,
    ValType,
    WasmtimeError,
    WasmTypeError,
    WrongStoreError,
)

WAT = """(module
    (memory (export "memory") 1)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "all") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
        local.get 3 local.get 2 local.get 1 local.get 0)
    (func (export "put") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "none"))
    (func (export "vector") (param v128))
    (func (export "reference") (param externref)))"""


@pytest.fixture
def world() -> tuple[Store, Instance]:
    return guest(WAT)


def test_a_length_that_is_only_said(world: tuple[Store, Instance]) -> None:
    store, instance = world
    add = instance.func(store, "add")
    # Nothing is made room for: there are no such numbers.
    with pytest.raises(WasmTypeError):
        add.map(store, range(1 << 40), range(1 << 40))


def test_arrays(world: tuple[Store, Instance]) -> None:
    store, instance = world
    add = instance.func(store, "add")
    total = add.map(store, array("i", [1, 2, -3]), array("i", [10, 20, 2**31 - 1]))
    assert total == array("i", [11, 22, 2**31 - 4])
    assert type(total) is array
    assert add.map(store, array("I", [2**32 - 1]), array("i", [0])) == array("i", [-1])
    assert add.map(store, array("i"), array("i")) == array("i")
    assert add.map(store, memoryview(array("i", [1, 2, 3, 4]))[::2], memoryview(array("i", [1, 2]))) == array(
        "i", [2, 5]
    )


def test_numpy(world: tuple[Store, Instance]) -> None:
    store, instance = world
    left = np.arange(1000, dtype=np.int32)
    total: Any = instance.func(store, "add").map(store, left, left[::-1])
    assert type(total) is np.ndarray
    assert total.dtype == np.int32
    assert (total == 999).all()
    table = np.arange(12, dtype=np.uint32).reshape(6, 2)
    assert (instance.func(store, "add").map(store, *table.T) == table.sum(axis=1)).all()


def test_every_type_and_several_results(world: tuple[Store, Instance]) -> None:
    store, instance = world
    func = instance.func(store, "all")
    given = [array("i", [-1, 2**31 - 1]), array("q", [-(2**63), 5]), array("f", [0.1, -0.0]), array("d", [0.1, 1e300])]
    assert func.map(store, *given) == given[::-1]
    made = func.map(store, *map(np.array, given))
    assert [column.dtype for column in made] == [np.float64, np.float32, np.int64, np.int32]
    for column, expected in zip(made, given[::-1], strict=True):
        assert (column == np.array(expected)).all()


def test_no_result(world: tuple[Store, Instance]) -> None:
    store, instance = world
    letters = b"abcdefghijklmnopqrstuvwxyz"
    assert instance.func(store, "put").map(store, array("i", range(26)), array("i", list(letters))) is None
    assert instance.memory(store, "memory").read(store, 0, 26) == letters


def test_it_stops_at_the_first_row_that_fails(world: tuple[Store, Instance]) -> None:
    store, instance = world
    divide, put = instance.func(store, "divide"), instance.func(store, "put")
    with pytest.raises(Trap) as caught:
        divide.map(store, array("i", [6, 7, 8, 9]), array("i", [3, 1, 0, 0]))
    assert caught.value.code is TrapCode.INTEGER_DIVISION_BY_ZERO
    assert caught.value.row == 2
    assert "in row 2 of the columns" in "".join(traceback.format_exception(caught.value))
    with pytest.raises(Trap) as caught:
        divide(store, 1, 0)
    assert caught.value.row is None
    with pytest.raises(Trap):
        put.map(store, array("i", [0, 65_536, 1]), array("i", [1, 2, 3]))
    assert instance.memory(store, "memory").read(store, 0, 2) == b"\1\0"


INTEGERS = "a column of integers of up to 32 bits"
SMALL_FLOATS = "a column of float32, of float16, or of integers of up to 16 bits"
FLOATS = "a column of floats of up to 64 bits, or of integers of up to 32 bits"
AS_INT32 = 'where its numbers fit, pass astype("int32")'
MASKED = "column 1 is a masked array: expected one without a mask, as its `filled` gives"
WRONG: list[tuple[str, Callable[[], list[Any]], str]] = [
    ("add", lambda: [array("i", [1])], "too few columns: the function takes 2, 1 given"),
    ("add", lambda: [array("i", [1])] * 3, "too many columns: the function takes 2, 3 given"),
    ("add", lambda: [array("i", [1]), array("i", [1, 2])], "column 2 has 2 items: column 1 has 1"),
    ("add", lambda: [array("q", [1])] * 2, f"column 1 has int64: expected {INTEGERS}"),
    ("add", lambda: [array("i", [1]), array("f", [1])], f"column 2 has float32: expected {INTEGERS}"),
    ("add", lambda: [np.array([1], ">i8")] * 2, f"column 1 has int64: expected {INTEGERS}; {AS_INT32}"),
    ("add", lambda: [np.array([1], np.float16)] * 2, f"column 1 has float16: expected {INTEGERS}"),
    ("add", lambda: [np.array(["1"])] * 2, f"column 1 has <U1: expected {INTEGERS}"),
    ("add", lambda: [np.array([1], object)] * 2, f"column 1 has object: expected {INTEGERS}"),
    ("add", lambda: [np.array([1], "M8[ns]")] * 2, f"column 1 has datetime64[ns]: expected {INTEGERS}"),
    ("add", lambda: [np.array([1], complex)] * 2, f"column 1 has complex128: expected {INTEGERS}"),
    ("add", lambda: [np.ones((1, 2), np.int32)] * 2, "column 1 has 2 dimensions: expected 1"),
    ("add", lambda: [np.ma.array([1])] * 2, MASKED),
    ("add", lambda: [np.ma.masked] * 2, MASKED),
    ("add", lambda: ["1", "1"], f"column 1 is of type str: expected {INTEGERS}"),
    ("add", lambda: [None, None], f"column 1 is of type NoneType: expected {INTEGERS}"),
    ("add", lambda: [{1}, {1}], f"column 1 is of type set: expected {INTEGERS}"),
    ("add", lambda: [[1], [1, None]], "column 2, row 1 is null: expected i32"),
    ("add", lambda: [[1], [[1]]], "column 2, row 0 is a list: expected an int or a Val"),
    ("add", lambda: [[1], [1.5]], "column 2, row 0 is an f64: expected i32"),
    ("add", lambda: [[1], [Val.i64(1)]], "column 2, row 0 is an i64: expected i32"),
    ("add", lambda: [[1], 1.5], "column 2 is an f64: expected i32"),
    ("add", lambda: [1, np.int32(1)], "every column is one number, so there are no rows: call the function"),
    ("add", lambda: [1, [1, 2], [1]][1:], "column 2 has 1 items: column 1 has 2"),
    ("all", lambda: [array("i")] * 4, f"column 3 has int32: expected {SMALL_FLOATS}"),
    ("all", lambda: [1, 1, array("d"), 1], f"column 3 has float64: expected {SMALL_FLOATS}"),
    ("all", lambda: [1, 1, 1, array("q")], f"column 4 has int64: expected {FLOATS}"),
    ("all", lambda: [1, 1, 1, np.ones(1, np.longdouble)], f"column 4 has float128: expected {FLOATS}"),
    ("none", list, "the function has no parameters, and so no columns: call it"),
    ("vector", lambda: [b""], "only functions of i32, i64, f32 and f64 can be called with columns"),
    ("reference", lambda: [b""], "only functions of i32, i64, f32 and f64 can be called with columns"),
]


@pytest.mark.parametrize(("name", "make", "sentence"), WRONG)
def test_columns_that_do_not_fit(
    world: tuple[Store, Instance], name: str, make: Callable[[], list[Any]], sentence: str
) -> None:
    store, instance = world
    with pytest.raises(WasmTypeError) as caught:
        instance.func(store, name).map(store, *make())
    assert str(caught.value) == sentence
    # An item of a list has its row.
    found = re.search(r", row (\d+) is", sentence)
    assert caught.value.row == (int(found[1]) if found else None)


def test_the_store_is_checked(world: tuple[Store, Instance]) -> None:
    store, instance = world
    add, ones = instance.func(store, "add"), array("i", [1])
    with pytest.raises(WrongStoreError):
        add.map(guest(WAT)[0], ones, ones)
    with pytest.raises(WasmTypeError, match="the store is None: expected a Store"):
        add.map(None, ones, ones)  # type: ignore[arg-type]
    store.close()
    with pytest.raises(ClosedError):
        add.map(store, ones, ones)


def test_a_column_cannot_move_meanwhile_and_is_free_afterwards(world: tuple[Store, Instance]) -> None:
    store, instance = world
    divide = instance.func(store, "divide")
    column = array("i", [1, 2])
    with pytest.raises(Trap) as caught:
        divide.map(store, column, array("i", [1, 0]))
    # An array with a buffer out could not grow.
    column.append(3)
    known = weakref.ref(caught.value)
    del caught
    gc.disable()
    try:
        assert known() is None
    finally:
        gc.enable()


def test_several_threads_map_over_one_store(world: tuple[Store, Instance]) -> None:
    store, instance = world
    add = instance.func(store, "add")
    ready = threading.Barrier(4)

    def work(number: int) -> bool:
        ready.wait()
        numbers = np.arange(50_000, dtype=np.int32)
        return all((add.map(store, numbers, numbers + number) == 2 * numbers + number).all() for _ in range(5))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))


def test_an_item_that_does_not_fit_has_its_row(world: tuple[Store, Instance]) -> None:
    store, instance = world
    add = instance.func(store, "add")
    for wrong in (None, 2**40):
        with pytest.raises(WasmtimeError) as caught:
            add.map(store, [1, 2, wrong], [1, 2, 3])
        assert caught.value.row == 2
        assert caught.value.__notes__ == ["in row 2 of the columns"]
    with pytest.raises(WasmTypeError) as caught:
        add.map(store, [1, 2], "one")
    assert caught.value.row is None


class Refuses(Exception):
    """An exception that takes no note."""

    def add_note(self, note: str, /) -> None:
        raise RuntimeError(note)


@pytest.mark.parametrize(("error", "notes"), [(ValueError("mine"), ["in row 1 of the columns"]), (Refuses(), [])])
def test_the_very_same_exception_again_and_again(error: Exception, notes: list[str]) -> None:
    def fail(number: int) -> None:
        if number:
            raise error

    store = Store(engine())
    module = Module(
        store.engine,
        """(module (import "host" "fail" (func $fail (param i32)))
            (func (export "fail") (param i32) (call $fail (local.get 0))))""",
    )
    instance = Instance(store, module, [Func(store, FuncType([ValType.i32()], []), fail)])
    for _ in range(3):
        with pytest.raises(type(error)) as caught:
            instance.func(store, "fail").map(store, [0, 1])
        assert caught.value is error
        assert [note for note in getattr(error, "__notes__", []) if note.startswith("in row")] == notes
