"""`import trimaran.as_wasmtime`: from then on, `import wasmtime` means this package."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(program: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def test_every_way_to_import() -> None:
    assert (
        run("""if True:
            import trimaran.as_wasmtime
            import trimaran
            import wasmtime
            import wasmtime as other
            from wasmtime import Store, WasmtimeError
            from wasmtime import *
            assert wasmtime is other and wasmtime.__name__ == "wasmtime"
            assert Store is trimaran.Store is wasmtime.Store and Linker is trimaran.Linker
            store = Store()
            module = wasmtime.Module(store.engine, '(module (func (export "f") (result i32) i32.const 42))')
            print(wasmtime.Instance(store, module, []).exports(store)["f"](store))""")
        == "42\n"
    )


def test_twice_is_once() -> None:
    program = "import importlib, trimaran.as_wasmtime as shim; importlib.reload(shim); import wasmtime; print('good')"
    assert run(program) == "good\n"


def test_components() -> None:
    assert (
        run("""if True:
            import trimaran.as_wasmtime
            import trimaran.component
            import wasmtime.component
            from wasmtime.component import Component
            from wasmtime import component
            assert component is wasmtime.component and component.__name__ == "wasmtime.component"
            assert Component is trimaran.component.Component is component.Component
            store = wasmtime.Store()
            linker = component.Linker(store.engine)
            with linker.root() as root:
                root.add_func("x", lambda store: print("called"))
            made = Component(store.engine, '''(component (import "x" (func $x)) (core func $x (canon lower (func $x)))
              (core module $m (import "" "x" (func)) (func (export "x") call 0))
              (core instance $m (instantiate $m (with "" (instance (export "x" (func $x))))))
              (func (export "x") (canon lift (core func $m "x"))))''')
            linker.instantiate(store, made).get_func(store, "x")(store)""")
        == "called\n"
    )


def test_there_is_nothing_else_inside() -> None:
    printed = run("import trimaran.as_wasmtime, wasmtime.loader")
    assert printed.endswith("ModuleNotFoundError: No module named 'wasmtime.loader'\n")


def test_it_is_too_late_when_the_other_one_is_there() -> None:
    program = """if True:
        import sys
        from importlib.machinery import ModuleSpec
        from types import ModuleType
        sys.modules["wasmtime"] = ModuleType("wasmtime")
        sys.modules["wasmtime"].__spec__ = ModuleSpec("wasmtime", None)
        import trimaran.as_wasmtime"""
    assert "ImportError: wasmtime is imported already" in run(program)


@pytest.mark.skipif("wasmtime" in sys.modules, reason="somebody imported it")
def test_nothing_happens_unasked() -> None:
    assert run("import sys, trimaran; print('wasmtime' in sys.modules)") == "False\n"
