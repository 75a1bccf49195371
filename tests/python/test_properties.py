"""Values of every type keep all their bits, and references what they are to, in each direction and any company."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from guests import engine
from trimaran import (
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Module,
    Reference,
    Store,
    Table,
    TableType,
    Val,
    ValType,
)

STORE = Store(engine())
FUNC = Func(STORE, FuncType([], []), lambda: None)
# Falsy objects are objects as well.
OBJECTS: list[Any] = [object(), "text", "", 0, False, [], {}, 1.5]

# Zeros, infinities, the smallest and the largest, quiet and signalling NaNs with payload and without.
F32 = [0, 0x7F80_0000, 1, 0x007F_FFFF, 0x7F7F_FFFF, 0x7FC0_0000, 0x7F80_0001, 0x7FA0_0000, 0x7FFF_FFFF]
F64 = [0, 0x7FF0 << 48, 1, 0x7FF8 << 48, (0x7FF0 << 48) + 1, (1 << 63) - 1]


def signed(bits: int) -> st.SearchStrategy[int]:
    """Any number of so many bits, and those at the edges."""
    edges = st.sampled_from([0, 1, -1, -1 << (bits - 1), (1 << (bits - 1)) - 1])
    return edges | st.integers(-1 << (bits - 1), (1 << (bits - 1)) - 1)


def pattern(edges: list[int], bits: int) -> st.SearchStrategy[int]:
    sign = st.sampled_from([0, 1 << (bits - 1)])
    edge = st.tuples(st.sampled_from(edges), sign).map(lambda both: both[0] | both[1])
    return edge | st.integers(0, (1 << bits) - 1)


VALUES: dict[str, st.SearchStrategy[Val]] = {
    "i32": signed(32).map(Val.i32),
    "i64": signed(64).map(Val.i64),
    "f32": pattern(F32, 32).map(Val.f32_from_bits),
    "f64": pattern(F64, 64).map(Val.f64_from_bits),
    "v128": st.integers(0, (1 << 128) - 1).map(Val.v128),
    "funcref": st.sampled_from([FUNC, None]).map(Val.funcref),
    "externref": (st.sampled_from(OBJECTS) | st.none()).map(Val.externref),
}
TYPES = {
    "i32": ValType.i32(),
    "i64": ValType.i64(),
    "f32": ValType.f32(),
    "f64": ValType.f64(),
    "v128": ValType.v128(),
    "funcref": ValType.funcref(),
    "externref": ValType.externref(),
}
ZEROS: dict[str, Any] = {"i32": 0, "i64": 0, "f32": 0.0, "f64": 0.0, "v128": Val.v128(0)}
ROW = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6)
ROWS = ROW.flatmap(lambda names: st.tuples(st.just(names), st.tuples(*(VALUES[name] for name in names))))


def check(sent: Val, found: Val) -> None:
    """Fails unless the value has come out as it went in."""
    assert str(found.type) == str(sent.type)
    if str(sent.type) == "externref":
        assert found.value is sent.value
    elif str(sent.type) == "funcref":
        assert (found.value is None) == (sent.value is None)
        assert found.value is None or found.value.same(STORE, FUNC)
    else:
        assert found.bits == sent.bits


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_arguments_and_results_of_guests_and_hosts(row: tuple[list[str], tuple[Val, ...]]) -> None:
    names, values = row
    seen: list[tuple[Any, ...]] = []

    def echo(*arguments: Any) -> Any:
        seen.append(arguments)
        return values[0] if len(values) == 1 else list(values)

    types = [TYPES[name] for name in names]
    host = Func(STORE, FuncType(types, types), echo)
    words = " ".join(names)
    gets = " ".join(f"(local.get {index})" for index in range(len(names)))
    guest = f"""(module (import "" "f" (func $f (param {words}) (result {words})))
        (func (export "call") (param {words}) (result {words}) (call $f {gets}))
        (func (export "echo") (param {words}) (result {words}) {gets}))"""
    exports = Instance(STORE, Module(STORE.engine, guest), [host]).exports(STORE)
    for name in ("echo", "call"):
        func = exports[name]
        assert isinstance(func, Func)
        for sent, found in zip(values, func.call(STORE, values), strict=True):
            check(sent, found)
    assert len(seen) == 1
    for sent, plain in zip(values, seen[0], strict=True):
        if str(sent.type) == "externref":
            assert plain is sent.value
        elif str(sent.type) in ("i32", "i64"):
            assert plain == sent.value


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_globals(row: tuple[list[str], tuple[Val, ...]]) -> None:
    for name, value in zip(*row, strict=True):
        first = Global(STORE, GlobalType(TYPES[name], True), value)
        check(value, first.get(STORE))
        second = Global(STORE, GlobalType(TYPES[name], True), ZEROS.get(name))
        second.set_value(STORE, value)
        check(value, second.get(STORE))


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES["externref"] | VALUES["funcref"], min_size=1, max_size=5))
def test_tables(values: list[Val]) -> None:
    for value in values:
        ty = TableType(TYPES[str(value.type)], Limits(2, 4))
        table = Table(STORE, ty, value)
        table.set(STORE, 1, None)
        table.grow(STORE, 1, value)
        for index in (0, 2):
            found = table.get(STORE, index)
            check(value, Val.externref(found) if str(value.type) == "externref" else Val.funcref(found))
        assert table.get(STORE, 1) is None


@settings(max_examples=100, deadline=None)
@given(st.integers(-(1 << 30), (1 << 30) - 1))
def test_numbers_of_31_bits(number: int) -> None:
    assert Reference.of_i31(STORE, number).i31(STORE) == number
