"""Functions over columns: how they travel, what they keep, what ends them. `test_udf_engines.py` has the engines."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from array import array
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from guests import engine
from trimaran import (
    ArtifactError,
    ConfigError,
    LinkError,
    Module,
    NotFoundError,
    StoreLimits,
    TimeLimitTrap,
    Trap,
    WasmTypeError,
)
from trimaran.component import Component, Record
from trimaran.udf import ColumnFunction, RowError
from udf_guests import MODULE, function, half, same, untrusted


def test_columns() -> None:
    share = function("share")
    assert share.name == "share" and repr(share) == "<ColumnFunction share>"
    assert list(share([100, 250], [4, 5])) == [25, 50]
    assert share(np.array([100, 250]), 2).tolist() == [50, 125]
    assert list(share(array("q"), array("i"))) == []
    seen: list[int] = []
    share(range_of(1000), 1, progress=seen.append)
    assert sum(seen) == 1000


def range_of(rows: int) -> list[int]:
    return list(range(rows))


def test_a_row_that_fails() -> None:
    with pytest.raises(RowError) as caught:
        function("share")([1, 2, 3], [1, 0, 1])
    error = caught.value
    assert str(error).startswith("share(2, 0) in row 1: wasm trap: integer divide by zero")
    assert (error.row, error.values, type(error.__cause__)) == (1, (2, 0), Trap)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.row, again.values) == (str(error), 1, (2, 0))
    assert isinstance(again.__cause__, Trap) and again.__cause__.code is error.__cause__.code  # type: ignore[union-attr]


def test_an_error_whose_cause_cannot_travel() -> None:
    error = RowError("what was wrong")
    error.row, error.__cause__ = 3, ValueError(threading.Lock())
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.row, again.__cause__) == ("what was wrong", 3, None)


def test_long_values_are_cut_in_the_text() -> None:
    with pytest.raises(RowError) as caught:
        same("string", "i32 i32")(["a", 5])
    assert str(caught.value).startswith("same(5) in row 1: ")
    with pytest.raises(RowError) as caught:
        same("(list string)", "i32 i32")([["a" * 10_000, 5]])
    assert len(str(caught.value)) < 300


def test_a_store_waits_for_the_next_batch() -> None:
    count = function("count")
    assert list(count([0, 0])) == [1, 2]
    assert list(count([0])) == [3]
    # The same function, wherever it comes from.
    assert list(function("count")([0])) == [4]
    assert list(pickle.loads(pickle.dumps(count))([0])) == [5]
    # Other limits are another function.
    assert list(function("count", limits=StoreLimits(memory_size=1 << 20))([0])) == [1]


def test_a_fresh_store_for_each_batch() -> None:
    count = function("count", fresh=True, limits=StoreLimits(memory_size=1 << 21))
    assert [list(count([0, 0])) for _ in range(3)] == [[1, 2]] * 3
    assert list(pickle.loads(pickle.dumps(count))([0])) == [1]


def test_a_store_in_which_something_failed_is_not_used_again() -> None:
    limits = StoreLimits(memory_size=1 << 22)
    count = function("count", limits=limits)
    assert list(count([0])) == [1]
    with pytest.raises(RowError):
        count(["a"])
    assert list(count([0])) == [1]
    with pytest.raises(WasmTypeError):
        count(range(5))
    assert list(count([0])) == [1]


def test_a_batch_has_a_time() -> None:
    with pytest.raises(RowError) as caught:
        function("spin", seconds=0.05)([7])
    assert isinstance(caught.value.__cause__, TimeLimitTrap)
    assert caught.value.values == (7,)
    # It is one time for all rows of a component, too.
    spin = COMPONENT_THAT_SPINS
    with pytest.raises(RowError) as caught:
        ColumnFunction(Component(untrusted(), spin), "spin", seconds=0.05)([0, 0, 1])
    assert (caught.value.row, type(caught.value.__cause__)) == (2, TimeLimitTrap)


COMPONENT_THAT_SPINS = """(component
  (core module $m (func (export "spin") (param i32) (result i32)
    (if (local.get 0) (then (loop $again (br $again)))) (local.get 0)))
  (core instance $m (instantiate $m))
  (func (export "spin") (param "n" u32) (result u32) (canon lift (core func $m "spin"))))"""


def test_limits() -> None:
    assert list(function("hungry")([0])) == [1024]
    assert list(function("hungry", limits=StoreLimits(memory_size=3 << 16))([0])) == [3]


def test_threads_have_stores_of_their_own() -> None:
    share = function("share")
    columns = list(range(10_000))

    def batch(people: int) -> int:
        return int(sum(share(columns, people)))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(batch, [1, 2] * 20)) == [batch(1), batch(2)] * 20


def shares(share: ColumnFunction, rows: int) -> tuple[list[int], str]:
    """What another process does. It says how an error arrives as well."""
    made = list(share(list(range(rows)), 2))
    try:
        share([1], [0])
    except RowError as error:
        return made, str(error)
    return made, ""


@pytest.mark.parametrize("way", ["spawn", "fork"])
def test_other_processes(way: str) -> None:
    if way not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not have it")
    share = function("share")
    with multiprocessing.get_context(way).Pool(2) as pool:
        for made, text in pool.starmap(shares, [(share, 4)] * 6):
            assert made == [0, 0, 1, 1]
            assert text.startswith("share(1, 0) in row 0: wasm trap: integer divide by zero")


def raise_for_row(share: ColumnFunction) -> None:
    share([5, 6], [1, 0])


def test_an_error_travels_with_its_cause() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool, pytest.raises(RowError) as caught:
        pool.apply(raise_for_row, (function("share"),))
    assert (caught.value.row, caught.value.values) == (1, (6, 0))


def again_and_called(pickled: bytes) -> int:
    """What half of four is, by the function that was pickled."""
    return int(pickle.loads(pickled)([4], [2])[0])


def test_a_process_loads_a_function_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[bytes] = []
    unpack = Module.unpack

    def counted(packed: bytes) -> Module:
        loads.append(packed)
        return unpack(packed)

    pickled = pickle.dumps(function("share"))
    homes: Any = __import__("trimaran.udf._homes", fromlist=["_homes"])
    monkeypatch.setattr(homes, "_homes", type(homes._homes)())
    monkeypatch.setattr(Module, "unpack", counted)
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(again_and_called, [pickled] * 40)
        assert list(found) == [2] * 40
    assert len(loads) == 1


@pytest.mark.parametrize("name", ["share", "half"])
def test_what_was_made_elsewhere_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    homes: Any = __import__("trimaran.udf._homes", fromlist=["_homes"])
    made: Any = function("share") if name == "share" else half()
    monkeypatch.setattr(homes, "_homes", type(homes._homes)())
    again = pickle.loads(pickle.dumps(made))
    again._packed = again._packed[:-1] + bytes([again._packed[-1] ^ 1])
    for _ in range(2):
        with pytest.raises(ArtifactError):
            again([4], [2])
    assert not homes._homes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_another_thread_loads() -> None:
    homes: Any = __import__("trimaran.udf._homes", fromlist=["_lock"])
    share = function("share")
    with homes._lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if list(share([4], [2])) == [2] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_process_keeps_no_more_functions_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    homes: Any = __import__("trimaran.udf._homes", fromlist=["_homes"])
    monkeypatch.setattr(homes, "_MOST_HOMES", 2)
    monkeypatch.setattr(homes, "_homes", type(homes._homes)())
    made = [function("count", limits=StoreLimits(memory_size=1 << size)) for size in (17, 18, 19)]
    assert len(homes._homes) == 2
    # What is not kept is loaded again, and begins anew.
    assert [list(each([0])) for each in made] == [[1]] * 3
    assert len(homes._homes) == 2


def test_a_function_of_a_component() -> None:
    assert half()([2, 4, 6]) == [1, 2, 3]
    assert half()(np.array([8], "uint8")) == [4]
    with pytest.raises(RowError) as caught:
        half()([2, 3])
    assert str(caught.value) == "half(3) in row 1: the guest gave the error 'odd'"
    seen: list[int] = []
    assert len(half()([2] * 10, progress=seen.append)) == sum(seen) == 10
    assert pickle.loads(pickle.dumps(half()))([10]) == [5]


def test_values_of_components() -> None:
    assert same("string", "i32 i32")(["a", "ü"]) == ["a", "ü"]
    assert same("(option s32)", "i32 i32")([1, None]) == [1, None]
    assert same("(list u8)", "i32 i32")([b"ab", b""]) == [b"ab", b""]
    made = same('(record (field "name" string) (field "age" u32))', "i32 i32 i32")([{"name": "a", "age": 3}])
    assert made == [Record(name="a", age=3)]


def test_columns_of_a_component_that_do_not_fit() -> None:
    with pytest.raises(WasmTypeError, match="every column is one value, so there are no rows"):
        half()(2)
    pair = COMPONENT_THAT_SPINS.replace("(param i32)", "(param i32 i32)").replace('"n" u32', '"n" u32) (param "m" u32')
    both = ColumnFunction(Component(untrusted(), pair), "spin")
    assert both([0, 0], 1) == [0, 0]
    with pytest.raises(WasmTypeError, match="column 2 has 1 rows: expected 2, as column 1 has"):
        both([0, 0], [1])
    with pytest.raises(WasmTypeError, match="there are 1 columns: expected 2, one for each parameter"):
        both([0, 0])


def test_what_is_no_function() -> None:
    module = Module(untrusted(), MODULE)
    make: Any = ColumnFunction
    for arguments, sentence in [
        ((MODULE, "share"), "the code is a str: expected a Module or a Component"),
        ((module,), "there is no name: expected that of a function"),
        ((module, 5), "the name is an int"),
        ((module, "memory"), "memory"),
    ]:
        with pytest.raises(WasmTypeError, match=sentence):
            make(*arguments)
    for options in ({"limits": 5}, {"seconds": "a"}, {"fresh": 1}):
        with pytest.raises(WasmTypeError):
            make(module, "share", **options)
    with pytest.raises(NotFoundError):
        ColumnFunction(module, "nothing")
    with pytest.raises(LinkError):
        ColumnFunction(Module(untrusted(), '(module (import "env" "f" (func)) (func (export "run")))'), "run")


def test_a_time_needs_epochs() -> None:
    module = Module(engine(), MODULE)
    with pytest.raises(ConfigError):
        ColumnFunction(module, "share")
    assert list(ColumnFunction(module, "share", seconds=None)([4], [2])) == [2]


def test_a_function_for_wasi_may_print_where_nobody_reads() -> None:
    text = """(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 16) "hello")
      (func (export "run") (param i32) (result i32)
        (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 5))
        (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))"""
    assert list(ColumnFunction(Module(untrusted(), text), "run")([0])) == [0]
