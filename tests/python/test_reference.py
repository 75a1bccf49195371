"""Host objects in guests: the very same object comes back, and it is released when neither side has it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rules import rule

from guests import config, engine
from trimaran import (
    Engine,
    Func,
    FuncType,
    Global,
    GlobalType,
    HeapType,
    Instance,
    Limits,
    Module,
    RangeError,
    Reference,
    RefType,
    Store,
    Table,
    TableType,
    Tag,
    TagType,
    Trap,
    TrapCode,
    Val,
    ValType,
    WasmTypeError,
    WrongStoreError,
)

WAT = """(module
    (global $kept (mut externref) (ref.null extern))
    (func (export "echo") (param externref) (result externref) (local.get 0))
    (func (export "pair") (param externref i32 externref) (result externref i32 externref)
        (local.get 2) (local.get 1) (local.get 0))
    (func (export "keep") (param externref) (global.set $kept (local.get 0)))
    (func (export "kept") (result externref) (global.get $kept))
    (func (export "is_null") (param externref) (result i32) (ref.is_null (local.get 0)))
    (func (export "number") (param i32) (result i32) (local.get 0)))"""


class Thing:
    """Something that can be watched."""


class Odd:
    """An object that says all sorts of things about itself."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, _other: object) -> bool:
        raise RuntimeError("do not compare me")

    def __bool__(self) -> bool:
        raise RuntimeError("do not ask me")

    def __index__(self) -> int:
        raise RuntimeError("do not count me")

    def __len__(self) -> int:
        raise RuntimeError("do not measure me")


@pytest.fixture
def world() -> tuple[Store, Any]:
    store = Store(engine())
    return store, Instance(store, Module(store.engine, WAT)).exports(store)


OBJECTS: list[Any] = [
    *(0, 1, -1, 2**64, True, False, 0.0, 1.5, 1j, "", "text", b"", bytes(16), [], [1], {}, (), set[int]()),
    *(object(), Thing(), Odd(), Thing, len, Ellipsis, NotImplemented, ValueError("an error"), ValType.i32()),
]


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda thing: type(thing).__name__)
def test_any_object_comes_back(world: tuple[Store, Any], thing: object) -> None:
    store, exports = world
    echo = exports["echo"]
    assert echo(store, thing) is thing
    assert rule(echo, "call")(store, thing) is thing
    (val,) = echo.call(store, [thing])
    assert val.value is val.as_externref() is thing
    (val,) = echo.call(store, [Val.externref(thing)])
    assert val.value is thing
    assert echo(store, Val.externref(thing)) is thing
    assert exports["is_null"](store, thing) == 0
    assert exports["pair"](store, thing, 5, None) == [None, 5, thing]
    exports["keep"](store, thing)
    assert exports["kept"](store) is thing


def test_null(world: tuple[Store, Any]) -> None:
    store, exports = world
    for null in (None, Val.null(), Val.externref(None), Val.ref_null(ValType.externref())):
        assert exports["is_null"](store, null) == 1
        assert exports["echo"](store, null) is None


def test_a_function_is_no_object_of_the_host_by_itself(world: tuple[Store, Any]) -> None:
    store, exports = world
    echo = exports["echo"]
    with pytest.raises(WasmTypeError, match="argument 1 is a funcref: expected externref"):
        echo(store, echo)
    with pytest.raises(WasmTypeError, match="argument 1 is an i32: expected externref"):
        echo(store, Val.i32(1))
    # It is one for who says so.
    assert echo(store, Val.externref(echo)) is echo


def test_elsewhere_an_object_is_an_error(world: tuple[Store, Any]) -> None:
    store, exports = world
    with pytest.raises(WasmTypeError, match="argument 1 is a Thing: expected an int or a Val"):
        exports["number"](store, Thing())
    with pytest.raises(WasmTypeError, match="argument 1 is an externref: expected i32"):
        exports["number"](store, Val.externref(5))


def test_vals_of_objects() -> None:
    thing = Thing()
    assert Val.externref(thing) == Val.externref(thing) == thing
    assert Val.externref([]) != Val.externref([])
    assert Val.externref([]) == []
    assert Val.externref(7).value == 7
    assert Val.externref(7) != Val.i32(7)
    assert repr(Val.externref("x")) == "Val.externref('x')"
    assert (Val.externref(7).as_i32(), Val.i32(7).as_externref()) == (None, None)
    assert str(Val.externref(7).type) == "externref"
    with pytest.raises(WasmTypeError, match="the value is externref: a reference has no bits"):
        _ = Val.externref(7).bits


def test_the_guest_keeps_an_object_alive(world: tuple[Store, Any]) -> None:
    store, exports = world
    thing: Thing | None = Thing()
    known = weakref.ref(thing)
    exports["keep"](store, thing)
    thing = None
    for _ in range(3):
        store.gc()
        gc.collect()
    assert known() is not None
    assert exports["kept"](store) is known()
    exports["keep"](store, None)
    store.gc()
    gc.collect()
    assert known() is None


@pytest.mark.parametrize("place", ["guest", "global", "table", "value"])
def test_closing_lets_go_of_objects(world: tuple[Store, Any], place: str) -> None:
    store, exports = world
    thing: Thing | None = Thing()
    known = weakref.ref(thing)
    kept: list[object] = []
    if place == "guest":
        exports["keep"](store, thing)
    elif place == "global":
        kept.append(Global(store, GlobalType(ValType.externref(), True), thing))
    elif place == "table":
        kept.append(Table(store, TableType(ValType.externref(), Limits(3)), thing))
    else:
        exports["echo"](store, thing)
    thing = None
    store.close()
    gc.collect()
    assert known() is None


@pytest.mark.parametrize("closes", [False, True])
def test_an_object_that_refers_to_its_store_is_collected(closes: bool) -> None:
    def make() -> tuple[weakref.ref[Store], weakref.ref[Thing]]:
        store = Store(engine())
        thing: Any = Thing()
        thing.store = store
        Instance(store, Module(store.engine, WAT)).func(store, "keep")(store, thing)
        if closes:
            store.close()
        return weakref.ref(store), weakref.ref(thing)

    known = make()
    gc.collect()
    assert [each() for each in known] == [None, None]


def test_many_objects_pass(world: tuple[Store, Any]) -> None:
    """They are let go on the way, without anybody asking."""
    store, exports = world
    alive = weakref.WeakSet[Thing]()
    thing: Thing | None = None
    for number in range(20_000):
        thing = Thing()
        alive.add(thing)
        assert exports["echo"](store, thing) is thing
        if number % 5000 == 0:
            store.gc()
    thing = None
    store.gc()
    gc.collect()
    assert len(alive) == 0


def test_the_host_gives_and_takes_objects(world: tuple[Store, Any]) -> None:
    store, _ = world
    seen: list[object] = []
    thing = Thing()

    def host(value: object) -> object:
        seen.append(value)
        return thing

    func = Func(store, FuncType([ValType.externref()], [ValType.externref()]), host)
    wat = """(module (import "h" "f" (func $f (param externref) (result externref)))
        (func (export "run") (param externref) (result externref) (call $f (call $f (local.get 0)))))"""
    exports: Any = Instance(store, Module(store.engine, wat), [func]).exports(store)
    assert exports["run"](store, "first") is thing
    assert seen == ["first", thing] and seen[1] is thing


def test_what_a_guest_makes_is_a_reference() -> None:
    made = Engine(config().wasm_gc(True).wasm_function_references(True))
    store = Store(made)
    wat = """(module
        (func (export "number") (param i32) (result externref) (extern.convert_any (ref.i31 (local.get 0))))
        (func (export "in") (param externref) (result anyref) (any.convert_extern (local.get 0)))
        (func (export "out") (param anyref) (result externref) (extern.convert_any (local.get 0)))
        (func (export "get") (param externref) (result i32)
            (i31.get_s (ref.cast (ref i31) (any.convert_extern (local.get 0))))))"""
    exports: Any = Instance(store, Module(made, wat)).exports(store)
    number = exports["number"](store, 7)
    assert isinstance(number, Reference)
    for given in (number, Val.externref(number)):
        assert exports["get"](store, given) == 7
    # A reference of the host stays itself through the other hierarchy.
    thing = Thing()
    hidden = exports["in"](store, thing)
    assert isinstance(hidden, Reference)
    assert exports["out"](store, hidden) is thing
    with pytest.raises(WasmTypeError, match="argument 1 is an anyref: expected externref"):
        exports["get"](store, hidden)
    with pytest.raises(WasmTypeError, match="argument 1 is an externref: expected anyref"):
        exports["out"](store, number)


def test_what_a_reference_is() -> None:
    made = Engine(config().wasm_gc(True).wasm_function_references(True).wasm_exceptions(True))
    store = Store(made)
    wat = """(module
        (type $point (struct (field i32) (field (mut f64)) (field anyref)))
        (type $bytes (array (mut i8)))
        (tag $t (export "t") (param i32 f32))
        (func (export "point") (result anyref)
            (struct.new $point (i32.const -1) (f64.const 1.5) (ref.i31 (i32.const 5))))
        (func (export "bytes") (result anyref) (array.new $bytes (i32.const 7) (i32.const 3)))
        (func (export "thrown") (result exnref)
            (block $caught (result exnref)
                (try_table (catch_all_ref $caught) (throw $t (i32.const 4) (f32.const 0.5))) unreachable))
        (func (export "echo") (param anyref) (result anyref) (local.get 0)))"""
    exports: Any = Instance(store, Module(made, wat)).exports(store)
    point, octets = exports["point"](store), exports["bytes"](store)
    number, flag, inner = point.fields(store)
    assert (number, flag) == (-1, 1.5)
    assert isinstance(inner.value, Reference)
    assert inner.value.i31(store) == 5
    assert [field.value for field in octets.fields(store)] == [7, 7, 7]
    assert str(point.type(store)) == "(ref (struct (field i32) (field (mut f64)) (field anyref)))"
    heaps = {name: RefType(True, HeapType(name)) for name in ("any", "eq", "struct", "array", "i31")}
    assert [point.matches(store, ty) for ty in heaps.values()] == [True, True, True, False, False]
    assert [octets.matches(store, ty) for ty in heaps.values()] == [True, True, False, True, False]
    assert (point.i31(store), point.tag(store)) == (None, None)
    assert exports["echo"](store, point).same(store, point)
    assert not point.same(store, octets)
    with pytest.raises(WasmTypeError):
        inner.value.fields(store)
    with pytest.raises(WasmTypeError, match="the type is a HeapType: expected a RefType"):
        point.matches(store, HeapType("any"))
    thrown = exports["thrown"](store)
    assert [field.value for field in thrown.fields(store)] == [4, 0.5]
    assert thrown.tag(store).same(store, exports["t"])


def test_numbers_of_31_bits() -> None:
    store = Store(Engine(config().wasm_gc(True).wasm_function_references(True)))
    wat = '(module (func (export "f") (param anyref) (result i32) (i31.get_u (ref.cast (ref i31) (local.get 0)))))'
    read = Instance(store, Module(store.engine, wat)).func(store, "f")
    half = 1 << 30
    for number, signed in [(0, 0), (-1, -1), (-half, -half), (half - 1, half - 1), (half, -half), (2 * half - 1, -1)]:
        reference = Reference.of_i31(store, number)
        assert reference.i31(store) == signed
        assert read(store, reference) == number % (1 << 31)
        assert str(reference.type(store)) == "(ref i31)"
    for number in (-half - 1, 2 * half, 1 << 40):
        with pytest.raises(RangeError, match=f"the value is {number}: expected an i31"):
            Reference.of_i31(store, number)
    with pytest.raises(WasmTypeError, match="the value is a str: expected an int"):
        Reference.of_i31(store, "1")  # type: ignore[arg-type]
    with pytest.raises(WrongStoreError):
        Reference.of_i31(store, 1).i31(Store(store.engine))


def test_tags() -> None:
    store = Store(Engine(config().wasm_exceptions(True)))
    ty = TagType(FuncType([ValType.i32()], []))
    tag, other = Tag(store, ty), Tag(store, ty)
    assert tag.type(store) == ty
    assert tag.same(store, tag) and tag.eq(store, tag)
    assert not tag.same(store, other)
    wat = """(module (import "h" "t" (tag $t (param i32))) (export "t" (tag $t))
        (func (export "f") (throw $t (i32.const 1))))"""
    instance = Instance(store, Module(store.engine, wat), [tag])
    assert instance.tag(store, "t").same(store, tag)
    with pytest.raises(Trap) as caught:
        instance.func(store, "f")(store)
    assert caught.value.code is TrapCode.UNCAUGHT_EXCEPTION
    with pytest.raises(WasmTypeError, match="the type is a FuncType: expected a TagType"):
        Tag(store, ty.functype)  # type: ignore[arg-type]
    with pytest.raises(WasmTypeError, match="the other is None: expected a Tag"):
        tag.eq(store, None)  # type: ignore[arg-type]


def test_references_of_another_store(world: tuple[Store, Any]) -> None:
    store, exports = world
    other = Store(store.engine)
    foreign = Func(other, FuncType([], []), lambda: None)
    wat = '(module (func (export "f") (param funcref)))'
    take = Instance(store, Module(store.engine, wat)).func(store, "f")
    uses: list[Callable[[], object]] = [
        lambda: take(store, foreign),
        lambda: take.call(store, [foreign]),
        lambda: exports["echo"](other, Thing()),
    ]
    for use in uses:
        with pytest.raises(WrongStoreError):
            use()


def test_objects_may_be_let_go_on_any_thread() -> None:
    def work(_: int) -> bool:
        store = Store(engine())
        exports: Any = Instance(store, Module(store.engine, WAT)).exports(store)
        things = [Thing() for _ in range(50)]
        return all(exports["echo"](store, thing) is thing for thing in things)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(20)))
