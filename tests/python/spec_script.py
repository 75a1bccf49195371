"""One file of the official suite: its commands, run through the public API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from spec_observe import observe
from spec_values import Hosts, argument, is_plain, matches, plain
from step import Json, Problem, Step, code_of
from trimaran import Engine, Extern, Func, Global, Instance, Linker, Module, Store, WasmtimeError
from world import World


class Line(NamedTuple):
    """How a command ended, and with which error, or what was seen."""

    id: str
    outcome: str
    variant: str = "-"
    problem: str = ""


class Script:
    """Runs the commands of one file, in a store of its own."""

    def __init__(self, folder: Path, engine: Engine, fuelled: Engine) -> None:
        self._folder, self._engine, self._fuelled = folder, engine, fuelled
        self._store, self._linker = Store(engine), Linker(engine)
        self._linker.allow_shadowing = True
        self._hosts = Hosts()
        # What the steps about components made.
        self._world = World()
        # By their names, and the last one without a name.
        self._instances: dict[str | None, Instance] = {}
        self._definitions: dict[str | None, Module] = {}
        for file in ["spectest.wasm", *(["spectest-threads.wasm"] if engine.config.wasm_threads else [])]:
            # A generated module does not import it.
            if (folder / file).exists():
                self._linker.define_module(self._store, "spectest", self._compile(file))

    def run(self, name: str, skips: list[Json]) -> Iterator[Line]:
        """Gives a line for each assertion, and for whatever else fails."""
        commands = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))["commands"]
        lines = {skip.get("line") for skip in skips if skip["file"] == name}
        for number, command in enumerate(commands):
            is_assertion, line = command.get("assert") is True, command["line"]
            place = f"{name}:{line}#{number}"
            made = Line(place, "skip") if lines & {line, None} else self._line(place, command)
            if is_assertion or made.outcome == "fail":
                yield made

    def _line(self, place: str, command: Json) -> Line:
        wanted = command.get("error")
        try:
            seen = self._run(Step(command))
        except Problem as problem:
            return Line(place, "fail", problem=str(problem))
        except WasmtimeError as error:
            if error.variant not in (wanted or []):
                return Line(place, "fail", error.variant, f"{error.variant}: {error}")
            if command.get("code", code_of(error)) != code_of(error):
                return Line(place, "fail", error.variant, f"expected {command['code']}: {error}")
            return Line(place, "pass", error.variant)
        return (
            Line(place, "fail", problem=f"it did not fail with {wanted}")
            if wanted
            else Line(place, "pass", seen or "-")
        )

    def _run(self, step: Step) -> str | None:
        op = step.text("op")
        run = getattr(self, f"_op_{op}", None)
        if run is None:
            raise Problem(f"unknown op `{op}`")
        seen: str | None = run(step)
        return seen

    def _op_steps(self, step: Step) -> str:
        first = len(self._world.variants)
        for fields in step.value("steps"):
            self._world.step(fields)
        return ",".join(self._world.variants[first:])

    def _op_observe(self, step: Step) -> str:
        return observe(self._fuelled, (self._folder / step.text("file")).read_bytes())

    def _op_compile(self, step: Step) -> None:
        self._compile(step.text("file"))

    def _op_module(self, step: Step) -> None:
        self._instantiate(self._compile(step.text("file")), step.optional("name"))

    def _op_definition(self, step: Step) -> None:
        module = self._compile(step.text("file"))
        self._definitions |= {step.optional("name"): module, None: module}

    def _op_instance(self, step: Step) -> None:
        module = self._definitions.get(step.optional("of"))
        if module is None:
            raise Problem("there is no such definition")
        self._instantiate(module, step.optional("name"))

    def _op_register(self, step: Step) -> None:
        self._linker.define_instance(self._store, step.text("as"), self._instance(step.optional("name")))

    def _op_invoke(self, step: Step) -> None:
        func, store, hosts = self._export(step), self._store, self._hosts
        if not isinstance(func, Func):
            raise Problem("it is no function")
        args, expected = step.value("args"), step.optional("expected")
        if expected is not None and is_plain(args) and is_plain(expected):
            # As most programs call it: with plain objects, and by the fast path.
            found = func(store, *(plain(value, hosts) for value in args))
            wanted = [plain(value, hosts) for value in expected]
            if found != (wanted if len(wanted) > 1 else next(iter(wanted), None)):
                raise Problem(f"expected {wanted}, found {found}")
            return
        results = func.call(store, [argument(value, hosts) for value in args])
        if expected is not None:
            agree = len(expected) == len(results) and all(
                matches(pattern, value, store, hosts) for pattern, value in zip(expected, results, strict=True)
            )
            if not agree:
                raise Problem(f"expected {expected}, found {results}")

    def _op_get(self, step: Step) -> None:
        item = self._export(step)
        if not isinstance(item, Global):
            raise Problem("it is no global")
        value = item.get(self._store)
        expected: list[Json] = step.optional("expected") or []
        for pattern in expected:
            if not matches(pattern, value, self._store, self._hosts):
                raise Problem(f"expected {pattern}, found {value}")

    def _compile(self, file: str) -> Module:
        return Module.from_file(self._engine, self._folder / file)

    def _instantiate(self, module: Module, name: str | None) -> None:
        instance = self._linker.instantiate(self._store, module)
        self._instances |= {name: instance, None: instance}

    def _instance(self, name: str | None) -> Instance:
        instance = self._instances.get(name)
        if instance is None:
            raise Problem("there is no such instance")
        return instance

    def _export(self, step: Step) -> Extern:
        return self._instance(step.optional("module")).exports(self._store)[step.text("field")]
