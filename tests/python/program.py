"""Runs a real program as `tests/programs/programs.json` says. Its README has the vocabulary."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from guests import ROOT, TARGET, config
from step import Json, Problem, Step
from trimaran import (
    ArtifactError,
    Engine,
    ExitTrap,
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Linker,
    Memory,
    MemoryDirectory,
    MemoryType,
    Module,
    OutputPipe,
    Store,
    Table,
    TableType,
    ValType,
    WasiConfig,
)
from trimaran.component import Component

PROGRAMS = Path(os.environ.get("TRIMARAN_PROGRAMS", ROOT / "target" / "programs"))

TYPES = {
    "i32": ValType.i32(),
    "i64": ValType.i64(),
    "f32": ValType.f32(),
    "f64": ValType.f64(),
    "funcref": ValType.funcref(),
}
LOADS: dict[str, Callable[[Memory, Store, int], int]] = {
    "i8": Memory.load_i8,
    "u8": Memory.load_u8,
    "i16": Memory.load_i16,
    "u16": Memory.load_u16,
    "i32": Memory.load_i32,
    "u32": Memory.load_u32,
    "i64": Memory.load_i64,
}
STORES: dict[str, Callable[[Memory, Store, int, int], None]] = {
    "u8": Memory.store_u8,
    "u16": Memory.store_u16,
    "i32": Memory.store_i32,
    "u32": Memory.store_u32,
    "i64": Memory.store_i64,
}
OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
}


Code = TypeVar("Code", Module, Component)


def compiled(kind: type[Code], engine: Engine, name: str) -> Code:
    """A program, compiled. What comes out is kept beside it, for every language and the next run."""
    kept = PROGRAMS / f"{name}.{TARGET or 'native'}.cwasm"
    if kept.exists():
        with contextlib.suppress(ArtifactError):
            return kind.deserialize_file(engine, kept)
    made = kind.from_file(engine, PROGRAMS / name)
    with tempfile.NamedTemporaryFile(dir=PROGRAMS, delete=False) as file:
        file.write(made.serialize())
    Path(file.name).replace(kept)
    return made


class Program:
    """A program in a store of its own, and what its case keeps: variables, and the lines of the log."""

    def __init__(self, told: Mapping[str, Json], case: Mapping[str, Json], folder: Path) -> None:
        self.in_memory = MemoryDirectory()
        self.log: list[str] = []
        self.stdout, self.stderr = OutputPipe(), OutputPipe()
        self._texts: dict[str, str] = told.get("texts", {}) | case.get("texts", {})
        self._variables: dict[str, int | str] = {
            f"{name}.length": len(text.encode()) for name, text in self._texts.items()
        }
        self._callbacks: Mapping[str, Json] = told.get("callbacks", {})
        engine = Engine(config())
        self._engine, self._store = engine, Store(engine)
        self._linker = Linker(engine)
        if "wasi" in case:
            self._linker.define_wasi()
            self._store.set_wasi(self._wasi(case["wasi"], folder))
        self._memory: Memory | None = None
        self._table: Table | None = None
        for item in told.get("imports", []):
            self._define(item)
        module = (
            Module.for_snapshots(engine, (PROGRAMS / told["file"]).read_bytes())
            if told.get("snapshots", False)
            else compiled(Module, engine, told["file"])
        )
        if told.get("unknown_imports") == "traps":
            self._linker.define_unknown_imports_as_traps(module)
        self._instance: Instance = self._linker.instantiate(self._store, module)
        self._exports = self._instance.exports(self._store)
        self._memory = self._memory or self._instance.memory(self._store, "memory")
        if self._table is None and "__indirect_function_table" in self._exports:
            self._table = self._instance.table(self._store, "__indirect_function_table")
        self.run(told.get("start", []))

    def files_in_memory(self) -> dict[str, str]:
        """What the directory in memory holds that it was granted."""
        return {name: data.decode() for name, data in self.in_memory.files().items()}

    def _wasi(self, told: Mapping[str, Json], folder: Path) -> WasiConfig:
        wasi = WasiConfig()
        wasi.stdout_pipe, wasi.stderr_pipe = self.stdout, self.stderr
        wasi.argv, wasi.env = told.get("argv", []), told.get("env", [])
        wasi.stdin_bytes = told.get("stdin", "").encode()
        if "clock" in told:
            start, step = told["clock"]
            wasi.fixed_clock(int(start), int(step))
        if "random_seed" in told:
            wasi.random_seed = int(told["random_seed"])
        if "directory" in told:
            directory = told["directory"]
            is_mutable = not directory.get("read_only", False)
            if directory.get("in_memory", False):
                files = {name: text.encode() for name, text in directory["files"].items()}
                self.in_memory = MemoryDirectory(files)
                wasi.preopen_memory(self.in_memory, directory["path"], fs_mutable=is_mutable)
                return wasi
            for name, text in directory["files"].items():
                (folder / name).write_text(text)
            wasi.preopen_dir(folder, directory["path"], fs_mutable=is_mutable)
        return wasi

    def _define(self, item: Mapping[str, Json]) -> None:
        store, limits = self._store, Limits(item.get("min", 0), item.get("max"))
        module_name, name = item["name"]
        match item["kind"]:
            case "memory":
                self._memory = Memory(store, MemoryType(limits))
                self._linker.define(store, module_name, name, self._memory)
            case "table":
                self._table = Table(store, TableType(TYPES[item["type"]], limits), None)
                self._linker.define(store, module_name, name, self._table)
            case "global":
                ty = GlobalType(TYPES[item["type"]], mutable=False)
                self._linker.define(store, module_name, name, Global(store, ty, item["value"]))
            case "func":
                self._linker.define_func(module_name, name, *self._host(item))
            case other:
                raise Problem(f"unknown kind `{other}`")

    def _host(self, told: Mapping[str, Json]) -> tuple[FuncType, Callable[..., Any]]:
        results = told["results"]

        def body(*args: int) -> int | float | None:
            given = self.run(told["body"], args)
            if not results:
                return None
            if given is None:
                raise Problem("the body gave nothing")
            return float(given) if results[0] == "f64" else given

        return FuncType([TYPES[name] for name in told["params"]], [TYPES[name] for name in results]), body

    def run(self, steps: Sequence[Mapping[str, Json]], args: Sequence[int] = ()) -> int | None:
        """Does what the steps say. A step `give` ends them, with what it gives."""
        for fields in steps:
            step = Step(fields)
            given = self._step(step, args)
            step.check_all_used()
            if given is not None:
                return given
        return None

    def _step(self, step: Step, args: Sequence[int]) -> int | None:
        store = self._store

        def number(name: str) -> int:
            return self._number(step.value(name), args)

        if step.has("give"):
            return number("give")
        if step.has("let"):
            self._variables[step.text("let")] = number("be")
        elif step.has("text"):
            self._variables[step.text("as")] = self._filled(step.text("text"))
        elif step.has("log"):
            self.log.append(self._filled(step.text("log")))
        elif step.has("call"):
            self._call(step, self._instance.func(store, step.text("call")), args)
        elif step.has("call_table"):
            found = self._the_table().get(store, number("call_table"))
            if not isinstance(found, Func):
                raise Problem("there is no function at that index of the table")
            self._call(step, found, args)
        elif step.has("callback"):
            host = Func(store, *self._host(self._callbacks[step.text("callback")]))
            self._variables[step.text("as")] = self._the_table().grow(store, 1, host)
        elif step.has("load"):
            self._variables[step.text("as")] = LOADS[step.text("load")](self._the_memory(), store, number("at"))
        elif step.has("store"):
            STORES[step.text("store")](self._the_memory(), store, number("at"), number("value"))
        elif step.has("write"):
            self._the_memory().write(store, self._texts[step.text("write")].encode(), number("at"))
        elif step.has("read"):
            memory, start = self._the_memory(), number("read")
            has_length = step.has("length")
            text = (
                memory.read_string(store, start, number("length"))
                if has_length
                else memory.read_terminated(store, start)
            )
            self._variables[step.text("as")] = text
        elif step.has("restart"):
            snapshot = self._instance.snapshot(store, remove=step.value("restart"))
            self._instance = self._linker.instantiate(store, Module(self._engine, snapshot))
            self._memory = self._instance.memory(store, "memory")
        elif step.has("grow"):
            self._the_memory().grow(store, number("grow"))
        elif step.has("while"):
            while number("while"):
                given = self.run(step.value("steps"), args)
                if given is not None:
                    return given
        elif step.has("if"):
            branch = step.value("then"), step.optional("else")
            return self.run(branch[0] if number("if") else branch[1] or [], args)
        else:
            raise Problem("unknown step")
        return None

    def _call(self, step: Step, func: Func, args: Sequence[int]) -> None:
        ty = func.type(self._store)
        given = [
            wrapped(self._number(value, args), str(param))
            for value, param in zip(step.optional("args") or [], ty.params, strict=True)
        ]
        try:
            result = func(self._store, *given)
        except ExitTrap as exited:
            if exited.code != step.optional("exit"):
                raise Problem(f"it ended with {exited.code}: {self.stderr.contents().decode()}") from exited
            return
        if step.has("exit"):
            raise Problem("it did not end its process")
        if step.has("as"):
            self._variables[step.text("as")] = result

    def _number(self, told: Json, args: Sequence[int]) -> int:
        match told:
            case int(number):
                return number
            case str(name):
                value = self._variable(name)
                if not isinstance(value, int):
                    raise Problem(f"`{name}` is no number")
                return value
            case ["arg", int(place)]:
                return args[place]
            case [str(operator), left, right] if operator in OPERATORS:
                return OPERATORS[operator](self._number(left, args), self._number(right, args))
            case other:
                raise Problem(f"{other} is no expression")

    def _filled(self, template: str) -> str:
        return re.sub(r"\{([\w.]+)\}", lambda match: str(self._variable(match[1])), template)

    def _variable(self, name: str) -> int | str:
        if name not in self._variables:
            raise Problem(f"there is no variable `{name}`")
        return self._variables[name]

    def _the_memory(self) -> Memory:
        if self._memory is None:
            raise Problem("there is no memory")
        return self._memory

    def _the_table(self) -> Table:
        if self._table is None:
            raise Problem("there is no table")
        return self._table


def wrapped(number: int, kind: str) -> int:
    """An address past 2^31 is an i32 too."""
    return number - (1 << 32) if kind == "i32" and number >= 1 << 31 else number
