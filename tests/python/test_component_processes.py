"""Components at Ctrl-C, at the end of a process, and in other processes. Some tests have a process of their own."""

from __future__ import annotations

import multiprocessing
import signal
import sys

import pytest

from child import ended, python, ready
from guests import engine
from trimaran import Engine, Store
from trimaran.component import Component, Linker

GUEST = """(component
  (import "host" (func $host (param "n" u32) (result u32)))
  (core func $host (canon lower (func $host)))
  (type $r' (resource (rep i32)))
  (export $r "r" (type $r'))
  (core func $new (canon resource.new $r))
  (core module $m
    (import "" "host" (func $host (param i32) (result i32)))
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "spin") (loop $l (br $l)))
    (func (export "ask") (param i32) (result i32) (call $host (local.get 0)))
    (func (export "make") (result i32) (call $new (i32.const 1))))
  (core instance $i (instantiate $m (with "" (instance (export "host" (func $host)) (export "new" (func $new))))))
  (func (export "spin") (canon lift (core func $i "spin")))
  (func (export "ask") (param "n" u32) (result u32) (canon lift (core func $i "ask")))
  (func (export "make") (result (own $r)) (canon lift (core func $i "make"))))"""

MADE = f"""
from trimaran import component
def made(function=lambda number: number, **settings):
    store = Store(engine(**settings))
    linker = component.Linker(store.engine)
    linker.root().define_func("host", function)
    return store, linker.instantiate(store, component.Component(store.engine, {GUEST!r}))
"""


def add_one(number: int) -> int:
    return number + 1


def ask(store: Store, component: Component) -> object:
    linker = Linker(component.engine)
    linker.root().define_func("host", add_one)
    return linker.instantiate(store, component).func(store, "ask")(store, 41)


def work(component: Component) -> object:
    """What another process does with a component that it was sent."""
    return ask(Store(component.engine), component)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals of POSIX")
def test_ctrl_c_ends_a_component() -> None:
    program = f"""
{MADE}
store, instance = made(epoch_interruption=True)
print("ready", flush=True)
try:
    instance.func(store, "spin")(store)
except KeyboardInterrupt:
    print("interrupted", flush=True)
try:
    instance.func(store, "ask")(store, 1)
except trimaran.PoisonedError:
    print("poisoned", flush=True)
"""
    with python(program) as process:
        ready(process)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.read() == "interrupted\npoisoned\n"
        assert process.wait(timeout=20) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals of POSIX")
def test_ctrl_c_in_a_host_function_of_a_component() -> None:
    program = f"""
{MADE}
store, instance = made(lambda number: (print("ready", flush=True), time.sleep(20), number)[-1])
try:
    instance.func(store, "ask")(store, 1)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with python(program) as process:
        ready(process)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None and process.stdout.read() == "interrupted\n"
        assert process.wait(timeout=20) == 0


AT_THE_END = {
    "referred to": "kept = made()\nresource = kept[1].func(kept[0], 'make')(kept[0])",
    "in a circle": """
class Circle: pass
circle = Circle()
circle.self = circle
circle.kept = made()
circle.resource = circle.kept[1].func(circle.kept[0], 'make')(circle.kept[0])
""",
    "in a host function": """
def work(inside):
    store, instance = made(lambda number: (inside.set(), time.sleep(0.2), number)[-1])
    while True:
        instance.func(store, "ask")(store, 1)
daemon(work)
""",
    "in a guest": """
def work(inside):
    store, instance = made()
    inside.set()
    instance.func(store, "spin")(store)
daemon(work)
time.sleep(0.2)
""",
}


@pytest.mark.parametrize("program", AT_THE_END.values(), ids=AT_THE_END.keys())
def test_python_ends_with_components(program: str) -> None:
    done = ended(MADE + program + "\nsys.exit(7)")
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")


def test_components_travel_to_other_processes() -> None:
    component = Component(engine(), GUEST)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(work, [component, component]) == [42, 42]
    # It is as good as before here.
    assert ask(Store(component.engine), component) == 42


def test_the_engine_travels_with_its_component() -> None:
    first = Component(engine(), GUEST)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        back: Component = pool.map(same, [first])[0]
    assert isinstance(back.engine, Engine)
    assert ask(Store(back.engine), back) == 42


def same(component: Component) -> Component:
    return component
