"""What the steps of one shared case made, and what each step does. It uses nothing but the public package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bodies import Callers, Thrown, body
from shown import HostObject, show

from guests import MODULES, config
from step import Json, Problem, Step, bits_of, check_error, float_from, from_number, to_val
from trimaran import (
    Config,
    Engine,
    Extern,
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Memory,
    MemoryType,
    Module,
    SharedMemory,
    Store,
    Table,
    TableType,
    Tag,
    Val,
    ValType,
    WasmtimeError,
    wat2wasm,
)

T = TypeVar("T")
EXTERNS = (Func, Global, Table, Memory, SharedMemory, Tag)
SETTINGS = {
    "target",
    "wasm_threads",
    "shared_memory",
    "wasm_memory64",
    "wasm_simd",
    "wasm_relaxed_simd",
    "wasm_gc",
    "wasm_function_references",
    "wasm_exceptions",
    "wasm_custom_page_sizes",
    "consume_fuel",
    "max_wasm_stack",
    "memory_reservation",
    "memory_guard_size",
    "memory_reservation_for_growth",
}
LOADS: dict[str, Callable[[Memory, Store, int], int | float]] = {
    "i8": Memory.load_i8,
    "u8": Memory.load_u8,
    "i16": Memory.load_i16,
    "u16": Memory.load_u16,
    "i32": Memory.load_i32,
    "u32": Memory.load_u32,
    "i64": Memory.load_i64,
    "u64": Memory.load_u64,
    "f32": Memory.load_f32,
    "f64": Memory.load_f64,
}
STORES: dict[str, Callable[[Memory, Store, int, int], None]] = {
    "i8": Memory.store_i8,
    "u8": Memory.store_u8,
    "i16": Memory.store_i16,
    "u16": Memory.store_u16,
    "i32": Memory.store_i32,
    "u32": Memory.store_u32,
    "i64": Memory.store_i64,
    "u64": Memory.store_u64,
}
TYPES = {
    "i32": ValType.i32(),
    "i64": ValType.i64(),
    "f32": ValType.f32(),
    "f64": ValType.f64(),
    "v128": ValType.v128(),
    "funcref": ValType.funcref(),
    "externref": ValType.externref(),
    "anyref": ValType.anyref(),
    "exnref": ValType.exnref(),
}
FLOAT_STORES = {"f32": Memory.store_f32, "f64": Memory.store_f64}


class Kept:
    """Marks what a step made and keeps under a name."""

    def __init__(self, thing: object) -> None:
        self.thing = thing


class World:
    """Runs the steps of a case, one after the other."""

    def __init__(self) -> None:
        self._objects: dict[str, object] = {}
        self._hosts: dict[str, HostObject] = {}
        self.callers = Callers()

    def step(self, fields: dict[str, Json]) -> None:
        """Runs one step and compares how it ended."""
        step = Step(fields)
        error, name = step.optional("error"), step.optional("as")
        expects_result, expected = "result" in fields, step.optional("result")
        outcome: object
        try:
            outcome = self._run(step)
        except (WasmtimeError, Thrown) as found:
            outcome = found
        step.check_all_used()
        if isinstance(outcome, (WasmtimeError, Thrown)):
            self._check_error(outcome, error)
            return
        if error is not None:
            raise Problem("it did not fail")
        if isinstance(outcome, Kept):
            if not isinstance(name, str) or expects_result:
                raise Problem("what it made needs a name (`as`), and cannot be compared")
            self._objects[name] = outcome.thing
        elif name is not None:
            raise Problem("it made nothing to keep")
        elif outcome != expected:
            raise Problem(f"it gave {outcome}")

    def _check_error(self, found: WasmtimeError | Thrown, error: Json) -> None:
        if error is None:
            raise Problem(f"it failed: {found}")
        match error:
            case {"thrown": str(name)} if len(error) == 1:
                if found is not self._objects.get(name):
                    raise Problem(f"its error is {found!r}: expected what was thrown as `{name}`")
            case _ if isinstance(found, WasmtimeError):
                check_error(found, error)
            case _:
                raise Problem(f"it threw `{found}`")

    def _run(self, step: Step) -> Kept | Json:
        op = step.text("op")
        run = getattr(self, f"_op_{op}", None)
        if run is None:
            raise Problem(f"unknown op `{op}`")
        return run(step)

    def keep(self, name: str, thing: object) -> None:
        """Keeps something under a name."""
        self._objects[name] = thing

    def named(self, name: str, kind: type[T], word: str | None = None) -> T:
        """What has that name, if it is of that kind."""
        thing = self._objects.get(name)
        if not isinstance(thing, kind):
            raise Problem(f"`{name}` is no {word or kind.__name__}")
        return thing

    def val(self, value: Json) -> Val:
        """A value of a case."""
        match value:
            case ["func", None]:
                return Val.funcref(None)
            case ["func", str(name)]:
                return Val.funcref(self.named(name, Func))
            case ["host", str(text)]:
                return Val.externref(self._hosts.setdefault(text, HostObject(text)))
            case _:
                return to_val(value)

    def _shown(self, val: Val, store: Store) -> Json:
        if val.type.ref_type is None:
            return from_number(val)
        return show(val, store, self._objects, self._hosts)

    def _get(self, step: Step, field: str, kind: type[T]) -> T:
        return self.named(step.text(field), kind, field)

    def _engine(self, step: Step) -> Engine:
        return self._get(step, "engine", Engine)

    def _store(self, step: Step) -> Store:
        return self._get(step, "store", Store)

    def _module(self, step: Step) -> Module:
        return self._get(step, "module", Module)

    def _memory(self, step: Step) -> tuple[Store, Memory]:
        return self._store(step), self._get(step, "memory", Memory)

    def _func(self, step: Step) -> tuple[Store, Func]:
        return self._store(step), self._get(step, "func", Func)

    def _op_engine(self, step: Step) -> Kept:
        return Kept(Engine(_config(step.optional("config") or {})))

    def _op_store(self, step: Step) -> Kept:
        return Kept(Store(self._engine(step)))

    def _op_module(self, step: Step) -> Kept:
        engine = self._engine(step)
        if step.has("file"):
            return Kept(Module.from_file(engine, MODULES / step.text("file")))
        return Kept(Module(engine, _source(step)))

    def _op_validate(self, step: Step) -> None:
        Module.validate(self._engine(step), _source(step))

    def _op_wat2wasm(self, step: Step) -> str:
        return wat2wasm(_source(step)).hex()

    def _op_serialize(self, step: Step) -> Kept:
        return Kept(self._module(step).serialize())

    def _op_deserialize(self, step: Step) -> Kept:
        engine, artifact = self._engine(step), bytearray(self._get(step, "artifact", bytes))
        if step.has("flip"):
            artifact[step.int("flip")] ^= 1
        return Kept(Module.deserialize(engine, artifact))

    def _op_imports(self, step: Step) -> list[str]:
        return [str(ty) for ty in self._module(step).imports]

    def _op_exports(self, step: Step) -> list[str]:
        return [str(ty) for ty in self._module(step).exports]

    def _op_instance(self, step: Step) -> Kept:
        names: list[str] = step.optional("imports") or []
        imports = [self._import(name) for name in names]
        return Kept(Instance(self._store(step), self._module(step), imports))

    def _import(self, name: str) -> Extern:
        thing = self._objects.get(name)
        if not isinstance(thing, EXTERNS):
            raise Problem(f"`{name}` cannot be imported")
        return thing

    def _op_export(self, step: Step) -> Kept:
        instance, name = self._get(step, "instance", Instance), step.text("name")
        return Kept(instance.exports(self._store(step))[name])

    def _op_close(self, step: Step) -> None:
        thing = self._objects.get(step.text("object"))
        if not isinstance(thing, (Engine, Store, Module, SharedMemory)):
            raise Problem(f"`{step.text('object')}` cannot be closed")
        thing.close()

    def _op_call(self, step: Step) -> list[Json]:
        store, func = self._func(step)
        results = func.call(store, [self.val(value) for value in step.value("args")])
        return [self._shown(result, store) for result in results]

    def _op_call_int(self, step: Step) -> list[Json]:
        store, func = self._func(step)
        return [self._shown(result, store) for result in func.call(store, [int(step.text("int"))])]

    def _op_func_type(self, step: Step) -> str:
        store, func = self._func(step)
        return str(func.type(store))

    def _op_host(self, step: Step) -> Kept:
        types = step.value("type")
        match types:
            case {"params": [*params], "results": [*results]} if len(types) == 2:
                ty = FuncType(map(_val_type, params), map(_val_type, results))
            case _:
                raise Problem("`type` is no type of a function")
        return Kept(
            Func(self._store(step), ty, body(self, str(step.optional("as")), step.value("body")), access_caller=True)
        )

    def _op_caller_export(self, step: Step) -> Kept:
        return Kept(self.callers[step.text("host")][step.text("name")])

    def _global(self, step: Step) -> tuple[Store, Global]:
        return self._store(step), self._get(step, "global", Global)

    def _op_global(self, step: Step) -> Kept:
        ty = GlobalType(_val_type(step.text("type")), step.value("mutable"))
        return Kept(Global(self._store(step), ty, self.val(step.value("value"))))

    def _op_global_get(self, step: Step) -> Json:
        store, item = self._global(step)
        return self._shown(item.get(store), store)

    def _op_global_set(self, step: Step) -> None:
        store, item = self._global(step)
        item.set_value(store, self.val(step.value("value")))

    def _table(self, step: Step) -> tuple[Store, Table]:
        return self._store(step), self._get(step, "table", Table)

    def _op_table(self, step: Step) -> Kept:
        ty = TableType(_val_type(step.text("type")), _limits(step))
        return Kept(Table(self._store(step), ty, self.val(step.value("init"))))

    def _op_table_get(self, step: Step) -> Json:
        store, table = self._table(step)
        element: Any = table.get(store, step.int("index"))
        is_func = str(table.type(store).element) == "funcref"
        return self._shown(Val.funcref(element) if is_func else Val.externref(element), store)

    def _op_table_set(self, step: Step) -> None:
        store, table = self._table(step)
        table.set(store, step.int("index"), self.val(step.value("value")))

    def _op_table_size(self, step: Step) -> int:
        store, table = self._table(step)
        return table.size(store)

    def _op_table_grow(self, step: Step) -> int:
        store, table = self._table(step)
        return table.grow(store, step.int("delta"), self.val(step.value("init")))

    def _op_table_fill(self, step: Step) -> None:
        store, table = self._table(step)
        table.fill(store, step.int("index"), self.val(step.value("value")), step.int("length"))

    def _op_table_copy(self, step: Step) -> None:
        store, table = self._table(step)
        source, start = self._get(step, "source", Table), step.int("source_index")
        table.copy(store, step.int("index"), source, start, step.int("length"))

    def _op_view(self, step: Step) -> Kept:
        store, memory = self._memory(step)
        return Kept(memory.view(store, step.int("start"), step.int("length")))

    def _op_view_read(self, step: Step) -> str:
        return self._get(step, "view", memoryview).hex()

    def _op_view_write(self, step: Step) -> None:
        view, offset, data = self._get(step, "view", memoryview), step.int("offset"), step.bytes("hex")
        view[offset : offset + len(data)] = data

    def _op_drop_view(self, step: Step) -> None:
        # Nobody else has it, so that it is gone for good.
        self._get(step, "view", memoryview)
        del self._objects[step.text("view")]

    def _op_memory(self, step: Step) -> Kept:
        return Kept(Memory(self._store(step), _memory_type(step)))

    def _op_shared_memory(self, step: Step) -> Kept:
        return Kept(SharedMemory(self._engine(step), _memory_type(step)))

    def _op_as_memory(self, step: Step) -> Kept:
        return Kept(self._get(step, "shared", SharedMemory).as_memory(self._store(step)))

    def _op_memory_type(self, step: Step) -> str:
        store, memory = self._memory(step)
        return str(memory.type(store))

    def _op_size(self, step: Step) -> int:
        store, memory = self._memory(step)
        return memory.size(store)

    def _op_data_len(self, step: Step) -> int:
        store, memory = self._memory(step)
        return memory.data_len(store)

    def _op_grow(self, step: Step) -> int:
        store, memory = self._memory(step)
        return memory.grow(store, step.int("delta"))

    def _op_read(self, step: Step) -> str:
        store, memory = self._memory(step)
        start = step.int("start")
        return memory.read(store, start, start + step.int("length")).hex()

    def _op_write(self, step: Step) -> None:
        store, memory = self._memory(step)
        memory.write(store, step.bytes("hex"), step.int("start"))

    def _op_fill(self, step: Step) -> None:
        store, memory = self._memory(step)
        memory.fill(store, step.int("value"), step.int("start"), step.int("length"))

    def _op_copy(self, step: Step) -> None:
        store, memory = self._memory(step)
        memory.copy_within(store, step.int("source"), step.int("destination"), step.int("length"))

    def _op_find(self, step: Step) -> int | None:
        store, memory = self._memory(step)
        return memory.find(store, step.bytes("hex"), step.int("start"), step.optional("length"))

    def _op_read_string(self, step: Step) -> str:
        store, memory = self._memory(step)
        return memory.read_string(store, step.int("start"), step.int("length"))

    def _op_read_terminated(self, step: Step) -> str:
        store, memory = self._memory(step)
        return memory.read_terminated(store, step.int("start"), step.int("terminator"))

    def _op_hexdump(self, step: Step) -> str:
        store, memory = self._memory(step)
        return memory.hexdump(store, step.int("start"), step.int("length"), step.int("width"))

    def _op_load(self, step: Step) -> str:
        store, memory = self._memory(step)
        kind = step.text("type")
        if kind not in LOADS:
            raise Problem(f"unknown type `{kind}`")
        number = LOADS[kind](memory, store, step.int("offset"))
        return bits_of(number, kind) if isinstance(number, float) else str(number)

    def _op_store_number(self, step: Step) -> None:
        store, memory = self._memory(step)
        kind, offset, value = step.text("type"), step.int("offset"), step.text("value")
        if kind in FLOAT_STORES:
            FLOAT_STORES[kind](memory, store, offset, float_from(value, kind))
        elif kind in STORES:
            STORES[kind](memory, store, offset, int(value))
        else:
            raise Problem(f"unknown type `{kind}`")


def _config(settings: dict[str, Json]) -> Config:
    """The configuration of a step, for the target under test."""
    made = config()
    for name, value in settings.items():
        if name not in SETTINGS:
            raise Problem(f"unknown setting `{name}`")
        setattr(made, name, value)
    return made


def _memory_type(step: Step) -> MemoryType:
    return MemoryType(_limits(step), shared=step.optional("shared") or False)


def _limits(step: Step) -> Limits:
    return Limits(step.int("min"), step.int("max") if step.has("max") else None)


def _val_type(name: str) -> ValType:
    if name not in TYPES:
        raise Problem(f"unknown type `{name}`")
    return TYPES[name]


def _source(step: Step) -> str | bytes:
    """A module in text or bytes, or the bytes of a file of `tests/modules`."""
    match (step.optional("wat"), step.optional("hex"), step.optional("file")):
        case (str(wat), None, None):
            return wat
        case (None, str(), None):
            return step.bytes("hex")
        case (None, None, str(file)):
            return (MODULES / file).read_bytes()
        case _:
            raise Problem("a module needs one of `wat`, `hex` and `file`")
