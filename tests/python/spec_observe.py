"""What a generated module does: its results, its traps, its memories and its fuel, in one line."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from step import code_of
from trimaran import (
    Engine,
    Func,
    FuncType,
    Global,
    HeapType,
    Instance,
    Linker,
    Memory,
    Module,
    Reference,
    RefType,
    Store,
    Table,
    Val,
    ValType,
    WasmtimeError,
)

FUEL = 5000
ARGUMENTS = {
    "i32": Val.i32(7),
    "i64": Val.i64(-9),
    "f32": Val.f32(1.5),
    "f64": Val.f64(-2.5),
    "v128": Val.v128(1 << 127 | 3),
}


def observe(engine: Engine, wasm: bytes) -> str:
    """The line, which has to be the same in every language."""
    module = Module(engine, wasm)
    store, linker = Store(engine), Linker(engine)
    store.set_limits(memory_size=16 << 20)
    store.set_fuel(FUEL)
    try:
        linker.define_unknown_imports_as_default_values(store, module)
        instance = linker.instantiate(store, module)
    except WasmtimeError as error:
        return _word(error)
    return ";".join(_seen(store, module, instance))


def _seen(store: Store, module: Module, instance: Instance) -> Iterator[str]:
    yield str(store.get_fuel())
    for export in module.exports:
        if isinstance(export.type, FuncType):
            func = instance.func(store, export.name)
            store.set_fuel(FUEL)
            yield f"{_call(func, store)}~{store.get_fuel()}"
    for export in module.exports:
        match instance.exports(store)[export.name]:
            case Memory() as memory:
                yield f"memory {memory.size(store)} {zlib.crc32(memory.view(store))}"
            case Table() as table:
                yield f"table {table.size(store)}"
            case Global() as item:
                yield _show(item.get(store), store)
            case _:
                pass


def _call(func: Func, store: Store) -> str:
    arguments = [_argument(ty) for ty in func.type(store).params]
    given = [argument for argument in arguments if argument is not None]
    if len(given) < len(arguments):
        return "-"
    try:
        results = func.call(store, given)
    except WasmtimeError as error:
        return _word(error)
    return ",".join(_show(result, store) for result in results)


def _argument(ty: ValType) -> Val | None:
    """A value for each type; none for a reference that may not be null."""
    if ty.ref_type is None:
        return ARGUMENTS[str(ty)]
    return Val.null() if ty.ref_type.nullable else None


def _word(error: WasmtimeError) -> str:
    return f"!{code_of(error) or error.variant}"


def _show(value: Val, store: Store) -> str:
    kind, thing = str(value.type), value.value
    if value.type.ref_type is None:
        return f"{kind} {value.bits}"
    match thing:
        case None:
            return "null"
        case Func():
            return str(thing.type(store))
        case Reference() if kind == "anyref":
            return _any(thing, store)
        case _:
            return kind.removesuffix("ref")


def _any(value: Reference, store: Store) -> str:
    number = value.i31(store)
    if number is not None:
        return f"i31 {number}"
    if any(value.matches(store, RefType(False, HeapType(heap))) for heap in ("struct", "array")):
        return f"{value.type(store)} of {len(value.fields(store))}"
    return "any"
