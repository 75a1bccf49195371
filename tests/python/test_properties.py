"""Values of every type keep all their bits, and references their objects: into guests, out of guests, and mixed."""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import F64, NULLABLE, STORE, TYPES, VALUES, check, check_plain, pattern, signed
from trimaran import (
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Memory,
    MemoryType,
    Module,
    Reference,
    Table,
    TableType,
    Val,
)

MEMORY = Memory(STORE, MemoryType(Limits(1)))
ROW = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6)
ROWS = ROW.flatmap(lambda names: st.tuples(st.just(names), st.tuples(*(VALUES[name] for name in names))))
GLOBAL = """(module (import "" "g" (global $g (mut {0})))
    (func (export "get") (result {0}) (global.get $g))
    (func (export "set") (param {0}) (global.set $g (local.get 0))))"""
TABLE = """(module (import "" "t" (table $t 2 {0}))
    (func (export "get") (param i32) (result {0}) (table.get $t (local.get 0)))
    (func (export "set") (param i32 {0}) (table.set $t (local.get 0) (local.get 1))))"""


@cache
def module(wat: str) -> Module:
    """Each is compiled once."""
    return Module(STORE.engine, wat)


def exports(wat: str, *imports: Any) -> Any:
    return Instance(STORE, module(wat), imports).exports(STORE)


@settings(max_examples=200, deadline=None)
@given(ROWS)
def test_arguments_and_results_of_guests_and_hosts(row: tuple[list[str], tuple[Val, ...]]) -> None:
    names, values = row
    seen: list[tuple[Any, ...]] = []

    def give(*arguments: Any) -> Any:
        seen.append(arguments)
        return values[0] if len(values) == 1 else list(values)

    types = [TYPES[name] for name in names]
    host = Func(STORE, FuncType(types, types), give)
    words = " ".join(names)
    gets = " ".join(f"(local.get {index})" for index in range(len(names)))
    guest = f"""(module (import "" "f" (func $f (param {words}) (result {words})))
        (func (export "call") (param {words}) (result {words}) (call $f {gets}))
        (func (export "echo") (param {words}) (result {words}) {gets}))"""
    made = exports(guest, host)
    for func in (made["echo"], made["call"], host):
        for sent, found in zip(values, func.call(STORE, values), strict=True):
            check(sent, found)
        # The fast path gives plain objects, of the same values and of what they are in Python.
        for arguments in (values, [sent.value for sent in values]):
            result = func(STORE, *arguments)
            for sent, plain in zip(values, result if len(values) > 1 else [result], strict=True):
                check_plain(sent, plain)
    for arguments in seen:
        for sent, plain in zip(values, arguments, strict=True):
            check_plain(sent, plain)


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_what_a_host_gives_back_as_it_came(row: tuple[list[str], tuple[Val, ...]]) -> None:
    names, values = row
    types = [TYPES[name] for name in names]
    host = Func(STORE, FuncType(types, types), lambda *arguments: arguments[0] if len(arguments) == 1 else arguments)
    for sent, found in zip(values, host.call(STORE, values), strict=True):
        check_plain(sent, found.value)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name], VALUES[name])))
def test_globals(case: tuple[str, Val, Val]) -> None:
    name, first, second = case
    item = Global(STORE, GlobalType(TYPES[name], True), first)
    guest = exports(GLOBAL.format(name), item)
    for value, put in [(first, None), (second, item.set_value), (first, guest["set"]), (second, item.set_value)]:
        if put is not None:
            put(STORE, value)
        check(value, item.get(STORE))
        check_plain(value, item.value(STORE))
        check(value, guest["get"].call(STORE, [])[0])
    # A constant one is another thing in wasmtime, and read in the same way.
    check(first, Global(STORE, GlobalType(TYPES[name], False), first).get(STORE))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(NULLABLE)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name], VALUES[name])))
def test_tables(case: tuple[str, Val, Val]) -> None:
    name, first, second = case
    table = Table(STORE, TableType(TYPES[name], Limits(2, 6)), first)
    guest = exports(TABLE.format(name), table)
    table.set(STORE, 1, None)
    table.grow(STORE, 2, second)
    table.fill(STORE, 3, first, 1)
    guest["set"](STORE, 0, second)
    for index, value in enumerate([second, Val.null(), second, first]):
        check_plain(value, table.get(STORE, index))
        check(value, guest["get"].call(STORE, [index])[0])
    table.set(STORE, 1, first)
    check(first, guest["get"].call(STORE, [1])[0])


@settings(max_examples=100, deadline=None)
@given(signed(31))
def test_numbers_of_31_bits(number: int) -> None:
    assert Reference.of_i31(STORE, number).i31(STORE) == number


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_integers_in_a_memory(bits: int) -> None:
    @settings(max_examples=100, deadline=None)
    @given(signed(bits), st.integers(0, 100))
    def run(number: int, offset: int) -> None:
        for sign, value in (("i", number), ("u", number % (1 << bits))):
            getattr(MEMORY, f"store_{sign}{bits}")(STORE, offset, value)
            assert getattr(MEMORY, f"load_{sign}{bits}")(STORE, offset) == value
            assert MEMORY.read(STORE, offset, offset + bits // 8) == (value % (1 << bits)).to_bytes(bits // 8, "little")

    run()


@settings(max_examples=100, deadline=None)
@given(pattern(F64, 64), st.integers(0, 100))
def test_floats_in_a_memory(bits: int, offset: int) -> None:
    (number,) = struct.unpack("<d", bits.to_bytes(8, "little"))
    MEMORY.store_f64(STORE, offset, number)
    check_plain(Val.f64_from_bits(bits), MEMORY.load_f64(STORE, offset))
    assert MEMORY.read(STORE, offset, offset + 8) == bits.to_bytes(8, "little")
