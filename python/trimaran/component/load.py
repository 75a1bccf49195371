"""Components as modules, without files: their bindings are made when they are loaded."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from .._ffi import BytesLike, file_name, source
from .._native import component_bindings, component_file
from ..engine import Engine
from .component import Component


class Loaded:
    """A component as a package: the texts of its modules, and the component for each engine."""

    __slots__ = ("_components", "_files", "_turn", "_wasm", "origin")

    def __init__(self, wasm: bytes, name: str, path: str | None) -> None:
        self._wasm, self.origin = wasm, path or "bytes"
        self._files = dict(component_bindings(wasm, name, path))
        self._components: WeakKeyDictionary[Engine, Component] = WeakKeyDictionary()
        # Of two threads, one compiles it.
        self._turn = threading.Lock()

    def component(self, engine: Engine) -> Component:
        """The component, compiled by an engine."""
        with self._turn:
            found = self._components.get(engine)
            if found is None:
                found = self._components[engine] = Component(engine, self._wasm)
            return found

    def text(self, path: tuple[str, ...]) -> tuple[str, bool] | None:
        """The text of a module, and whether it is a package."""
        for file, is_package in (("/".join((*path, "__init__.py")), True), (f"{'/'.join(path)}.py", False)):
            found = self._files.get(file)
            if found is not None:
                return found, is_package
        return None

    def modules(self) -> Iterator[tuple[str, ...]]:
        """The paths of all modules, each behind those that it imports."""
        for file in self._files:
            yield tuple(part for part in file.removesuffix(".py").split("/") if part != "__init__")

    def fill(self, module: ModuleType, path: tuple[str, ...]) -> None:
        """Runs a module."""
        found = self.text(path)
        assert found is not None
        if not path:
            vars(module)["_component"] = self.component
        shown = f"<bindings of {self.origin}: {'/'.join(path) or '__init__'}>"
        exec(compile(found[0], shown, "exec", dont_inherit=True), vars(module))


def load(component: str | os.PathLike[str] | BytesLike, name: str | None = None) -> Any:
    """Gives a module with the classes of a component: of a file in the binary or the text format, or of bytes.

    ```python
    plugin = trimaran.component.load("plugin.wasm")
    instance = plugin.Plugin.instantiate(store, imports)
    ```

    The module is a package with what `python -m trimaran bindgen` writes, made anew each time. `name` is that of its
    world; if it is not given, it is that of the file. `instantiate` needs no component: it is compiled once for each
    engine.

    Raises `IoError`, `CompileError` for what is no component, and `UnsupportedError` for types that no bindings can
    be made for.
    """
    if isinstance(component, str | os.PathLike):
        path = file_name(component)
        return make(read(path, name or stem(path)), name or stem(path))
    return make(Loaded(bytes(source(component, "the component")), name or "world", None), name or "world")


def stem(path: str) -> str:
    """The name of a component in a file."""
    return Path(path).stem


def read(path: str, name: str) -> Loaded:
    """Reads a component of a file."""
    return Loaded(component_file(path), name, path)


def make(loaded: Loaded, name: str) -> ModuleType:
    """Runs all modules of a component. Nobody else can import them."""
    # They import each other by these names, for so long.
    root = f"{name.replace('.', '_')}#{id(loaded):x}"
    made: dict[str, ModuleType] = {}
    try:
        for path in ((), *loaded.modules()):
            full = ".".join((root, *path))
            if full not in made:
                found = loaded.text(path)
                spec = spec_from_loader(full, None, origin=loaded.origin, is_package=found is not None and found[1])
                assert spec is not None
                module = ModuleType(full)
                module.__spec__, module.__package__ = spec, full if found and found[1] else full.rpartition(".")[0]
                if found and found[1]:
                    module.__path__ = []
                made[full] = sys.modules[full] = module
        for path in loaded.modules():
            module = made[".".join((root, *path))]
            loaded.fill(module, path)
            if path:
                setattr(made[".".join((root, *path[:-1]))], path[-1], module)
    finally:
        for full in made:
            sys.modules.pop(full, None)
    return made[root]
