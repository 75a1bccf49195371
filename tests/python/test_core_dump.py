"""Core dumps: what a store was when a guest trapped, as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from guests import config
from trimaran import (
    ClosedError,
    Config,
    ConfigError,
    Engine,
    Instance,
    IoError,
    LimitError,
    Module,
    Store,
    Trap,
    UnsupportedError,
    component,
)

GUEST = """(module $guest
  (memory 2) (global $g (mut i64) (i64.const 42)) (data (i32.const 70000) "in the memory")
  (func $stop unreachable)
  (func (export "run") (call $stop)))"""


def trap(store: Store, text: str = GUEST) -> Trap:
    with pytest.raises(Trap) as caught:
        Instance(store, Module(store.engine, text), []).func(store, "run")(store)
    return caught.value


def dumping(**settings: bool) -> Engine:
    made: Config = config().coredump_on_trap(True)
    for name, value in settings.items():
        setattr(made, name, value)
    return Engine(made)


def sections(dump: bytes) -> dict[str, bytes]:
    names = ("core", "coremodules", "coreinstances", "corestack")
    return {name: each for name in names for each in Module.custom_sections(dump, name)}


def test_a_core_dump_has_the_calls_and_the_memories(tmp_path: Path) -> None:
    file = tmp_path / "guest.core"
    with Store(dumping()) as store:
        trap(store).coredump(file)
    found = sections(file.read_bytes())
    assert sorted(found) == ["core", "coreinstances", "coremodules", "corestack"]
    assert b"guest" in found["coremodules"]
    # The stack: a thread of two frames, whose functions are 0 and 1.
    kind, length, *rest = found["corestack"]
    assert (kind, bytes(rest[:length]), rest[length]) == (0, b"main", 2)
    assert b"in the memory" in file.read_bytes()
    assert file.stat().st_size < 2_000


def test_a_core_dump_may_be_written_while_a_host_function_runs(tmp_path: Path) -> None:
    from trimaran import Func, FuncType

    outer = '(module (import "" "" (func $f)) (func (export "run") (call $f)))'
    with Store(dumping()) as store:
        file = tmp_path / "inner.core"
        body = Func(store, FuncType([], []), lambda: trap(store).coredump(file))
        Instance(store, Module(store.engine, outer), [body]).func(store, "run")(store)
        assert "corestack" in sections(file.read_bytes())


def test_why_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "guest.core"
    with Store(Engine(config())) as store, pytest.raises(ConfigError, match="coredump_on_trap"):
        trap(store).coredump(file)
    with pytest.raises(ConfigError):
        Trap("my own").coredump(file)
    with Store(dumping()) as store:
        kept = trap(store)
        with pytest.raises(IoError):
            kept.coredump(tmp_path)
    with pytest.raises(ClosedError):
        kept.coredump(file)
    assert not file.exists()


def test_what_a_core_dump_cannot_hold(tmp_path: Path) -> None:
    file = tmp_path / "guest.core"
    with Store(dumping(wasm_custom_page_sizes=True)) as store, pytest.raises(UnsupportedError, match="64 KiB"):
        trap(store, '(module (memory 1 (pagesize 1)) (func (export "run") unreachable))').coredump(file)
    with Store(dumping(wasm_exceptions=True)) as store, pytest.raises(UnsupportedError, match="exceptions"):
        trap(store, '(module (global (mut exnref) (ref.null exn)) (func (export "run") unreachable))').coredump(file)
    full = """(module (memory 7000) (func (export "run")
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 458752000)) unreachable))"""
    with Store(dumping()) as store, pytest.raises(LimitError, match="390 MiB"):
        trap(store, full).coredump(file)
    assert not file.exists()


def test_a_component_has_one(tmp_path: Path) -> None:
    text = """(component (core module $m (func (export "f") unreachable))
      (core instance $i (instantiate $m)) (func (export "f") (canon lift (core func $i "f"))))"""
    file = tmp_path / "component.core"
    with Store(dumping()) as store:
        made = component.Component(store.engine, text)
        run = component.Linker(store.engine).instantiate(store, made).func(store, "f")
        with pytest.raises(Trap) as caught:
            run(store)
        caught.value.coredump(file)
    assert "corestack" in sections(file.read_bytes())
