"""Modules: compiled, validated, reflected, stored."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

from . import _bindings as raw
from ._closable import Managed
from ._handle import Handle
from ._identity import Constant
from ._surface import BytesLike, call, contents, expect, file_name, plain, source
from .engine import Engine
from .extern_type import ExportType, ImportType
from .wat import Wasm

Path: TypeAlias = "str | bytes | os.PathLike[str] | os.PathLike[bytes]"


class Module(Constant, Handle[raw.Module], Managed):
    """A compiled module.

    It may be instantiated any number of times, in any store of its engine, on any thread. It can be used in a
    `with` statement, which closes it at the end.
    """

    __slots__ = ()

    def __init__(self, engine: Engine, wasm: Wasm) -> None:
        """Compiles a module from the binary or the text format.

        Raises `CompileError` where it is no module, is truncated or does not validate, and `WatSyntaxError`
        where text has a mistake.
        """
        self._raw = call(raw.Module, _engine(engine), source(wasm, "the module"))

    @classmethod
    def from_file(cls, engine: Engine, path: Path) -> Module:
        """Compiles a module from a file in the binary or the text format. Raises `IoError` as well."""
        return cls._wrap(call(raw.Module.from_file, _engine(engine), file_name(path)))

    @classmethod
    def validate(cls, engine: Engine, wasm: Wasm) -> None:
        """Checks a module in the binary or the text format without compiling it. Raises as `Module` does."""
        call(raw.validate, _engine(engine), source(wasm, "the module"))

    @classmethod
    def deserialize(cls, engine: Engine, encoded: BytesLike) -> Module:
        """Makes a module from what `serialize` gave.

        Raises `ArtifactError` where a single bit differs, or where another version or configuration made it. The
        artifact is machine code: take it only from where you would take a program. The check finds damage, not
        malice.
        """
        return cls._wrap(call(raw.Module.deserialize, _engine(engine), contents(encoded, "the artifact")))

    @classmethod
    def deserialize_file(cls, engine: Engine, path: Path) -> Module:
        """Makes a module from a file that holds what `serialize` gave. Raises `IoError` as well."""
        return cls._wrap(call(raw.Module.deserialize_file, _engine(engine), file_name(path)))

    def serialize(self) -> bytes:
        """The compiled module as bytes, to keep it and to load it without compiling."""
        return call(self._raw.serialize)

    def pack(self) -> bytes:
        """The compiled module and the configuration of its engine as bytes, for `unpack`. `pickle` uses it."""
        return call(self._raw.pack)

    @classmethod
    def unpack(cls, packed: BytesLike) -> Module:
        """Makes a module from what `pack` gave. It belongs to the shared engine of its configuration.

        Raises `ArtifactError` as `deserialize` does, and asks for the same trust.
        """
        return cls._wrap(call(raw.Module.unpack, contents(packed, "the packed module")))

    @property
    def engine(self) -> Engine:
        """The engine that it was made with."""
        return Engine._wrap(call(self._raw.engine))

    @property
    def name(self) -> str | None:
        """The module's name, from its name section."""
        return call(self._raw.name)

    @property
    def imports(self) -> list[ImportType]:
        """What the module wants, in its order."""
        return [ImportType._from_raw(ty) for ty in call(self._raw.imports)]

    @property
    def exports(self) -> list[ExportType]:
        """What the module offers, in its order."""
        return [ExportType._from_raw(ty) for ty in call(self._raw.exports)]

    def close(self) -> None:
        """Closes the module. Instances of it go on working. Closing twice does nothing."""
        call(self._raw.release)

    def __reduce__(self) -> tuple[Callable[[bytes], Module], tuple[bytes]]:
        return type(self).unpack, (self.pack(),)

    def _said(self) -> str:
        return "" if self.name is None else f" '{plain(self.name)}'"


def _engine(engine: object) -> raw.Engine:
    return expect(engine, Engine, "the engine")._raw
