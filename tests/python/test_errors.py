"""Errors: one hierarchy, with the sentences of the core and the natural bases of Python."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress

import pytest

import trimaran
from guests import engine, guest
from trimaran import (
    BoundsError,
    Config,
    Engine,
    ExitTrap,
    Func,
    FuncType,
    Instance,
    Limits,
    Memory,
    MemoryType,
    Module,
    NotFoundError,
    Store,
    Trap,
    TrapCode,
    WasmtimeError,
    WasmTypeError,
    WatSyntaxError,
    wat2wasm,
)

VARIANTS = {
    "Compile": ValueError,
    "Syntax": ValueError,
    "Link": Exception,
    "Trap": Exception,
    "Exit": Exception,
    "Host": Exception,
    "Type": TypeError,
    "Range": ValueError,
    "Bounds": IndexError,
    "Encoding": ValueError,
    "Limit": Exception,
    "NotFound": KeyError,
    "Closed": ValueError,
    "WrongStore": ValueError,
    "WrongEngine": ValueError,
    "Escaped": ValueError,
    "Poisoned": RuntimeError,
    "Busy": RuntimeError,
    "Suspend": RuntimeError,
    "Config": ValueError,
    "Artifact": ValueError,
    "Io": OSError,
    "Unsupported": NotImplementedError,
    "Unexpected": RuntimeError,
}
KINDS = WasmtimeError.__subclasses__()


def test_one_class_for_each_variant() -> None:
    assert {kind.variant for kind in KINDS} == set(VARIANTS)
    for kind in KINDS:
        assert issubclass(kind, VARIANTS[kind.variant])
        # A place outside a memory or a table is one outside a sequence.
        assert issubclass(kind, IndexError) == (kind.variant in ("Bounds", "Range"))
        assert getattr(trimaran, kind.__name__) is kind
        assert kind.__doc__


@pytest.mark.parametrize("kind", KINDS)
def test_anybody_may_raise_them(kind: type[WasmtimeError]) -> None:
    error = kind("it's so")
    assert (str(error), error.message) == ("it's so", "it's so")
    assert repr(error) == f'{kind.__name__}("it\'s so")'
    assert str(kind()) == ""


def bounds() -> WasmtimeError:
    store = Store(engine())
    with pytest.raises(BoundsError) as caught:
        Memory(store, MemoryType(Limits(1))).write(store, b"abc", 70_000)
    return caught.value


def stop() -> Trap:
    store, instance = guest(
        """(module $guest
            (func $inner unreachable)
            (func $outer (export "outer") (call $inner)))"""
    )
    with pytest.raises(Trap) as caught:
        instance.func(store, "outer")(store)
    return caught.value


@pytest.mark.parametrize("make", [bounds, stop])
def test_errors_can_be_copied_and_pickled(make: Callable[[], WasmtimeError]) -> None:
    error = make()
    for twin in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert twin.__reduce__() == error.__reduce__()


def test_traps() -> None:
    trap = stop()
    assert trap.code is trap.trap_code is TrapCode.UNREACHABLE
    assert "unreachable" in trap.reason
    assert str(trap).startswith(f"{trap.reason}, in function `inner` at offset 0x")
    assert trap.message == str(trap)
    inner, outer = trap.frames
    assert (inner.func_name, inner.func_index, inner.module_name) == ("inner", 0, "guest")
    assert (outer.func_name, outer.func_index) == ("outer", 1)
    assert inner.module_offset is not None and inner.func_offset is not None
    assert inner.module_offset > inner.func_offset > 0
    assert "func_name='inner'" in repr(inner)
    assert isinstance(trap, WasmtimeError)


def test_a_trap_of_ones_own() -> None:
    trap = Trap("my own")
    assert (trap.code, trap.trap_code, trap.frames, trap.reason) == (None, None, [], "my own")


def test_the_numbers_of_the_codes_are_wasmtimes() -> None:
    assert [code.value for code in TrapCode] == list(range(50))
    assert TrapCode(9) is TrapCode.UNREACHABLE
    assert TrapCode.UNCAUGHT_EXCEPTION.value == 49


def test_exit_has_both_names() -> None:
    error = ExitTrap("bye")
    error.status = 3
    assert error.code == 3


def test_syntax_errors_say_where() -> None:
    with pytest.raises(WatSyntaxError) as caught:
        wat2wasm("(module\n  (func $f (i32.cnst 1)))")
    error = caught.value
    assert (error.line, error.column) == (2, 13)
    assert error.excerpt == " 2 |   (func $f (i32.cnst 1)))\n   |             ^"
    assert str(error) == f"{error.reason} (line 2, column 13)\n{error.excerpt}"


def test_a_missing_export_is_a_plain_sentence() -> None:
    store, instance = guest('(module (func (export "f")))')
    with pytest.raises(KeyError) as caught:
        instance.exports(store)["g"]
    assert str(caught.value) == "there is no export `g`: the instance exports `f`"
    assert isinstance(caught.value, NotFoundError)
    assert caught.value.name == "g"


def test_tracebacks_show_no_generated_code() -> None:
    store = Store(engine())
    memory = Memory(store, MemoryType(Limits(1)))
    for use in (lambda: memory.write(store, b"abc", 70_000), lambda: Module(store.engine, "(module (what))")):
        with pytest.raises(WasmtimeError) as caught:
            use()
        shown = "".join(traceback.format_exception(caught.value))
        assert "_ffi" not in shown
        assert "During handling" not in shown
        assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_panic_of_the_core_is_ours() -> None:
    # It looks for the variable when it is first loaded.
    use = "trimaran.Module(trimaran.Engine(), '(')"
    program = f"import trimaran\ntry: {use}\nexcept trimaran.UnexpectedError as error: print(error)"
    environment = os.environ | {"TRIMARAN_FAILPOINT": "entry"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    sentence = "a failpoint panics at the boundary `entry`"
    assert done.stdout == f"unexpected failure, please report it: {sentence}\n"


@pytest.mark.parametrize(
    "use",
    [
        lambda: Engine(5),  # type: ignore[arg-type]
        lambda: Engine({}),  # type: ignore[arg-type]
        lambda: Store(Config()),  # type: ignore[arg-type]
        lambda: Store("engine"),  # type: ignore[arg-type]
        lambda: Module(Store(), "(module)"),  # type: ignore[arg-type]
        lambda: Module(Engine(), 5),  # type: ignore[arg-type]
        lambda: Module(Engine(), None),  # type: ignore[arg-type]
        lambda: Module.from_file(Engine(), 5),  # type: ignore[arg-type]
        lambda: Module.deserialize(Engine(), "text"),  # type: ignore[arg-type]
        lambda: Instance(Store(), "(module)"),  # type: ignore[arg-type]
        lambda: Instance(Engine(), Module(Engine(), "(module)")),  # type: ignore[arg-type]
        lambda: wat2wasm(5),  # type: ignore[arg-type]
        lambda: wat2wasm("\ud800"),
    ],
)
def test_objects_of_the_wrong_kind(use: Callable[[], object]) -> None:
    with pytest.raises(WasmTypeError):
        use()


def test_an_error_has_the_context_that_raise_gives_it() -> None:
    def throws() -> None:
        raise thrown

    store = Store()
    thrown = KeyError("thrown")
    guest = Func(store, FuncType([], []), throws)
    for fail in (lambda: Module(store.engine, "(what"), lambda: Func(Store(), FuncType([], []), print)(store)):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError as before:
            with pytest.raises(WasmtimeError) as caught:
                fail()
            assert caught.value.__context__ is before
        with pytest.raises(WasmtimeError) as caught:
            fail()
        assert caught.value.__context__ is None
    # What a host function raised has the context of there.
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as before:
        with pytest.raises(KeyError) as raised:
            guest(store)
        assert raised.value.__context__ is before


def test_an_error_lets_go_at_once() -> None:
    store = Store(engine())
    memory = Memory(store, MemoryType(Limits(1)))
    known = weakref.ref(memory)
    gc.disable()
    try:
        with suppress(BoundsError):
            memory.load_i32(store, 70_000)
        del memory
        assert known() is None
    finally:
        gc.enable()
