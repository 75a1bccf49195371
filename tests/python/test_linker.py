"""Linkers in Python: host functions in any store, what keeps what, and what comes out of them."""

# A host function is anything that can be called, so that pyright does not know the parameters of a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from guests import engine
from trimaran import (
    Caller,
    ClosedError,
    Engine,
    EscapedError,
    Func,
    FuncType,
    Instance,
    InstancePre,
    Linker,
    LinkError,
    Module,
    NotFoundError,
    Store,
    ValType,
    WasmTypeError,
)

I32 = ValType.i32()
UNARY = FuncType([I32], [I32])
WAT = """(module
    (import "host" "f" (func $f (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32) (call $f (local.get 0))))"""


class Thing:
    """Something that can be watched."""


def run(instance: Instance, store: Store, number: int = 1) -> Any:
    return instance.func(store, "run")(store, number)


@pytest.fixture
def linker() -> Linker:
    return Linker(engine())


def test_one_linker_serves_many_stores(linker: Linker) -> None:
    linker.define_func("host", "f", UNARY, lambda number: number + 1)
    module = Module(linker.engine, WAT)
    for number in range(3):
        store = Store(linker.engine)
        assert run(linker.instantiate(store, module), store, number) == number + 1
        assert run(linker.instantiate(store, module), store, number) == number + 1


@pytest.mark.parametrize("is_pre", [False, True])
def test_the_caller(linker: Linker, is_pre: bool) -> None:
    callers: list[Caller] = []

    def host(caller: Caller, number: int) -> int:
        callers.append(caller)
        return number + caller.memory("memory").load_u8(caller, 0)

    linker.define_func("host", "f", UNARY, host, access_caller=True)
    module, store = Module(linker.engine, WAT), Store(linker.engine)
    instance = linker.instantiate_pre(module).instantiate(store) if is_pre else linker.instantiate(store, module)
    instance.memory(store, "memory").store_u8(store, 0, 41)
    assert run(instance, store) == 42
    assert callers[0].store is store
    with pytest.raises(EscapedError):
        callers[0].get("memory")


def test_a_host_function_links_in_its_own_store(linker: Linker) -> None:
    module = Module(linker.engine, WAT)

    def deeper(caller: Caller, number: int) -> int:
        if number == 0:
            return 100
        return int(linker.instantiate(caller, module).func(caller, "run")(caller, number - 1)) + 1

    linker.define_func("host", "f", UNARY, deeper, access_caller=True)
    store = Store(linker.engine)
    assert run(linker.instantiate(store, module), store, 5) == 105


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("is_pre", [False, True])
def test_what_it_raises_is_the_same_object(linker: Linker, error: BaseException, is_pre: bool) -> None:
    def fail(_number: int) -> int:
        raise error

    linker.define_func("host", "f", UNARY, fail)
    module, store = Module(linker.engine, WAT), Store(linker.engine)
    instance = linker.instantiate_pre(module).instantiate(store) if is_pre else linker.instantiate(store, module)
    with pytest.raises(type(error)) as caught:
        run(instance, store)
    assert caught.value is error


def test_shadowing(linker: Linker) -> None:
    assert not linker.allow_shadowing
    linker.define_func("host", "f", UNARY, lambda _number: 1)
    with pytest.raises(LinkError):
        linker.define_func("host", "f", UNARY, lambda _number: 2)
    module = Module(linker.engine, WAT)
    pre = linker.instantiate_pre(module)
    linker.allow_shadowing = True
    assert linker.allow_shadowing.value is True
    linker.define_func("host", "f", UNARY, lambda _number: 2)
    store = Store(linker.engine)
    assert run(linker.instantiate(store, module), store) == 2
    # It keeps what there was.
    assert run(pre.instantiate(store), store) == 1
    assert linker.allow_shadowing(False) is linker
    with pytest.raises(LinkError):
        linker.define_func("host", "f", UNARY, lambda _number: 3)
    with pytest.raises(WasmTypeError):
        linker.allow_shadowing = 1  # type: ignore[assignment]


def test_a_function_of_the_host_by_its_name(linker: Linker) -> None:
    linker.define_func("host", "f", UNARY, lambda number: number * 2)
    store = Store(linker.engine)
    func = linker.get(store, "host", "f")
    assert isinstance(func, Func)
    assert func(store, 21) == 42
    assert func.type(store) == UNARY


def test_modules_by_name(linker: Linker) -> None:
    linker.define_func("host", "f", UNARY, lambda number: number + 1)
    store = Store(linker.engine)
    linker.define_module(store, "guest", Module(linker.engine, WAT))
    func = linker.get(store, "guest", "run")
    assert isinstance(func, Func)
    assert func(store, 1) == 2
    other = Module(
        linker.engine,
        """(module (import "guest" "run" (func $f (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) (call $f (call $f (local.get 0)))))""",
    )
    instance = linker.instantiate(store, other)
    assert run(instance, store, 1) == 3
    linker.define_instance(store, "other", instance)
    found = linker.get(store, "other", "run")
    assert isinstance(found, Func)
    assert found.same(store, instance.func(store, "run"))


def test_commands_run_by_default(linker: Linker) -> None:
    seen: list[int] = []
    linker.define_func("host", "f", FuncType([I32], []), seen.append)
    wat = """(module (import "host" "f" (func $f (param i32))) (global $g (mut i32) (i32.const 0))
        (func (export "_start") (global.set $g (i32.add (global.get $g) (i32.const 1))) (call $f (global.get $g))))"""
    store = Store(linker.engine)
    linker.define_module(store, "command", Module(linker.engine, wat))
    for _ in range(2):
        linker.get_default(store, "command")(store)
    # Each call has an instance of its own.
    assert seen == [1, 1]
    with pytest.raises(NotFoundError):
        linker.get_default(store, "nothing")


def test_pre(linker: Linker) -> None:
    linker.define_func("host", "f", UNARY, lambda number: number + 1)
    module = Module(linker.engine, WAT)
    pre = linker.instantiate_pre(module)
    assert pre.module is module
    linker.close()
    for store in (Store(module.engine), Store(module.engine)):
        assert run(pre.instantiate(store), store) == 2
    store = Store(module.engine)
    with pre:
        instance = pre.instantiate(store)
    assert run(instance, store) == 2
    with pytest.raises(ClosedError):
        pre.instantiate(store)
    with pytest.raises(WasmTypeError):
        InstancePre()


def test_close() -> None:
    linker = Linker(engine())
    module, store = Module(linker.engine, "(module)"), Store(linker.engine)
    with linker as same:
        same.instantiate(store, module)
    linker.close()
    with pytest.raises(ClosedError, match="the linker is closed"):
        linker.instantiate(store, module)
    with pytest.raises(ClosedError):
        linker.define_wasi()


WRONG: list[tuple[Callable[[Linker], object], str]] = [
    (lambda _linker: Linker(1), "the engine is an int: expected an Engine"),  # type: ignore[arg-type]
    (lambda linker: linker.define_func("a", "b", I32, print), "the type is a ValType: expected a FuncType"),  # type: ignore[arg-type]
    (lambda linker: linker.define_func("a", "b", UNARY, 1), "the function is an int: expected something that"),  # type: ignore[arg-type]
    (lambda linker: linker.define_func(1, "b", UNARY, print), "the module's name is an int: expected a str"),  # type: ignore[arg-type]
    (lambda linker: linker.define_func("a", "b", UNARY, print, 1), "access_caller is an int: expected a bool"),  # type: ignore[arg-type]
    (lambda linker: linker.instantiate(linker, 1), "the store is a Linker: expected a Store"),  # type: ignore[arg-type]
    (lambda linker: linker.define_instance(Store(linker.engine), "a", 1), "the instance is an int"),  # type: ignore[arg-type]
    (lambda linker: linker.define(Store(linker.engine), "a", "b", 1), "the item is an int: expected a Func"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("use", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_objects_of_the_wrong_kind(linker: Linker, use: Callable[[Linker], object], sentence: str) -> None:
    with pytest.raises(WasmTypeError, match=sentence.replace("(", r"\(")):
        use(linker)


@pytest.mark.parametrize("has_instance", [False, True])
@pytest.mark.parametrize("is_pre", [False, True])
def test_a_closure_over_linker_and_store_is_collected(has_instance: bool, is_pre: bool) -> None:
    def make() -> weakref.ref[Thing]:
        shared = Linker(engine())
        store, thing = Store(shared.engine), Thing()
        things: list[object] = [shared, store, thing]

        def host(number: int) -> int:
            return number + len(things)

        shared.define_func("host", "f", UNARY, host)
        module = Module(shared.engine, WAT)
        if is_pre:
            things.append(pre := shared.instantiate_pre(module))
            if has_instance:
                assert run(pre.instantiate(store), store) == 5
        elif has_instance:
            assert run(shared.instantiate(store, module), store) == 4
        return weakref.ref(thing)

    gone = make()
    gc.collect()
    assert gone() is None


def test_a_store_keeps_what_its_instances_need() -> None:
    shared = engine()
    store, module = Store(shared), Module(shared, WAT)

    def make() -> tuple[Instance, weakref.ref[Thing]]:
        linker, thing = Linker(shared), Thing()

        def host(number: int) -> int:
            return number + (1 if thing else 0)

        linker.define_func("host", "f", UNARY, host)
        return linker.instantiate(store, module), weakref.ref(thing)

    instance, thing = make()
    gc.collect()
    assert thing() is not None
    assert run(instance, store) == 2
    store.close()
    gc.collect()
    assert thing() is None


def test_threads_share_a_linker(linker: Linker) -> None:
    linker.define_func("host", "f", UNARY, lambda number: number + 1)
    module = Module(linker.engine, WAT)
    results: list[int] = []

    def work() -> None:
        for number in range(50):
            store = Store(linker.engine)
            results.append(run(linker.instantiate(store, module), store, number) - number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 200


def test_repr(linker: Linker) -> None:
    assert repr(linker) == "<Linker>"
    assert repr(linker.instantiate_pre(Module(linker.engine, "(module)"))) == "<InstancePre>"


def test_the_engine_is_the_one_given() -> None:
    given = Engine()
    assert Linker(given).engine is given
