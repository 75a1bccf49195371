"""Modules: compiled, validated, reflected, stored."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from . import contents
from ._closable import Managed
from ._ffi import BytesLike, expect, file_name, plain, source, wrong_type
from ._handle import Handle
from ._identity import Constant
from ._native import (
    ModuleBase,
    custom_sections,
    module_data,
    module_names,
    module_producers,
    text,
    validate,
)
from .contents import DataSegment, ModuleNames, Producer
from .debug_info import DebugInfo
from .engine import Engine
from .error import WasmtimeError
from .extern_type import ExportType, ImportType
from .wat import Wasm

T = TypeVar("T")
Path: TypeAlias = "str | bytes | os.PathLike[str] | os.PathLike[bytes]"


class Module(ModuleBase, Constant, Handle, Managed):
    """A compiled module.

    You may instantiate it any number of times, in any store of its engine, on any thread. A `with` statement closes it
    at its end.
    """

    __slots__ = ("__weakref__", "_exported", "_imported")
    _exported: list[ExportType]
    _imported: list[ImportType]

    def __init__(self, engine: Engine, wasm: Wasm) -> None:
        """Compiles a module from the binary or the text format.

        Raises `CompileError` if the bytes are no module, are truncated or do not validate, `WatSyntaxError` if the text
        has a mistake, and `WasmTypeError` for the path of a file, which `from_file` reads.
        """
        self._make(expect(engine, Engine, "the engine"), source(_no_path(wasm), "the module"))

    @classmethod
    def from_file(cls, engine: Engine, path: Path) -> Module:
        """Compiles a module from a file in the binary or the text format.

        Raises `IoError` as well, and `LimitError` for a file that is larger than the engine's limit for modules, or
        than 1 GiB: it reads no more of it.
        """
        return _filled(cls, lambda made: made._make_from_file(engine, file_name(path)))

    @classmethod
    def for_snapshots(cls, engine: Engine, wasm: Wasm) -> Module:
        """Compiles a module as the constructor does, so that `Instance.snapshot` can read its instances.

        It behaves like any other module, except that you cannot serialize, pack or pickle it: do that with the module
        of a snapshot.

        Raises as the constructor does, and `UnsupportedError` for a module whose instances keep some of their state
        elsewhere: it imports a memory, a table or a mutable global, has one that is shared, or drops passive segments.
        The text says which.
        """
        expect(engine, Engine, "the engine")
        return _filled(cls, lambda made: made._make_for_snapshots(engine, source(_no_path(wasm), "the module")))

    @classmethod
    def validate(cls, engine: Engine, wasm: Wasm) -> None:
        """Checks a module in the binary or the text format without compiling it. Raises as `Module` does."""
        validate(expect(engine, Engine, "the engine"), source(wasm, "the module"))

    @staticmethod
    def custom_sections(wasm: Wasm, name: str) -> list[bytes]:
        """The contents of each custom section of that name, in the order of the module.

        The module, in the binary or the text format, is neither validated nor compiled. Raises `CompileError` where it
        is no module or is truncated, and `WatSyntaxError` where text has a mistake.
        """
        return custom_sections(source(wasm, "the module"), text(name, "the section's name"))

    @staticmethod
    def names(wasm: Wasm) -> ModuleNames:
        """The names of a module's name section. What cannot be read there is left out, as engines do.

        The module, in the binary or the text format, is neither validated nor compiled. Raises `CompileError` where it
        is no module or is truncated, `WatSyntaxError` where text has a mistake, and `LimitError` where there are more
        than 1,000,000 names.
        """
        return contents.names(module_names(source(wasm, "the module")))

    @staticmethod
    def producers(wasm: Wasm) -> list[Producer]:
        """The tools that made a module, by its producers section (WebAssembly tool conventions).

        The module, in the binary or the text format, is neither validated nor compiled. What cannot be read in the
        section is left out. Raises `CompileError` where it is no module or is truncated, `WatSyntaxError` where text
        has a mistake, and `LimitError` where there are more than 1,000,000.
        """
        return [Producer(*fields) for fields in module_producers(source(wasm, "the module"))]

    @staticmethod
    def data_segments(wasm: Wasm) -> list[DataSegment]:
        """The data segments of a module in the binary or the text format, which is neither validated nor compiled.

        Raises `CompileError` where it is no module, is truncated, or a segment cannot be read, `WatSyntaxError` where
        text has a mistake, and `LimitError` where there are more than 1,000,000, or there is no room for a copy.
        """
        return [DataSegment(*fields) for fields in module_data(source(wasm, "the module"))]

    @classmethod
    def deserialize(cls, engine: Engine, encoded: BytesLike) -> Module:
        """Makes a module from the bytes of `serialize`.

        Raises `ArtifactError` if a single bit differs, or if another version or configuration made the artifact. An
        artifact is machine code: load it only from where you would load a program. The check finds damage, not malice.
        """
        return _filled(cls, lambda made: made._make_deserialize(engine, encoded))

    @classmethod
    def deserialize_file(cls, engine: Engine, path: Path) -> Module:
        """Makes a module from a file with the bytes of `serialize`. Raises `IoError` as well."""
        return _filled(cls, lambda made: made._make_deserialize_file(engine, file_name(path)))

    @classmethod
    def unpack(cls, packed: BytesLike) -> Module:
        """Makes a module from the bytes of `pack`. It belongs to the shared engine of its configuration.

        Raises `ArtifactError` as `deserialize` does, and asks for the same trust.
        """
        return _filled(cls, lambda made: made._make_unpack(packed))

    @property
    def engine(self) -> Engine:
        """The engine that it was made with."""
        return self._engine()

    @property
    def name(self) -> str | None:
        """The module's name, from its name section; a name of more than 100,000 bytes is none."""
        return self._name()

    @property
    def imports(self) -> list[ImportType]:
        """The imports, in the module's order.

        Raises `LimitError` if the types of its functions have far more values than there are imports.
        """
        # A closed one says so.
        self._name()
        try:
            known = _IMPORTED(self)
        except AttributeError:
            known = self._imported = self._imports()
        return known.copy()

    @property
    def exports(self) -> list[ExportType]:
        """The exports, in the module's order. Raises `LimitError` as `imports` does."""
        self._name()
        try:
            known = _EXPORTED(self)
        except AttributeError:
            known = self._exported = self._exports()
        return known.copy()

    @property
    def debug_info(self) -> DebugInfo | None:
        """What the module says of its source files.

        `None` where it says nothing, or its engine's `Config.wasm_backtrace_details` is off.
        """
        return self._debug_info()

    def close(self) -> None:
        """Closes the module. Its instances go on working. A second `close` does nothing."""
        self._release()

    def __reduce__(self) -> tuple[Callable[[bytes], Module], tuple[bytes]]:
        return type(self).unpack, (self.pack(),)

    def _repr_html_(self) -> str:
        """Tables for notebooks: the first imports and exports, with their types."""
        from ._html import counted, line, table

        try:
            imports, exports = self.imports, self.exports
        except WasmtimeError:
            return line(repr(self))
        wanted = ([each.module, each.name or "", str(each.type)] for each in imports)
        given = ([each.name, str(each.type)] for each in exports)
        return (
            f"<p>{line(repr(self))}</p>"
            + table(counted("import", imports), ("module", "name", "type"), wanted, len(imports))
            + table(counted("export", exports), ("name", "type"), given, len(exports))
        )

    def _said(self) -> str:
        return "" if self.name is None else f" '{plain(self.name)}'"


# What is kept, since it never changes; nothing where it was not asked for yet.
_EXPORTED: Callable[[Module], list[ExportType]] = vars(Module)["_exported"].__get__
_IMPORTED: Callable[[Module], list[ImportType]] = vars(Module)["_imported"].__get__


def _no_path(wasm: Wasm, what: str = "module") -> Wasm:
    """Refuses the path of a file where its contents are expected."""
    if isinstance(wasm, os.PathLike) or (isinstance(wasm, str) and wasm.endswith((".wasm", ".wat"))):
        made = f"{what.title()}.from_file(engine, path)"
        raise wrong_type(f"the {what} is the path of a file: read the file with {made}")
    return wasm


def _filled(cls: type[T], fill: Callable[[T], None]) -> T:
    made = cls.__new__(cls)
    fill(made)
    return made
