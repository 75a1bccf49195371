"""Instances: links and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from guests import guest, number
from trimaran import (
    Extern,
    Func,
    Global,
    Instance,
    Memory,
    Module,
    NotFoundError,
    Store,
    Table,
    Tag,
    WasmtimeError,
    WasmTypeError,
    WrongStoreError,
)

MANY = """(module
    (func (export "f") (param i32) (result i32) local.get 0)
    (memory (export "m") 1 2)
    (global (export "g") (mut i64) (i64.const 5))
    (table (export "t") 1 2 funcref)
    (func (export "") ))"""


def test_exports_are_a_mapping() -> None:
    store, instance = guest(MANY)
    exports = instance.exports(store)
    assert isinstance(exports, Mapping)
    assert list(exports) == ["f", "m", "g", "t", ""]
    assert len(exports) == 5
    assert [type(item) for item in exports.values()] == [Func, Memory, Global, Table, Func]
    assert exports.keys() >= {"f", "m"}
    assert "f" in exports and "x" not in exports
    assert exports.get("x") is None
    assert exports.get("x", 5) == 5
    assert exports.get("m") is exports["m"]
    assert dict(exports)["g"] is exports["g"]
    assert repr(exports) == f"<InstanceExports of store {number(store)}: f, m, g, t, >"
    assert repr(instance) == f"<Instance of store {number(store)}>"


def test_names_are_shown_without_what_a_terminal_would_obey() -> None:
    exports = "".join(f'(export "{n}\\1b[2J\\e2\\80\\ae" (func 0))' for n in range(40))
    store, instance = guest(f"(module (func) {exports})")
    shown = repr(instance.exports(store))
    assert shown.startswith(f"<InstanceExports of store {number(store)}: 0\\x1b[2J\\u202e, 1\\x1b[2J\\u202e, ")
    assert shown.endswith(", and 8 more>")
    assert shown.isprintable()
    assert next(iter(instance.exports(store))) == "0\x1b[2J\u202e"
    with pytest.raises(WasmTypeError) as caught:
        instance.memory(store, "0\x1b[2J\u202e")
    assert str(caught.value) == "the export `0\\u{1b}[2J\\u{202e}` is a function: expected a memory"


def test_exports_by_their_place() -> None:
    store, instance = guest(MANY)
    exports = instance.exports(store)
    assert exports.by_index[1] is exports["m"]
    assert (exports[0], exports[-1]) == (exports["f"], exports[""])
    assert exports[:2] == (exports["f"], exports["m"])
    assert exports[::-1] == tuple(reversed(exports.by_index))
    with pytest.raises(IndexError, match="there is no export 5: the instance has 5"):
        exports[5]
    with pytest.raises(
        WasmTypeError, match="the export is a float: expected its name, as a str, or its place, as an int"
    ):
        exports[1.0]  # type: ignore[call-overload]
    with pytest.raises(WasmTypeError, match="the export is None: expected its name"):
        exports[None]  # type: ignore[call-overload]
    with pytest.raises(WasmtimeError, match="there is no export"):
        exports[2**70]


def test_exports_are_found_once() -> None:
    store, instance = guest(MANY)
    assert instance.exports(store)["f"] is instance.exports(store)["f"]


def test_exports_by_their_kind() -> None:
    store, instance = guest(MANY)
    assert instance.func(store, "f")(store, 3) == 3
    assert instance.memory(store, "m").size(store) == 1
    assert str(instance.global_(store, "g").type(store)) == "(global (mut i64))"
    assert str(instance.table(store, "t").type(store)) == "(table 1 2 funcref)"
    with pytest.raises(WasmTypeError, match=r"^the export `f` is a function: expected a memory$"):
        instance.memory(store, "f")
    with pytest.raises(NotFoundError, match=r"^there is no export `x`: the instance exports `f`, `m`, `g`, `t`, ``$"):
        instance.memory(store, "x")


def test_the_map_gives_exports_by_their_kind() -> None:
    store, instance = guest(MANY)
    exports = instance.exports(store)
    # A type checker knows what these are: `exports["f"]` is one of six classes.
    call: Func = exports.func("f")
    memory: Memory = exports.memory("m")
    changed: Global = exports.global_("g")
    elements: Table = exports.table("t")
    assert (call, memory, changed, elements) == tuple(exports[:4])
    for ask, word in (
        (exports.memory, "a memory"),
        (exports.shared_memory, "a shared memory"),
        (exports.global_, "a global"),
        (exports.table, "a table"),
        (exports.tag, "a tag"),
    ):
        with pytest.raises(WasmTypeError, match=rf"^the export `f` is a function: expected {word}$"):
            ask("f")
        with pytest.raises(NotFoundError, match=r"^there is no export `x`: the instance exports `f`, `m`"):
            ask("x")
    with pytest.raises(WasmTypeError, match=r"^the export `m` is a memory: expected a function$"):
        exports.func("m")


def test_a_tag() -> None:
    from guests import config
    from trimaran import Engine

    made = Engine(config().wasm_exceptions(True))
    store = Store(made)
    instance = Instance(store, Module(made, '(module (tag (export "e") (param i32)))'))
    tag = instance.tag(store, "e")
    assert instance.exports(store).tag("e") is tag
    assert isinstance(tag, Tag)
    assert str(tag.type(store)) == "(tag (param i32))"
    assert repr(tag) == f"<Tag (tag (param i32)) of store {number(store)}>"


def test_no_exports() -> None:
    store, instance = guest("(module)")
    assert len(instance.exports(store)) == 0
    with pytest.raises(NotFoundError, match="the instance exports nothing"):
        instance.exports(store)["x"]


def test_another_store() -> None:
    store, instance = guest(MANY)
    other = Store(store.engine)
    instance.exports(store)
    for use in (lambda: instance.exports(other), lambda: instance.func(other, "f")):
        with pytest.raises(WrongStoreError, match="the instance belongs to another store"):
            use()
    with pytest.raises(WrongStoreError, match="the function belongs to another store"):
        instance.func(store, "f")(other, 1)


def test_imports_in_order() -> None:
    store, maker = guest(MANY)
    module = Module(
        store.engine,
        """(module
            (import "a" "m" (memory 1)) (import "a" "f" (func $f (param i32) (result i32)))
            (func (export "call") (result i32) (call $f (i32.const 9)))
            (func (export "put") (i32.store8 (i32.const 3) (i32.const 65))))""",
    )
    memory, func = maker.memory(store, "m"), maker.func(store, "f")
    externs: list[Extern] = [memory, func]
    for imports in (externs, tuple(externs), iter(externs)):
        instance = Instance(store, module, imports)
        assert instance.func(store, "call")(store) == 9
    instance.func(store, "put")(store)
    assert memory.read(store, 3, 4) == b"A"


def test_what_is_no_import() -> None:
    store, _ = guest(MANY)
    module = Module(store.engine, '(module (import "a" "m" (memory 1)))')
    with pytest.raises(WasmTypeError, match=r"^import 1 is a function: expected a Func, Global, Table, "):
        Instance(store, module, [test_no_exports])  # type: ignore[list-item]


def test_a_place_is_no_name() -> None:
    store, instance = guest(MANY)
    exports: Any = instance.exports(store)
    wrong: Any = 1
    for kind in ("func", "global_", "table", "memory", "shared_memory", "tag"):
        with pytest.raises(WasmTypeError, match="the name of the export is an int: expected a str; by their places"):
            getattr(instance, kind)(store, wrong)
        with pytest.raises(WasmTypeError, match="the name of the export is an int: expected a str; by their places"):
            getattr(exports, kind)(wrong)
    assert isinstance(exports[1], Memory)
