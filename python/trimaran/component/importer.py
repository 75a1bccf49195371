"""Imports components: with `import trimaran.component.importer`, `import plugin` finds `plugin.wasm` on `sys.path`.

A module of Python's of that name goes first. `plugin` is then what `trimaran.component.load` gives, and a package as
any other one: `from plugin.exports.codec import Codec` works. A file that is no component raises `ImportError`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType

from ..error import WasmtimeError
from .load import Loaded, read


class Importer(MetaPathFinder):
    """Finds components, and their modules."""

    def __init__(self) -> None:
        self._loaded: dict[str, Loaded] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The component of that name, or a module of one."""
        root, *rest = name.split(".")
        if not rest:
            if path is not None or not (found := _file(root)):
                return None
            try:
                self._loaded[root] = read(str(found), root)
            except WasmtimeError as error:
                raise ImportError(str(error), name=name, path=str(found)) from error
        loaded = self._loaded.get(root)
        text = loaded.text(tuple(rest)) if loaded is not None else None
        if loaded is None or text is None:
            return None
        return spec_from_loader(name, _Loader(loaded, tuple(rest)), origin=loaded.origin, is_package=text[1])


class _Loader(Loader):
    """Runs a module of a component."""

    def __init__(self, loaded: Loaded, path: tuple[str, ...]) -> None:
        self._loaded, self._path = loaded, path

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As for any other module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Runs it."""
        self._loaded.fill(module, self._path)


def _file(name: str) -> Path | None:
    for folder in sys.path:
        found = Path(folder or ".") / f"{name}.wasm"
        if found.is_file():
            return found
    return None


if not any(isinstance(finder, Importer) for finder in sys.meta_path):
    sys.meta_path.append(Importer())
