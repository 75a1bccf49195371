"""Code in the style of wasmtime-py 48. It passes with that package as well; only the import differs."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import pytest

import trimaran as wasmtime

WAT = """(module $demo
    (memory (export "memory") 2 3)
    (data (i32.const 0x1000) "\\01\\02\\03\\04")
    (func (export "size") (result i32) (memory.size))
    (func (export "load") (param i32) (result i32) (i32.load8_s (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
    (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
    (func (export "stop") unreachable)
    (func (export "null") (param externref funcref) (result i32)
        (i32.add (ref.is_null (local.get 0)) (ref.is_null (local.get 1)))))"""


@pytest.fixture
def store() -> wasmtime.Store:
    return wasmtime.Store()


@pytest.fixture
def exports(store: wasmtime.Store) -> Any:
    module = wasmtime.Module(store.engine, WAT)
    return wasmtime.Instance(store, module, []).exports(store)


def test_memory(store: wasmtime.Store, exports: Any) -> None:
    memory, load, put = exports["memory"], exports["load"], exports["store"]
    assert (memory.size(store), memory.data_len(store)) == (2, 0x20000)
    assert memory.data_ptr(store)[0x1003] == 4
    assert memory.data_ptr(store)[0x1000:0x1004] == [1, 2, 3, 4]
    assert memory.data_ptr(store).contents.value == 0
    memory.data_ptr(store)[0x1003] = 5
    put(store, 0x1002, 6)
    assert (load(store, 0x1002), load(store, 0x1003)) == (6, 5)
    with pytest.raises(wasmtime.Trap):
        load(store, 0x20000)
    assert memory.grow(store, 1) == 2
    assert exports["size"](store) == 3
    with pytest.raises(wasmtime.WasmtimeError):
        memory.grow(store, 1)
    with pytest.raises(wasmtime.WasmtimeError):
        memory.grow(store, -1)


def test_host_functions(store: wasmtime.Store) -> None:
    calls: list[Any] = []
    i32, externref = wasmtime.ValType.i32(), wasmtime.ValType.externref()

    def add(left: int, right: int) -> int:
        calls.append((left, right))
        return left + right

    def read(caller: wasmtime.Caller, start: int, length: int) -> None:
        memory: Any = caller["memory"]
        calls.append(bytes(memory.read(caller, start, start + length)))
        assert caller.get("nothing") is None
        with pytest.raises(KeyError):
            caller["nothing"]

    def swap(number: int, thing: object) -> list[object]:
        return [thing, number]

    module = wasmtime.Module(
        store.engine,
        """(module
            (import "h" "add" (func $add (param i32 i32) (result i32)))
            (import "h" "read" (func $read (param i32 i32)))
            (import "h" "swap" (func $swap (param i32 externref) (result externref i32)))
            (memory (export "memory") 1) (data (i32.const 8) "bytes")
            (func (export "run") (result i32)
                (call $read (i32.const 8) (i32.const 5)) (call $add (i32.const 40) (i32.const 2)))
            (func (export "swap") (param i32 externref) (result externref i32)
                (call $swap (local.get 0) (local.get 1))))""",
    )
    imports = [
        wasmtime.Func(store, wasmtime.FuncType([i32, i32], [i32]), add),
        wasmtime.Func(store, wasmtime.FuncType([i32, i32], []), read, access_caller=True),
        wasmtime.Func(store, wasmtime.FuncType([i32, externref], [externref, i32]), swap),
    ]
    exports: Any = wasmtime.Instance(store, module, imports).exports(store)
    assert exports["run"](store) == 42
    assert calls == [b"bytes", (40, 2)]
    assert exports["swap"](store, 1, "text") == ["text", 1]
    assert imports[0](store, 1, 2) == 3


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3)])
def test_what_a_host_function_raises(store: wasmtime.Store, error: BaseException) -> None:
    def fail() -> None:
        raise error

    module = wasmtime.Module(store.engine, '(module (import "" "" (func $f)) (func (export "run") (call $f)))')
    func = wasmtime.Func(store, wasmtime.FuncType([], []), fail)
    run: Any = wasmtime.Instance(store, module, [func]).exports(store)["run"]
    with pytest.raises(type(error)) as caught:
        run(store)
    assert caught.value is error


def gives(given: object) -> Callable[[], object]:
    return lambda: given


def test_results_of_another_type(store: wasmtime.Store) -> None:
    for results, given in [([], 1), ([wasmtime.ValType.i32()], "1"), ([wasmtime.ValType.i32()] * 2, [1])]:
        func = wasmtime.Func(store, wasmtime.FuncType([], results), gives(given))
        with pytest.raises((TypeError, wasmtime.WasmtimeError)):
            func(store)


def test_host_objects(store: wasmtime.Store) -> None:
    wat = '(module (func (export "echo") (param externref) (result externref) (local.get 0)))'
    echo: Any = wasmtime.Instance(store, wasmtime.Module(store.engine, wat), []).exports(store)["echo"]
    things: list[Any] = [object(), "text", 0, "", [], False]
    for thing in things:
        assert echo(store, thing) is thing
        assert echo(store, wasmtime.Val.externref(thing)) is thing
    assert echo(store, None) is None
    assert wasmtime.Val.externref("x").as_externref() == "x"


def test_globals(store: wasmtime.Store) -> None:
    i32, externref = wasmtime.ValType.i32(), wasmtime.ValType.externref()
    item = wasmtime.Global(store, wasmtime.GlobalType(i32, True), 3)
    assert item.type(store).content == i32 and item.type(store).mutable
    assert item.value(store) == 3
    item.set_value(store, wasmtime.Val.i32(4))
    assert item.value(store) == 4
    with pytest.raises(TypeError):
        item.set_value(store, 1.5)
    constant = wasmtime.Global(store, wasmtime.GlobalType(externref, False), "text")
    assert constant.value(store) == "text"
    with pytest.raises(wasmtime.WasmtimeError):
        constant.set_value(store, "other")


def test_tables(store: wasmtime.Store) -> None:
    externref, funcref = wasmtime.ValType.externref(), wasmtime.ValType.funcref()
    table = wasmtime.Table(store, wasmtime.TableType(externref, wasmtime.Limits(1, 3)), "init")
    assert (table.size(store), table.get(store, 0)) == (1, "init")
    assert table.grow(store, 2, "more") == 1
    table.set(store, 2, {})
    assert [table.get(store, 1), table.get(store, 2)] == ["more", {}]
    with pytest.raises(wasmtime.WasmtimeError):
        table.grow(store, 1, None)
    with pytest.raises(wasmtime.WasmtimeError):
        table.set(store, 3, None)
    funcs = wasmtime.Table(store, wasmtime.TableType(funcref, wasmtime.Limits(2, None)), None)
    assert funcs.get(store, 0) == None  # noqa: E711
    funcs.set(store, 1, wasmtime.Func(store, wasmtime.FuncType([], [wasmtime.ValType.i32()]), lambda: 5))
    func: Any = funcs.get(store, 1)
    assert func(store) == 5


def test_slices(store: wasmtime.Store) -> None:
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(1, None)))
    size = memory.data_len(store)
    assert memory.write(store, b"hello") == 5
    assert memory.write(store, bytearray(b"world"), 5) == 5
    assert memory.read(store, 0, 10) == b"helloworld"
    assert memory.read(store, stop=5) == b"hello"
    assert memory.read(store, 5, 3) == b""
    assert memory.read(store, 0, -size + 4) == b"hell"
    assert memory.write(store, b"end", -3) == 3
    assert memory.read(store, -3) == b"end"
    assert memory.read(store, size - 3, None) == b"end"
    assert len(memory.read(store)) == size
    for start in (size - 2, size + 5):
        with pytest.raises(IndexError):
            memory.write(store, b"past", start)
    array = memory.get_buffer_ptr(store, 5, 5)
    assert bytes(array) == b"world"
    assert ctypes.addressof(array) == ctypes.addressof(memory.data_ptr(store).contents) + 5


def test_calls(store: wasmtime.Store, exports: Any) -> None:
    assert exports["swap"](store, 1, 2) == [2, 1]
    assert exports["swap"](store, 2**31, 2**63 - 1) == [2**63 - 1, -(2**31)]
    assert exports["swap"](store, wasmtime.Val.i32(3), wasmtime.Val.i64(4)) == [4, 3]
    assert exports["half"](store, 3.0) == 1.5
    assert exports["store"](store, 0, 1) is None
    assert exports["null"](store, None, None) == 2
    with pytest.raises(wasmtime.WasmtimeError):
        exports["size"](store, 1)
    with pytest.raises(wasmtime.WasmtimeError):
        exports["load"](store)
    with pytest.raises(TypeError):
        exports["load"](store, 1.5)
    with pytest.raises(TypeError):
        exports["load"](store, "1")


def test_exports(exports: Any) -> None:
    assert list(exports)[:3] == ["memory", "size", "load"]
    assert len(exports) == 8
    assert exports.by_index[1] is exports["size"]
    assert "nothing" not in exports
    assert exports.get("nothing") is None
    with pytest.raises(KeyError):
        exports["nothing"]


def test_reflection(store: wasmtime.Store) -> None:
    module = wasmtime.Module(store.engine, '(module (import "a" "b" (func (param i32) (result i64))))')
    (wanted,) = module.imports
    ty: Any = wanted.type
    assert (wanted.module, wanted.name) == ("a", "b")
    assert isinstance(ty, wasmtime.FuncType)
    assert (ty.params, ty.results) == ([wasmtime.ValType.i32()], [wasmtime.ValType.i64()])
    offered = {ty.name: ty.type for ty in wasmtime.Module(store.engine, WAT).exports}
    memory: Any = offered["memory"]
    assert isinstance(memory, wasmtime.MemoryType)
    assert (memory.limits, memory.is_64, memory.is_shared) == (wasmtime.Limits(2, 3), False, False)
    assert (memory.page_size, memory.page_size_log2) == (65_536, 16)
    assert [str(ty) for ty in (wasmtime.ValType.f32(), wasmtime.ValType.funcref())] == ["f32", "funcref"]


def test_traps(store: wasmtime.Store, exports: Any) -> None:
    with pytest.raises(wasmtime.Trap) as caught:
        exports["stop"](store)
    trap = caught.value
    assert trap.trap_code is wasmtime.TrapCode.UNREACHABLE
    assert "unreachable" in trap.message
    (frame,) = trap.frames
    assert (frame.func_index, frame.func_name, frame.module_name) == (5, "stop", "demo")
    assert isinstance(frame.module_offset, int) and isinstance(frame.func_offset, int)
    assert wasmtime.Trap("mine").message == "mine"
    assert str(wasmtime.WasmtimeError("mine")) == "mine"


def test_config_and_fuel() -> None:
    config = wasmtime.Config()
    config.consume_fuel = True
    config.strategy = "cranelift"
    config.cranelift_opt_level = "speed"
    config.profiler = "none"
    with pytest.raises(wasmtime.WasmtimeError):
        config.strategy = "none such"
    with pytest.raises(TypeError):
        config.wasm_simd = 1  # type: ignore[assignment]
    store = wasmtime.Store(wasmtime.Engine(config), {"some": "data"})
    assert store.data() == {"some": "data"}
    store.set_fuel(1000)
    assert store.get_fuel() == 1000
    forever = wasmtime.Module(store.engine, '(module (func (export "f") (loop (br 0))))')
    func: Any = wasmtime.Instance(store, forever, []).exports(store)["f"]
    with pytest.raises(wasmtime.Trap):
        func(store)
    with pytest.raises(wasmtime.WasmtimeError):
        wasmtime.Store().set_fuel(1)


def test_modules(store: wasmtime.Store) -> None:
    wasm = wasmtime.wat2wasm("(module)")
    assert wasm == b"\0asm\1\0\0\0"
    wasmtime.Module.validate(store.engine, wasm)
    module = wasmtime.Module(store.engine, wasm)
    assert wasmtime.Module.deserialize(store.engine, module.serialize()).exports == []
    for broken in (b"", b"\0asm", "(module (nonsense))"):
        with pytest.raises(wasmtime.WasmtimeError):
            wasmtime.Module(store.engine, broken)
    with pytest.raises(TypeError):
        wasmtime.Module(store.engine, 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        wasmtime.Store(5)  # type: ignore[arg-type]


def test_shared_memory() -> None:
    config = wasmtime.Config()
    config.wasm_threads = True
    config.shared_memory = True
    ty = wasmtime.MemoryType(wasmtime.Limits(1, 2), shared=True)
    memory = wasmtime.SharedMemory(wasmtime.Engine(config), ty)
    assert memory.data_len() == 65_536
    assert memory.data_ptr()[0] == 0
    assert memory.type().is_shared
    assert (memory.grow(1), memory.grow(0)) == (1, 2)
    with pytest.raises(wasmtime.WasmtimeError):
        memory.grow(1)


def test_values() -> None:
    assert wasmtime.Val.i32(0xFFFFFFFF).as_i32() == -1
    assert wasmtime.Val.i64(7).value == 7
    assert wasmtime.Val.i32(7) == 7
    assert wasmtime.Val.f64(1.5).type == wasmtime.ValType.f64()
    assert wasmtime.Val.f32(0.5).as_f64() is None
    assert wasmtime.Val.ref_null(wasmtime.ValType.externref()).value is None
    with pytest.raises(TypeError):
        wasmtime.Val.i32(1.5)  # type: ignore[arg-type]


def test_closed_objects(store: wasmtime.Store) -> None:
    module = wasmtime.Module(store.engine, WAT)
    func: Any = wasmtime.Instance(store, module, []).exports(store)["size"]
    store.close()
    store.close()
    with pytest.raises(ValueError):
        func(store)
    with wasmtime.Module(wasmtime.Engine(), WAT) as module:
        pass
    with pytest.raises(ValueError):
        module.serialize()
