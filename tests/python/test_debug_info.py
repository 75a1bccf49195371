"""Traps and exceptions have the lines of the guest's source."""

from __future__ import annotations

import copy
import pickle
import traceback
from collections.abc import Callable

import pytest

from guests import MODULES, engine
from trimaran import Config, Engine, Frame, FrameSymbol, Func, FuncType, Instance, Module, Store, Trap, ValType
from trimaran.trap import GuestCalls

FILE = "/guest/divide.c"


def guest(store: Store, ask: Callable[[int], int] = lambda question: question) -> Instance:
    """The guest of `divide.c`, with what it asks the host."""
    module = Module.from_file(store.engine, MODULES / "divide.wasm")
    return Instance(store, module, [Func(store, FuncType([ValType.i32()], [ValType.i32()]), ask)])


def test_a_trap_has_files_lines_and_columns() -> None:
    with Store(engine()) as store, pytest.raises(Trap) as caught:
        guest(store).func(store, "mean_of_first")(store, 0)
    # The store is closed, and the module is gone.
    inner, outer = caught.value.frames
    assert inner.symbols == (FrameSymbol("divide", FILE, 7, 17), FrameSymbol("mean", FILE, 15, 10))
    assert (inner.func_name, inner.file, inner.line, inner.column) == ("mean", FILE, 7, 17)
    assert (outer.func_name, outer.file, outer.line) == ("mean_of_first", FILE, 20)
    assert str(inner).endswith(f"of the module ({FILE}:7:17)")
    assert str(inner.symbols[0]) == f"divide at {FILE}:7:17"
    shown = "".join(traceback.format_exception(caught.value))
    assert f" - divide\n                    at {FILE}:7:17\n                - mean\n" in shown
    assert f"{caught.value!r}".startswith("Trap('wasm trap: integer divide by zero, in function `mean`")
    assert caught.value.args == (str(caught.value),)


def test_a_memory_fault_has_its_address() -> None:
    with Store(engine()) as store, pytest.raises(Trap, match="out of bounds memory access") as caught:
        guest(store).func(store, "load")(store, 0x100000)
    if not store.engine.is_pulley():
        assert "memory fault at wasm address 0x100000 in linear memory of size 0x" in caught.value.reason


def test_a_trap_that_travels_keeps_its_lines() -> None:
    with Store(engine()) as store, pytest.raises(Trap) as caught:
        guest(store).func(store, "mean_of_first")(store, 0)
    for twin in (pickle.loads(pickle.dumps(caught.value)), copy.deepcopy(caught.value)):
        assert (twin.frames, str(twin)) == (caught.value.frames, str(caught.value))
        assert twin.frames[0].line == 7


def test_an_exception_of_the_host_has_a_note_of_the_guests_calls() -> None:
    raised = KeyError("nobody knows")

    def ask(question: int) -> int:
        raise raised

    with Store(engine()) as store:
        run = guest(store, ask).func(store, "call_host")
        with pytest.raises(KeyError) as caught:
            run(store, 1)
        assert caught.value is raised
        (note,) = raised.__notes__
        assert isinstance(note, str)
        assert str(note).startswith("wasm backtrace:\n    0:")
        assert f"call_host\n                    at {FILE}:30:10" in str(note)
        assert f"at {FILE}:30:10" in "".join(traceback.format_exception(raised))
        # What it is without a look at the lines, and what goes along with it.
        assert "call_host" in note and FILE not in note[:]
        assert pickle.loads(pickle.dumps(note)) == str(note)
        # The same object again: it knows that guest already.
        with pytest.raises(KeyError):
            run(store, 1)
        assert raised.__notes__ == [note]


def test_an_exception_that_leaves_two_guests_has_the_calls_of_both() -> None:
    def fail(question: int) -> int:
        raise ValueError(question)

    relay = """(module $relay (import "" "f" (func $f (param i32) (result i32)))
        (func (export "relay") (param i32) (result i32) (call $f (local.get 0))))"""
    with Store(engine()) as inner_store, Store(engine()) as store:
        inner = guest(inner_store, fail).func(inner_store, "call_host")

        def asks_inner(question: int) -> object:
            return inner(inner_store, question)

        ask = Func(store, FuncType([ValType.i32()], [ValType.i32()]), asks_inner)
        with pytest.raises(ValueError, match="5") as caught:
            Instance(store, Module(store.engine, relay), [ask]).func(store, "relay")(store, 5)
        notes = caught.value.__notes__
        assert ["call_host" in note for note in notes] == [True, False]
        assert notes[1].endswith("relay!relay")
        # Of one store, the inner guest's calls have the outer one's.
        within = guest(store, fail).func(store, "call_host")

        def asks_within(question: int) -> object:
            return within(store, question)

        ask = Func(store, FuncType([ValType.i32()], [ValType.i32()]), asks_within)
        with pytest.raises(ValueError, match="6") as other:
            Instance(store, Module(store.engine, relay), [ask]).func(store, "relay")(store, 6)
    assert ["call_host" in note and "relay!relay" in note for note in other.value.__notes__] == [True]
    assert all(isinstance(note, GuestCalls) for note in notes)


def test_an_exception_that_takes_no_note_comes_without() -> None:
    class Bare(Exception):
        __slots__ = ()

        def add_note(self, note: str) -> None:
            raise TypeError

    def fail(question: int) -> int:
        raise Bare

    with Store(engine()) as store, pytest.raises(Bare):
        guest(store, fail).func(store, "call_host")(store, 5)


def test_an_engine_may_keep_no_lines() -> None:
    plain = Engine(Config().wasm_backtrace_details(False))
    with Store(plain) as store, pytest.raises(Trap) as caught:
        guest(store).func(store, "mean_of_first")(store, 0)
    assert [frame.symbols for frame in caught.value.frames] == [(), ()]
    assert Module.from_file(plain, MODULES / "divide.wasm").debug_info is None
    assert Module.from_file(Engine(Config.untrusted()), MODULES / "divide.wasm").debug_info is None


def test_what_a_module_says_of_an_offset() -> None:
    module = Module.from_file(engine(), MODULES / "divide.wasm")
    info = module.debug_info
    assert info is not None
    module.close()
    assert info.symbols(0) == []
    assert {symbol.file for offset in range(2000) for symbol in info.symbols(offset)} == {FILE, None}
    assert Module(engine(), "(module)").debug_info is None


def test_frames_of_ones_own() -> None:
    frame = Frame(1, "f", None, 2, 16, (FrameSymbol("g", "g.c", 3, None),))
    assert str(frame) == "function `f` at offset 0x10 of the module (g.c:3)"
    assert (frame.file, frame.line, frame.column) == ("g.c", 3, None)
    assert pickle.loads(pickle.dumps(frame)) == frame
    assert Frame(1, None, None, None, None).file is None
    trap = Trap("my own")
    trap.frames = [frame]
    assert (str(trap), trap.frames) == ("my own", [frame])
