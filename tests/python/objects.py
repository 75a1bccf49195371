"""An object of every class of the package, and how a class is recognised."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import pkgutil
from enum import Enum
from typing import Any

from component_guests import GUESTS

import trimaran
from guests import MODULES, core_dump, threads
from trimaran import (
    Caller,
    Config,
    Engine,
    Event,
    EventKind,
    ExportType,
    Frame,
    FrameSymbol,
    FuncType,
    Global,
    GlobalType,
    HeapType,
    HttpError,
    HttpRequest,
    HttpResponse,
    ImportType,
    Limits,
    Linker,
    MemoryDirectory,
    MemoryType,
    Module,
    ModuleLimits,
    OutputPipe,
    PoolingConfig,
    Producer,
    Profiler,
    Reference,
    RefType,
    SharedMemory,
    Store,
    StoreLimits,
    Table,
    TableType,
    Tag,
    TagType,
    Val,
    ValType,
    WasiConfig,
    WasmtimeError,
    component,
)

WAT = """
(module
  (import "host" "f" (func $f))
  (memory (export "m") 1)
  (func (export "call") (call $f))
  (func (export "one") (result i32) (i32.const 1)))
"""
# What only other classes are made from, or what says nothing by itself.
ABSTRACT = {
    "Managed",
    "StoreContext",
    "ResourceAny",
    "ValType",
    "UnsupportedType",
    "ErrorContext",
}

TYPES = """(component
  (type $r' (record (field "a" u8))) (import "r" (type $r (eq $r')))
  (type $v' (variant (case "a") (case "b" u8))) (import "v" (type $v (eq $v')))
  (type $e' (enum "a" "b")) (import "e" (type $e (eq $e')))
  (type $f' (flags "a" "b")) (import "f" (type $f (eq $f')))
  (import "h" (type $h (sub resource)))
  (import "all" (func (param "l" (list u8)) (param "r" $r) (param "t" (tuple u8)) (param "v" $v) (param "e" $e)
    (param "o" (option u8)) (param "x" (result u8)) (param "f" $f) (param "h" (own $h)) (param "b" (borrow $h))))
  (import "m" (core module)) (import "i" (instance (export "g" (func))))
  (import "maps" (func (param "m" (map string u8)) (param "f" (list u8 4)))))"""


STREAMS = """(component
  (type $s (stream u8)) (type $f (future u8))
  (core func $s (canon stream.new $s)) (core func $f (canon future.new $f))
  (core module $m (import "" "s" (func $s (result i64))) (import "" "f" (func $f (result i64)))
    (func (export "s") (result i32) (i32.wrap_i64 (call $s))) (func (export "f") (result i32) (i32.wrap_i64 (call $f))))
  (core instance $m (instantiate $m (with "" (instance (export "s" (func $s)) (export "f" (func $f))))))
  (func (export "s") (result $s) (canon lift (core func $m "s")))
  (func (export "f") (result $f) (canon lift (core func $m "f"))))"""


def modules() -> list[Any]:
    """All modules of the package."""
    names = [found.name for found in pkgutil.walk_packages(trimaran.__path__, "trimaran.")]
    return [importlib.import_module(name) for name in names if name != "trimaran.__main__"]


def classes() -> list[type]:
    """Every class that a program can get at without an underscore, but for errors and enumerations."""
    public = [getattr(module, name) for module in (trimaran, component) for name in module.__all__]
    found = [thing for thing in public if isinstance(thing, type)]
    return [
        kind
        for kind in found
        if not issubclass(kind, (Enum, WasmtimeError, component.ResultError, HttpError))
        and kind.__name__ not in ABSTRACT
    ]


def native_bases() -> list[type]:
    """The classes of the extension module."""
    found = vars(importlib.import_module("trimaran._native")).values()
    return [kind for kind in found if isinstance(kind, type)]


def held(kind: type) -> type | None:
    """The class of the extension module that a class of the package derives from, if it does."""
    # A pointer is a number, and holds nothing.
    return next((base for base in kind.__mro__ if base in native_bases() and base.__name__ != "PointerBase"), None)


def ended(done: object) -> None:
    """Has a coroutine go on until it waits; what else a call gives is left alone."""
    if inspect.iscoroutine(done):
        with contextlib.suppress(StopIteration):
            done.send(None)
        done.close()


def questions(base: type) -> list[str]:
    """The generated methods of a class of the extension module that ask an object something."""
    by_hand = {"_check", "_fill", "_forget", "_attach", "_columns", "_map", "_define_func", "_with_arrays", "_bound"}
    by_hand.add("_take")
    names = [name for name in vars(base) if not name.startswith("__") and not name.startswith("_make")]
    return [name for name in names if name not in by_hand]


def examples() -> dict[type, Any]:
    """An object of each class."""
    engine = Engine(Config().wasm_threads(True).wasm_gc(True).wasm_exceptions(True).epoch_interruption(True))
    store = Store(engine)
    linker = Linker(engine)
    kept: list[Caller] = []
    linker.define_func("host", "f", FuncType([], []), kept.append, access_caller=True)
    module = Module(engine, WAT)
    pre = linker.instantiate_pre(module)
    instance = pre.instantiate(store)
    instance.func(store, "call")(store)
    pipe = OutputPipe()
    wasi = WasiConfig()
    wasi.argv, wasi.env, wasi.stdout_pipe, wasi.stderr_custom = ["a"], {"A": "1"}, pipe, print
    wasi.preopen_dir(".", "/")
    config = Config.untrusted().wasm_simd(True)
    config.cranelift_flag_set("opt_level", "speed")
    func_type = FuncType([ValType.i32()], [ValType.externref()])
    memory_type = MemoryType(Limits(1, 2))
    made: list[Any] = [
        engine,
        store,
        linker,
        module,
        pre,
        instance,
        instance.exports(store),
        instance.func(store, "one"),
        instance.memory(store, "m"),
        kept[0],
        store.turn(),
        pipe,
        MemoryDirectory({"a": b""}),
        wasi,
        config,
        config.wasm_simd,
        store.interrupt_handle(),
        store.deadline(1),
        Global(store, GlobalType(ValType.i32(), True), 1),
        Table(store, TableType(ValType.externref(), Limits(1)), None),
        Tag(store, TagType(FuncType([], []))),
        Reference.of_i31(store, 7),
        SharedMemory(threads(), memory_type),
        StoreLimits.untrusted(),
        ModuleLimits(functions=3, compile_time=0.5),
        PoolingConfig(total_tables=3),
        Val.i64(7),
        func_type,
        memory_type,
        memory_type.limits,
        GlobalType(ValType.i32(), True),
        TableType(ValType.funcref(), Limits(1)),
        TagType(FuncType([], [])),
        ValType.i32(),
        RefType(True, HeapType("any")),
        HeapType("any"),
        ImportType("a", "b", func_type),
        ExportType("b", func_type),
        Frame(1, "f", None, 2, 3),
        FrameSymbol("f", "f.c", 4, 5),
        core_dump(),
        Profiler(store),
        *Module.data_segments('(module (memory 1) (data (i32.const 0) "a"))'),
        Producer("language", "C"),
        Event(EventKind.CALL, "add", 0.5, text="called add in 500.000 ms"),
        Module.names("(module $m)"),
        Module.from_file(engine, MODULES / "divide.wasm").debug_info,
    ]
    return {type(thing): thing for thing in [*made, *of_http(engine), *of_streams(), *of_components(engine)]}


def of_http(engine: Engine) -> list[Any]:
    """A request of a guest's, which is over, and a response."""
    store, linker, wasi = Store(engine), component.Linker(engine), WasiConfig()
    asked: list[HttpRequest] = []

    def handler(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        return HttpResponse()

    wasi.http = handler
    store.set_wasi(wasi)
    linker.define_wasi()
    guest = component.Component.from_file(engine, MODULES / "component_http.wat")
    linker.instantiate(store, guest).func(store, "fetch")(store, "host", "/", b"", False)
    made = [component.IncomingRequest("GET", "/a"), component.ResponseHead(200, [])]
    return [*asked, HttpResponse(404, {"a": "b"}, b"c"), *made, of_serving(engine)]


def of_serving(engine: Engine) -> component.IncomingHandler:
    """A component that answers requests."""
    linker = component.Linker(engine)
    linker.define_wasi()
    guest = component.Component.from_file(engine, MODULES / "component_serve.wat")
    return component.IncomingHandler(linker.instantiate_pre(guest), lambda: Store(engine))


def of_streams() -> list[Any]:
    """A stream and a future of a guest's, and their types."""
    engine = Engine(Config().wasm_component_model_async(True))
    store = Store(engine)
    instance = component.Linker(engine).instantiate(store, component.Component(engine, STREAMS))
    funcs = [instance.func(store, name) for name in ("s", "f")]
    return [*(func(store) for func in funcs), *(func.type().result for func in funcs)]


def of_components(engine: Engine) -> list[Any]:
    """An object of each class of `trimaran.component`."""
    store, linker = Store(engine), component.Linker(engine)
    made = component.Component(engine, GUESTS)
    pre = linker.instantiate_pre(made)
    instance = pre.instantiate(store)
    more = Config().wasm_component_model_map(True).wasm_component_model_fixed_length_lists(True)
    items = component.Component(Engine(more), TYPES).type.imports()
    every, maps = items["all"], items["maps"]
    assert isinstance(every, component.FuncType) and isinstance(maps, component.FuncType)
    return [
        *(made, linker, linker.root(), pre, instance, made.type, made.get_export_index("make")),
        *(instance.func(store, "make"), instance.func(store, "make")(store, 7), instance.resource(store, "r")),
        *(
            every,
            *(ty for _, ty in (*every.params, *maps.params)),
            items["m"],
            items["i"],
            component.ResourceHost.own(1, 2),
        ),
        *(getattr(component, name)() for name in "Bool S8 U8 S16 U16 S32 U32 S64 U64 F32 F64 Char String".split()),
        *(component.Variant("a", 1), component.Some(1), component.Ok(1), component.Err(1), component.Record(a=1)),
    ]


def uses(kind: type) -> list[str]:
    """The public methods and properties of a class."""
    return [name for name in dir(kind) if not name.startswith("_")] + ["__repr__", "__len__", "__bytes__"]


def arguments(store: Store, unmade: object) -> list[tuple[Any, ...]]:
    """What methods are tried with."""
    return [(), (store,), (0,), (store, 0), (store, 0, 0), (store, "x"), (store, print), (unmade,), (store, unmade)]


def by_name(kind: type) -> str:
    """The name of a class, for the name of a test."""
    return f"{kind.__module__}.{kind.__name__}"


def is_plain(kind: type) -> bool:
    """Whether it is a value, and no object with an identity."""
    return not issubclass(kind, importlib.import_module("trimaran._identity").Identity)


def compared(thing: Any) -> object:
    """Whether it is equal to itself."""
    return thing == thing
