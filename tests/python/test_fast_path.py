"""The extension module has the same rules for plain arguments and for unusual ones."""

from __future__ import annotations

import array
import ast
import gc
import inspect
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rules import rule

import trimaran
from guests import engine, guest
from sleeper import LONG, Sleeper
from trimaran import (
    ClosedError,
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Memory,
    Module,
    Store,
    Table,
    TableType,
    Trap,
    TrapCode,
    Val,
    ValType,
    WasmtimeError,
    WrongStoreError,
)
from ways import FLOATS, INTS, OTHERS, outcome

NUMBERS = """(module
    (memory (export "memory") 2)
    (global (export "global") (mut i32) (i32.const 7))
    (table (export "table") 4 externref)
    (func (export "i32") (param i32) (result i32) local.get 0)
    (func (export "i64") (param i64) (result i64) local.get 0)
    (func (export "f32") (param f32) (result f32) local.get 0)
    (func (export "f64") (param f64) (result f64) local.get 0)
    (func (export "v128") (param v128) (result v128) local.get 0)
    (func (export "externref") (param externref) (result externref) local.get 0)
    (func (export "funcref") (param funcref) (result funcref) local.get 0)
    (func (export "mixed") (param externref i32 funcref) (result i32) local.get 1)
    (func (export "swap") (param i32 f64) (result f64 i32) local.get 1 local.get 0)
    (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "none")))"""

KINDS = ["i32", "i64", "f32", "f64", "v128", "externref", "funcref"]


def values(func: Func, store: Store, *arguments: Any) -> Any:
    """A call that never takes the fast path."""
    return rule(func, "call")(store, *arguments)


@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_take_and_give_the_same_numbers(kind: str) -> None:
    store, instance = guest(NUMBERS)
    func = instance.func(store, kind)
    for given in [*INTS, *FLOATS, *OTHERS]:
        fast = outcome(lambda given=given: func(store, given))  # type: ignore[misc]
        assert fast == outcome(lambda given=given: values(func, store, given)), repr(given)  # type: ignore[misc]


def test_both_ways_take_and_give_functions() -> None:
    store, instance = guest(NUMBERS)
    func, mixed, none = (instance.func(store, name) for name in ("funcref", "mixed", "none"))
    for found in (func(store, none), values(func, store, none)):
        assert isinstance(found, Func) and found.same(store, none)
    foreign, _ = guest(NUMBERS)
    given: list[tuple[Any, ...]] = [
        *[(None, 5, None), ("text", 5, none), (0, 5, Val.funcref(none)), (Val.externref(none), 5, none)],
        *[(none, 5, none), ("text", "5", none), ("text", 5, "text"), (Val.anyref(None), 5, none), ("text", 5)],
        ("text", 5, Func(foreign, FuncType([], []), print)),
    ]
    for arguments in given:
        fast = outcome(lambda arguments=arguments: mixed(store, *arguments))  # type: ignore[misc]
        assert fast == outcome(lambda: values(mixed, store, *arguments)), arguments  # noqa: B023


@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_set_and_get_the_same_values(kind: str) -> None:
    store = Store(engine())
    ty = getattr(ValType, kind)()
    first = bytes(16) if kind == "v128" else None if kind.endswith("ref") else 0
    item = Global(store, GlobalType(ty, True), first)
    constant = Global(store, GlobalType(ty, False), first)
    table = Table(store, TableType(ty, Limits(4)), None) if kind.endswith("ref") else None
    for value in [*INTS, *FLOATS, *OTHERS]:
        item.set_value(store, first)
        fast = outcome(lambda value=value: item.set_value(store, value)), outcome(lambda: item.value(store))  # type: ignore[misc]
        item.set_value(store, first)
        way = outcome(lambda: rule(item, "set_value")(store, value))  # noqa: B023
        assert fast == (way, outcome(lambda: rule(item, "value")(store))), repr(value)
        fast = outcome(lambda value=value: constant.set_value(store, value)), ()  # type: ignore[misc]
        assert fast == (outcome(lambda: rule(constant, "set_value")(store, value)), ())  # noqa: B023
        if table is None:
            continue
        found = outcome(lambda: table.set(store, 1, value)), outcome(lambda: table.get(store, 1))  # noqa: B023
        way = outcome(lambda: rule(table, "set")(store, 2, value))  # noqa: B023
        assert found == (way, outcome(lambda: rule(table, "get")(store, 2))), repr(value)


def test_both_ways_find_the_same_elements() -> None:
    store = Store(engine())
    table = Table(store, TableType(ValType.externref(), Limits(4)), "init")
    for index in [0, 3, 4, -1, 2**32, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, True, 1.0, "1", None, np.int64(3)]:
        fast = outcome(lambda index=index: table.get(store, index))  # type: ignore[misc]
        assert fast == outcome(lambda: rule(table, "get")(store, index)), index  # noqa: B023
        fast = outcome(lambda index=index: table.set(store, index, "new"))  # type: ignore[misc]
        assert fast == outcome(lambda: rule(table, "set")(store, index, "new")), index  # noqa: B023
    assert table.size(store) == rule(table, "size")(store) == 4


def test_both_ways_agree_on_the_number_of_values() -> None:
    store, instance = guest(NUMBERS)
    none, swap = instance.func(store, "none"), instance.func(store, "swap")
    assert none(store) is values(none, store) is None
    assert swap(store, 1, 2.5) == values(swap, store, 1, 2.5) == [2.5, 1]
    for arguments in [(), (1,), (1, 2.5, 3)]:
        assert outcome(lambda: swap(store, *arguments)) == outcome(lambda: values(swap, store, *arguments))  # noqa: B023
    with pytest.raises(TypeError):
        swap(store, 1, other=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_wide_signatures_are_calls_as_well() -> None:
    wat = f"""(module (func (export "last") (param {"i64 " * 40}) (result i64) local.get 39)
        (func (export "many") (result {"i32 " * 20}) {" ".join(f"i32.const {n}" for n in range(20))}))"""
    store, instance = guest(wat)
    assert instance.func(store, "last")(store, *range(40)) == 39
    assert instance.func(store, "many")(store) == list(range(20))


def test_both_ways_fail_alike() -> None:
    store, instance = guest(NUMBERS)
    other, _ = guest(NUMBERS)
    divide, memory = instance.func(store, "divide"), instance.memory(store, "memory")
    calls: list[tuple[object, str, tuple[Any, ...]]] = [
        (divide, "call", (1, 0)),
        (memory, "size", ()),
        (memory, "data_len", ()),
        (memory, "read", (0, 1)),
        (memory, "write", (b"x", 0)),
        (instance.func(store, "externref"), "call", ("text",)),
        (instance.global_(store, "global"), "value", ()),
        (instance.global_(store, "global"), "set_value", (8,)),
        (instance.table(store, "table"), "get", (0,)),
        (instance.table(store, "table"), "set", (0, "text")),
        (instance.table(store, "table"), "size", ()),
    ]

    def both(store: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for item, name, arguments in calls:
            public: Any = item if name == "call" else getattr(item, name)
            fast = outcome(lambda public=public, arguments=arguments: public(store, *arguments))  # type: ignore[misc]
            found.append(fast)
            assert fast == outcome(lambda: rule(item, name)(store, *arguments)), name  # noqa: B023
        return found

    (trap, *plain) = both(store)
    assert trap[0] is Trap
    assert trap[2]["code"] is TrapCode.INTEGER_DIVISION_BY_ZERO
    assert len(trap[2]["_raw"]) == 1
    assert not any(isinstance(outcome[0], type) and issubclass(outcome[0], Exception) for outcome in plain)
    assert {outcome[0] for outcome in both(other)} == {WrongStoreError}
    for wrong in [None, 1, instance, Store.__new__(Store)]:
        assert all(issubclass(outcome[0], Exception) for outcome in both(wrong))
    store.close()
    assert {outcome[0] for outcome in both(store)} == {ClosedError}


def test_an_error_of_the_fast_path_has_no_traceback_of_ours() -> None:
    store, instance = guest(NUMBERS)
    with pytest.raises(Trap) as caught:
        instance.func(store, "divide")(store, 1, 0)
    assert len(caught.traceback) == 1
    assert caught.value.__context__ is None


class Asleep:
    """A guest that sleeps in its store on a thread of its own until it is woken."""

    def __init__(self, pool: ThreadPoolExecutor, sleeper: Sleeper | None = None) -> None:
        self.guest = sleeper or Sleeper()
        self.call = pool.submit(self.guest.sleep)
        self.guest.wait_until_asleep()

    def wake(self) -> None:
        self.guest.wake()
        assert self.call.result() == 0


WAITING = [
    *["call", "map", "read", "write", "size", "data_len", "load_i32", "store_i32", "view"],
    *["global", "set_global", "element", "set_element", "elements", "host", "object"],
]


@pytest.mark.parametrize("name", WAITING)
def test_who_waits_for_a_store_keeps_nobody_from_running(name: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        sleeper = Sleeper()
        item = Global(sleeper.store, GlobalType(ValType.i32(), True), 0)
        table = Table(sleeper.store, TableType(ValType.externref(), Limits(1)), "text")
        echo = Instance(sleeper.store, Module(sleeper.store.engine, NUMBERS)).func(sleeper.store, "externref")
        asleep = Asleep(pool, sleeper)
        store, load = asleep.guest.store, asleep.guest.func("load")
        memory = asleep.guest.own
        work: dict[str, Callable[[], object]] = {
            "call": lambda: load(store, 0),
            "map": lambda: load.map(store, array.array("i", [0])),
            "read": lambda: memory.read(store, 0, 4),
            "write": lambda: memory.write(store, bytearray(4)),
            "size": lambda: memory.size(store),
            "data_len": lambda: memory.data_len(store),
            "load_i32": lambda: memory.load_i32(store, 0),
            "store_i32": lambda: memory.store_i32(store, 0, 1),
            "view": lambda: memory.view(store),
            "global": lambda: item.value(store),
            "set_global": lambda: item.set_value(store, 1),
            "element": lambda: table.get(store, 0),
            "set_element": lambda: table.set(store, 0, "text"),
            "elements": lambda: table.size(store),
            "host": lambda: Func(store, FuncType([], []), print),
            "object": lambda: echo(store, "text"),
        }
        waiting = pool.submit(work[name])
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.02)
        asleep.wake()
        waiting.result()


def test_objects_that_nobody_else_holds_live_until_their_call_ends() -> None:
    sleeper = Sleeper()
    shared = sleeper.memory
    objects = [(sleeper.func("sleep"), sleeper.store)]

    def sleep() -> int:
        func, store = objects.pop()
        arguments: list[Any] = [store, 0, LONG]
        del store
        woken: int = func(arguments.pop(0), *arguments)
        return woken

    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(sleep)
        sleeper.wait_until_asleep()
        del sleeper
        gc.collect()
        while not shared.notify(0, 1):
            pass
        assert call.result() == 0


def test_two_stores_use_two_threads_at_once() -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = Asleep(pool), Asleep(pool)
        second.wake()
        first.wake()


@pytest.mark.parametrize("kilobytes", [128, 256, 512, 1024])
def test_a_guest_that_recurses_on_a_small_stack_traps(kilobytes: int) -> None:
    store, instance = guest('(module (func $f (export "f") (call $f)))')
    func = instance.func(store, "f")
    found: list[BaseException] = []

    def recurse() -> None:
        calls: list[Callable[[Store], object]] = [func, func.map, lambda store: func.call(store, [])]
        for call in calls:
            try:
                call(store)
            except WasmtimeError as error:
                found.append(error)

    before = threading.stack_size(kilobytes << 10)
    try:
        thread = threading.Thread(target=recurse)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    first, wrong, last = found
    assert "no parameters" in str(wrong)
    for trap in (first, last):
        assert isinstance(trap, Trap)
        assert trap.code is TrapCode.STACK_OVERFLOW
        assert {frame.func_name for frame in trap.frames} == {"f"}
        assert "function `f`" in str(trap)


@pytest.mark.parametrize("name", ["f", "i", "d", "v", "_Z", "_ZN3foo3barE", "x::y"])
def test_a_name_of_the_guest_is_shown_as_it_is(name: str) -> None:
    store, instance = guest(f'(module (func ${name} (export "run") unreachable))')
    with pytest.raises(Trap) as caught:
        instance.func(store, "run")(store)
    assert caught.value.frames[0].func_name == {"_ZN3foo3barE": "foo::bar"}.get(name, name)


def test_what_the_extension_offers_is_documented() -> None:
    folder = Path(inspect.getfile(trimaran)).parent
    checked = 0
    stubs = [ast.parse((folder / f"{name}.pyi").read_text()).body for name in ("_native", "_by_hand")]
    for node in itertools.chain(*stubs):
        if not isinstance(node, ast.ClassDef):
            continue
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                public = getattr(getattr(trimaran, node.name.removesuffix("Base").removesuffix("Bodies")), method.name)
                assert inspect.getdoc(public) == ast.get_docstring(method), method.name
                if not method.decorator_list:
                    parameters = list(inspect.signature(public).parameters)
                    assert parameters == [argument.arg for argument in method.args.args], method.name
                checked += 1
    assert checked > 80
    assert str(inspect.signature(Memory.read)) == "(self, /, store, start=0, stop=None)"
