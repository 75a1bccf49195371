"""The steps of shared cases about engines, modules, instances and functions."""

from __future__ import annotations

from typing import Any

from bodies import body
from case import Case, Kept, val_type
from guests import ASYNC_COMPONENTS, MODULES, config
from step import Json, Problem, Step
from trimaran import (
    Config,
    Engine,
    Extern,
    Func,
    FuncType,
    Global,
    Instance,
    InstancePre,
    Linker,
    Memory,
    Module,
    ModuleLimits,
    PoolingConfig,
    SharedMemory,
    Store,
    Table,
    Tag,
    component,
    wat2wasm,
)

EXTERNS = (Func, Global, Table, Memory, SharedMemory, Tag)
CLOSABLE = (
    *(Engine, Store, Module, SharedMemory, Linker, InstancePre),
    *(component.Component, component.Linker, component.InstancePre),
)
SETTINGS = {
    "epoch_interruption",
    "wasm_backtrace_details",
    "wasm_multi_memory",
    "wasm_tail_call",
    "target",
    "wasm_threads",
    "shared_memory",
    "wasm_memory64",
    "wasm_component_model_async",
    "wasm_component_model_more_async_builtins",
    "wasm_component_model_async_stackful",
    "wasm_component_model_threading",
    "wasm_component_model_map",
    "wasm_component_model_fixed_length_lists",
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


class CoreCase(Case):
    """A case with engines, modules, instances and functions, which every case has."""

    def _module(self, step: Step) -> Module:
        return self._get(step, "module", Module)

    def _func(self, step: Step) -> tuple[Store, Func]:
        return self._store(step), self._get(step, "func", Func)

    def _op_engine(self, step: Step) -> Kept:
        return Kept(Engine(config_of(step.optional("config") or {})))

    def _op_store(self, step: Step) -> Kept:
        return Kept(Store(self._engine(step)))

    def _op_module(self, step: Step) -> Kept:
        engine = self._engine(step)
        if step.has("file"):
            return Kept(Module.from_file(engine, MODULES / step.text("file")))
        return Kept(Module(engine, source(step)))

    def _op_validate(self, step: Step) -> None:
        Module.validate(self._engine(step), source(step))

    def _op_wat2wasm(self, step: Step) -> str:
        return wat2wasm(source(step)).hex()

    def _op_custom_sections(self, step: Step) -> list[str]:
        return [section.hex() for section in Module.custom_sections(source(step), step.text("name"))]

    def _op_contents(self, step: Step) -> list[str]:
        module, part = source(step), step.text("part")
        if part == "producers":
            return [f"{it.field} {it.name} {it.version}" for it in Module.producers(module)]
        if part == "data":
            return [
                f"{'-' if it.memory is None else it.memory} {'-' if it.offset is None else it.offset} {it.bytes.hex()}"
                for it in Module.data_segments(module)
            ]
        names = Module.names(module)
        items = {
            "function": names.functions,
            "type": names.types,
            "table": names.tables,
            "memory": names.memories,
            "global": names.globals,
            "tag": names.tags,
            "element": names.elements,
            "data": names.data,
        }
        inner = {"local": names.locals, "label": names.labels, "field": names.fields}
        lines = [] if names.module is None else [f"module {names.module}"]
        lines += [f"{kind} {index} {name}" for kind, found in items.items() for index, name in found.items()]
        return lines + [
            f"{kind} {outer} {index} {name}"
            for kind, found in inner.items()
            for outer, within in found.items()
            for index, name in within.items()
        ]

    def _op_module_for_snapshots(self, step: Step) -> Kept:
        return Kept(Module.for_snapshots(self._engine(step), source(step)))

    def _op_snapshot(self, step: Step) -> Kept:
        remove: list[str] = step.optional("remove") or []
        return Kept(self._get(step, "instance", Instance).snapshot(self._store(step), remove=remove))

    def _op_module_of_snapshot(self, step: Step) -> Kept:
        return Kept(Module(self._engine(step), self._get(step, "artifact", bytes)))

    def _op_serialize(self, step: Step) -> Kept:
        return Kept(self._module(step).serialize())

    def _op_deserialize(self, step: Step) -> Kept:
        return Kept(Module.deserialize(self._engine(step), self._artifact(step)))

    def _op_precompile(self, step: Step) -> Kept:
        return Kept(self._engine(step).precompile(source(step)))

    def _op_accepts(self, step: Step) -> bool:
        return self._engine(step).accepts(self._artifact(step))

    def _op_same_compatibility(self, step: Step) -> bool:
        other = self._get(step, "other", Engine)
        return self._engine(step).compatibility_hash() == other.compatibility_hash()

    def _op_pack(self, step: Step) -> Kept:
        return Kept(self._module(step).pack())

    def _op_unpack(self, step: Step) -> Kept:
        return Kept(Module.unpack(self._artifact(step)))

    def _op_engine_of(self, step: Step) -> Kept:
        return Kept(self._module(step).engine)

    def _artifact(self, step: Step) -> bytearray:
        artifact = bytearray(self._get(step, "artifact", bytes))
        if step.has("flip"):
            artifact[step.int("flip")] ^= 1
        return artifact

    def _op_imports(self, step: Step) -> list[str]:
        return [f"{ty.module} {ty.name} {ty.type}" for ty in self._module(step).imports]

    def _op_exports(self, step: Step) -> list[str]:
        return [f"{ty.name} {ty.type}" for ty in self._module(step).exports]

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
        if not isinstance(thing, CLOSABLE):
            raise Problem(f"`{step.text('object')}` cannot be closed")
        thing.close()

    def _op_call(self, step: Step) -> list[Json]:
        store, func = self._func(step)
        args, params = step.value("args"), func.type(store).params
        fitting = [self.fitting(*each) for each in zip(args, params, strict=False)]
        results = func.call(store, fitting + [self.val(value) for value in args[len(params) :]])
        return [self._shown(result, store) for result in results]

    def _op_call_int(self, step: Step) -> list[Json]:
        store, func = self._func(step)
        return [self._shown(result, store) for result in func.call(store, [int(step.text("int"))])]

    def _op_func_type(self, step: Step) -> str:
        store, func = self._func(step)
        return str(func.type(store))

    def _op_host(self, step: Step) -> Kept:
        made = body(self, str(step.optional("as")), step.value("body"))
        return Kept(Func(self._store(step), func_type(step), made, access_caller=True))

    def _op_caller_export(self, step: Step) -> Kept:
        return Kept(self.callers[step.text("host")][step.text("name")])


def config_of(settings: dict[str, Json]) -> Config:
    """The configuration of a step, for the target under test."""
    made = config()
    if ASYNC_COMPONENTS:
        made.wasm_component_model_async = True
    for name, value in settings.items():
        match name, value:
            case "allocation", {"pooling": pooling}:
                made.allocation = PoolingConfig(**pooling)
            case "module_limits", _:
                limits: dict[str, Any] = dict(value)
                if "compile_time" in limits:
                    limits["compile_time"] /= 1000
                made.module_limits = ModuleLimits(**limits)
            case _ if name in SETTINGS:
                setattr(made, name, value)
            case _:
                raise Problem(f"unknown setting `{name}`")
    return made


def func_type(step: Step) -> FuncType:
    """The type of a function."""
    types = step.value("type")
    match types:
        case {"params": [*params], "results": [*results]} if len(types) == 2:
            return FuncType(map(val_type, params), map(val_type, results))
        case _:
            raise Problem("`type` is no type of a function")


def source(step: Step) -> str | bytes:
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
