"""The caller of a host function: what it gives access to, and until when."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from guests import engine, number
from hosts import EXTERNREF, I32, imported
from trimaran import (
    Caller,
    EscapedError,
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Memory,
    Module,
    NotFoundError,
    Store,
    WasmTypeError,
)


@pytest.fixture
def store() -> Store:
    return Store(engine())


READS = """(module
    (import "host" "f" (func $f (param i32 i32)))
    (memory (export "memory") 1 4)
    (data (i32.const 16) "Hello")
    (global (export "global") (mut i32) (i32.const 7))
    (table (export "table") 2 funcref)
    (func (export "other") (result i32) (i32.const 5))
    (func (export "run") (call $f (i32.const 16) (i32.const 5))))"""


def test_the_caller_knows_its_instance(store: Store) -> None:
    texts: list[str] = []

    def read(caller: Caller, start: int, length: int) -> None:
        memory: Any = caller["memory"]
        assert isinstance(memory, Memory)
        assert caller.store is store
        assert caller.get("nothing") is None
        assert caller.get("nothing", 3) == 3
        assert ("memory" in caller, "nothing" in caller, 5 in caller) == (True, False, False)
        texts.append(memory.read_string(caller, start, length))
        texts.append(memory.read(caller, start, start + length).decode())
        with pytest.raises(NotFoundError, match="the calling instance has no export `nothing`") as caught:
            caller["nothing"]
        assert isinstance(caught.value, KeyError) and caught.value.name == "nothing"
        with pytest.raises(WasmTypeError):
            caller[0]  # type: ignore[index]  # pyright: ignore[reportArgumentType]
        assert caller.memory("memory").size(caller) == 1
        assert caller.func("other")(caller) == 5
        with pytest.raises(WasmTypeError, match="the export `memory` is a memory: expected a function"):
            caller.func("memory")
        with pytest.raises(NotFoundError):
            caller.memory("nothing")
        assert caller.global_("global").value(caller) == 7
        assert caller.table("table").size(caller) == 2
        for ask, word in (
            (caller.global_, "a global"),
            (caller.table, "a table"),
            (caller.shared_memory, "a shared memory"),
            (caller.tag, "a tag"),
        ):
            with pytest.raises(WasmTypeError, match=f"the export `memory` is a memory: expected {word}"):
                ask("memory")
            with pytest.raises(NotFoundError):
                ask("nothing")
        assert repr(caller) == f"<Caller of store {number(store)}>"

    imported(store, READS, Func(store, FuncType([I32, I32], []), read, access_caller=True))["run"](store)
    assert texts == ["Hello", "Hello"]


def test_a_caller_stands_for_its_store_everywhere(store: Store) -> None:
    done: list[str] = []

    def use(caller: Caller, _start: int, _length: int) -> None:
        memory: Any = caller["memory"]
        other: Any = caller["other"]
        item: Any = caller["global"]
        assert (other(caller), other.call(caller, [])) == (5, [5])
        assert str(other.type(caller)) == "(func (result i32))"
        assert memory.grow(caller, 1) == 1
        assert (memory.size(caller), memory.data_len(caller)) == (2, 2 << 16)
        memory.store_i32(caller, 0, -5)
        assert memory.load_i32(caller, 0) == -5
        assert bytes(memory.view(caller, 16, 5)) == b"Hello"
        item.set_value(caller, 8)
        assert item.value(caller) == 8
        made = Global(caller, GlobalType(EXTERNREF, True), "thing")
        assert made.value(store) == made.value(caller) == "thing"
        inner = Func(caller, FuncType([I32], [I32]), lambda number: number + 1)
        assert inner(caller, 1) == 2
        assert list(inner.map(caller, np.arange(3, dtype=np.int32))) == [1, 2, 3]
        assert inner.same(caller, inner)
        module = Module(caller.store.engine, '(module (func (export "one") (result i32) (i32.const 1)))')
        instance = Instance(caller, module)
        assert instance.func(caller, "one") is instance.func(store, "one")
        assert instance.exports(caller) is instance.exports(store)
        assert instance.func(caller, "one")(store) == 1
        done.append("all")

    exports = imported(store, READS, Func(store, FuncType([I32, I32], []), use, access_caller=True))
    exports["run"](store)
    assert done == ["all"]
    assert (exports["memory"].size(store), exports["global"].value(store)) == (2, 8)


def uses(caller: Caller, memory: Memory, func: Func, item: Global) -> list[Callable[[], object]]:
    """What a caller can be used for."""
    return [
        lambda: caller["memory"],
        lambda: caller.get("memory"),
        lambda: "memory" in caller,
        lambda: memory.size(caller),
        lambda: memory.read(caller, 0, 1),
        lambda: memory.grow(caller, 0),
        lambda: memory.view(caller),
        lambda: func(caller),
        lambda: func.call(caller, []),
        lambda: func.type(caller),
        lambda: item.value(caller),
        lambda: item.set_value(caller, 1),
        lambda: Func(caller, FuncType([], []), print),
        lambda: Instance(caller, Module(caller.store.engine, "(module)")),
    ]


def test_a_caller_that_was_kept(store: Store) -> None:
    kept: list[Caller] = []
    host = Func(store, FuncType([I32, I32], []), lambda caller, *_: kept.append(caller), access_caller=True)
    exports = imported(store, READS, host)
    exports["run"](store)
    (caller,) = kept
    assert caller.store is store
    for use in uses(caller, exports["memory"], exports["other"], exports["global"]):
        with pytest.raises(EscapedError) as caught:
            use()
        assert str(caught.value) == (
            "a caller is only valid on its own thread, until its host function returns; "
            "a call that an async one began ends with it"
        )
    # The next call has another one.
    exports["run"](store)
    with pytest.raises(EscapedError):
        exports["memory"].size(caller)
    assert exports["memory"].size(store) == 1


def test_a_caller_on_another_thread(store: Store) -> None:
    found: list[object] = []

    def host(caller: Caller, *_: int) -> None:
        def use() -> None:
            for way in uses(caller, exports["memory"], exports["other"], exports["global"]):
                try:
                    found.append(way())
                except EscapedError as error:
                    found.append(error)

        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        # It is still good here.
        assert exports["memory"].size(caller) == 1

    exports = imported(store, READS, Func(store, FuncType([I32, I32], []), host, access_caller=True))
    exports["run"](store)
    assert found and {type(each) for each in found} == {EscapedError}


def test_the_caller_of_an_outer_call(store: Store) -> None:
    """It is valid while its own host function runs, however deep."""
    callers: list[Caller] = []

    def host(caller: Caller, depth: int) -> None:
        callers.append(caller)
        memory: Any = callers[0]["memory"]
        assert memory.size(callers[0]) == memory.size(caller) == 1
        if depth:
            exports["run"](caller, depth - 1)
            with pytest.raises(EscapedError):
                memory.size(callers[-1])
        callers.pop()
        callers.append(caller)

    wat = """(module (import "host" "f" (func $f (param i32))) (memory (export "memory") 1)
        (func (export "run") (param i32) (call $f (local.get 0))))"""
    exports = imported(store, wat, Func(store, FuncType([I32], []), host, access_caller=True))
    exports["run"](store, 3)


def test_a_caller_without_an_instance(store: Store) -> None:
    host = Func(store, FuncType([], [I32]), lambda caller: "memory" in caller, access_caller=True)
    assert host(store) == 0
