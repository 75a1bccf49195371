"""One thread defines items in a linker while another one links: each link uses the items of one moment."""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from guests import engine
from trimaran import Func, FuncType, Instance, Linker, Module, NotFoundError, Store, ValType

TYPE = FuncType([], [ValType.i32()])
WAT = """(module
    (import "host" "f" (func $f (result i32)))
    (func (export "run") (result i32) (call $f)))"""
TIMES = 2000


@pytest.fixture
def linker() -> Linker:
    made = Linker(engine())
    made.allow_shadowing = True
    made.define_func("host", "f", TYPE, lambda: 1)
    return made


@contextmanager
def defining(linker: Linker) -> Generator[None]:
    """Another thread gives the name to one function after the other."""
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            linker.define_func("host", "f", TYPE, lambda: 1)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(before)


def run(store: Store, instance: Instance) -> Any:
    return instance.func(store, "run")(store)


def of_pre(linker: Linker, store: Store, module: Module) -> Any:
    return run(store, linker.instantiate_pre(module).instantiate(store))


def of_get(linker: Linker, store: Store, _module: Module) -> Any:
    found = linker.get(store, "host", "f")
    assert isinstance(found, Func)
    return found(store)


def of_module(linker: Linker, store: Store, module: Module) -> Any:
    linker.define_module(store, "guest", module)
    found = linker.get(store, "guest", "run")
    assert isinstance(found, Func)
    return found(store)


WAYS: dict[str, Callable[[Linker, Store, Module], Any]] = {
    "link": lambda linker, store, module: run(store, linker.instantiate(store, module)),
    "pre": of_pre,
    "get": of_get,
    "module": of_module,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_is_defined_again(linker: Linker, way: str) -> None:
    module = Module(linker.engine, WAT)
    with defining(linker):
        for _ in range(TIMES):
            assert WAYS[way](linker, Store(linker.engine), module) == 1


def test_what_a_start_function_raises_is_not_tried_again(linker: Linker) -> None:
    """Also where it is an error by which the linker would say that, and there is something new."""
    error, calls = NotFoundError("mine"), list[int]()

    def start() -> None:
        calls.append(1)
        linker.define_func("host", "new", TYPE, lambda: 1)
        raise error

    linker.define_func("host", "start", FuncType([], []), start)
    module = Module(linker.engine, '(module (import "host" "start" (func $f)) (start $f))')
    uses: list[Callable[[Store], object]] = [
        lambda store: linker.instantiate(store, module),
        lambda store: linker.define_module(store, "guest", module),
        lambda store: linker.instantiate_pre(module).instantiate(store),
    ]
    for use in uses:
        calls.clear()
        with pytest.raises(NotFoundError) as caught:
            use(Store(linker.engine))
        assert caught.value is error
        assert calls == [1]


class Thing:
    """Something that can be watched."""


def test_it_lets_go_of_what_was_replaced(linker: Linker) -> None:
    thing: Thing | None = Thing()
    known = weakref.ref(thing)

    def use(_thing: Thing | None = thing) -> int:
        return 1

    linker.define_func("host", "f", TYPE, use)
    del use
    thing = None
    assert known() is not None
    linker.define_func("host", "f", TYPE, lambda: 2)
    assert known() is None


def test_it_keeps_what_another_name_has(linker: Linker) -> None:
    linker.define_func("host", "g", TYPE, lambda: 2)
    linker.define_func("other", "f", TYPE, lambda: 3)
    linker.define_func("host", "f", TYPE, lambda: 4)
    store = Store(linker.engine)
    found = [linker.get(store, *names) for names in (("host", "g"), ("other", "f"), ("host", "f"))]
    assert [func(store) for func in found if isinstance(func, Func)] == [2, 3, 4]


def test_a_linker_that_another_thread_closes() -> None:
    """Whoever is late is told so."""
    module_engine = engine()
    module = Module(module_engine, WAT)
    for _ in range(50):
        linker = Linker(module_engine)
        linker.define_func("host", "f", TYPE, lambda: 1)
        thread = threading.Thread(target=linker.close)
        seen = list[str]()
        thread.start()
        for _ in range(20):
            try:
                store = Store(module_engine)
                seen.append(str(run(store, linker.instantiate(store, module))))
            except Exception as error:
                seen.append(type(error).__name__)
        thread.join()
        assert set(seen) <= {"1", "ClosedError", "LinkError"}, seen
