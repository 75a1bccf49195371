"""Code in the style of wasmtime-py 48: linkers, WASI, limits, tags. It passes with that package as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import trimaran as wasmtime

ECHO = """(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 100))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $exit (i32.const 3))))"""


def test_linkers() -> None:
    engine = wasmtime.Engine()
    linker, store = wasmtime.Linker(engine), wasmtime.Store(engine)
    linker.allow_shadowing = True
    i32 = wasmtime.ValType.i32()
    seen: list[int] = []

    def log(caller: wasmtime.Caller, number: int) -> None:
        assert isinstance(caller["memory"], wasmtime.Memory)
        seen.append(number)

    linker.define_func("host", "log", wasmtime.FuncType([i32], []), log, access_caller=True)
    linker.define(store, "host", "limit", wasmtime.Global(store, wasmtime.GlobalType(i32, False), 7))
    module = wasmtime.Module(
        engine,
        """(module (import "host" "log" (func $log (param i32))) (import "host" "limit" (global $limit i32))
            (memory (export "memory") 1) (func (export "run") (call $log (global.get $limit))))""",
    )
    instance: Any = linker.instantiate(store, module)
    instance.exports(store)["run"](store)
    linker.define_instance(store, "guest", instance)
    run: Any = linker.get(store, "guest", "run")
    run(store)
    assert seen == [7, 7]
    linker.define_module(store, "other", wasmtime.Module(engine, '(module (func (export "_start")))'))
    linker.get_default(store, "other")(store)
    with pytest.raises(wasmtime.WasmtimeError):
        linker.get(store, "nothing", "here")
    missing = wasmtime.Module(engine, '(module (import "a" "b" (func (result i32))) (export "b" (func 0)))')
    with pytest.raises(wasmtime.WasmtimeError):
        linker.instantiate_pre(missing)
    with pytest.raises(wasmtime.WasmtimeError):
        linker.instantiate(store, missing)
    linker.define_unknown_imports_as_default_values(store, missing)
    missing_exports: Any = linker.instantiate(store, missing).exports(store)
    assert missing_exports["b"](store) == 0


def test_linking_ahead() -> None:
    engine = wasmtime.Engine()
    with wasmtime.Linker(engine) as linker:
        seen: list[int] = []
        linker.define_func("h", "f", wasmtime.FuncType([wasmtime.ValType.i32()], []), seen.append)
        wat = '(module (import "h" "f" (func $f (param i32))) (func (export "run") (call $f (i32.const 5))))'
        pre = linker.instantiate_pre(wasmtime.Module(engine, wat))
    for _ in range(3):
        store = wasmtime.Store(engine)
        exports: Any = pre.instantiate(store).exports(store)
        exports["run"](store)
    assert seen == [5, 5, 5]
    assert len(pre.module.imports) == 1


def test_wasi(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("what it reads")
    linker = wasmtime.Linker(wasmtime.Engine())
    linker.define_wasi()
    pieces: list[bytes] = []
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["program", "argument"]
    wasi.env = [["NAME", "value"]]
    wasi.stdin_file = str(tmp_path / "in")
    wasi.stdout_custom = pieces.append
    wasi.stderr_file = str(tmp_path / "out")
    wasi.preopen_dir(str(tmp_path), "/", fs_mutable=False)
    store = wasmtime.Store(linker.engine)
    store.set_wasi(wasi)
    start: Any = linker.instantiate(store, wasmtime.Module(linker.engine, ECHO)).exports(store)["_start"]
    with pytest.raises(wasmtime.ExitTrap) as caught:
        start(store)
    assert caught.value.code == 3
    assert b"".join(pieces) == b"what it reads"
    assert (tmp_path / "out").read_text() == "what it reads"


def test_limits() -> None:
    store = wasmtime.Store()
    store.set_limits(memory_size=65_536, memories=1)
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(1, None)))
    with pytest.raises(wasmtime.WasmtimeError):
        memory.grow(store, 1)
    store.set_limits(memory_size=-1)
    assert memory.grow(store, 1) == 1


def test_tags() -> None:
    config = wasmtime.Config()
    config.wasm_exceptions = True
    store = wasmtime.Store(wasmtime.Engine(config))
    ty = wasmtime.TagType(wasmtime.FuncType([wasmtime.ValType.i32()], []))
    tag = wasmtime.Tag(store, ty)
    assert tag.eq(store, tag)
    assert tag.type(store).functype.params == [wasmtime.ValType.i32()]
    module = wasmtime.Module(store.engine, '(module (import "" "" (tag $t (param i32))) (export "t" (tag $t)))')
    exports: Any = wasmtime.Instance(store, module, [tag]).exports(store)
    assert exports["t"].eq(store, tag)


def test_what_can_be_closed() -> None:
    for made in (wasmtime.Config(), wasmtime.WasiConfig(), wasmtime.Engine(), wasmtime.FuncType([], [])):
        with made as same:
            assert same is made
        made.close()
        assert isinstance(made, wasmtime.Managed)
