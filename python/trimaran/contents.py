"""What a module says of itself, and the bytes that it has for its memories."""

from __future__ import annotations

import builtins
from typing import Any

from ._record import Record


class ModuleNames(Record):
    """The names of a module's name section, by their indexes. A module without one has none.

    What a module imports is counted first.
    """

    __slots__ = (
        "module",
        "functions",
        "locals",
        "labels",
        "types",
        "fields",
        "tables",
        "memories",
        "globals",
        "tags",
        "elements",
        "data",
    )
    module: str | None
    """The module's own name."""
    functions: dict[int, str]
    """Of functions."""
    locals: dict[int, dict[int, str]]
    """Of the locals of functions, by the function and the local: parameters are the first locals."""
    labels: dict[int, dict[int, str]]
    """Of the labels of functions, by the function and the label."""
    types: dict[int, str]
    """Of types."""
    fields: dict[int, dict[int, str]]
    """Of the fields of types, by the type and the field."""
    tables: dict[int, str]
    """Of tables."""
    memories: dict[int, str]
    """Of memories."""
    globals: dict[int, str]
    """Of globals."""
    tags: dict[int, str]
    """Of tags."""
    elements: dict[int, str]
    """Of element segments."""
    data: dict[int, str]
    """Of data segments."""

    def __init__(
        self,
        module: str | None = None,
        *,
        functions: dict[int, str] | None = None,
        locals: dict[int, dict[int, str]] | None = None,
        labels: dict[int, dict[int, str]] | None = None,
        types: dict[int, str] | None = None,
        fields: dict[int, dict[int, str]] | None = None,
        tables: dict[int, str] | None = None,
        memories: dict[int, str] | None = None,
        globals: dict[int, str] | None = None,
        tags: dict[int, str] | None = None,
        elements: dict[int, str] | None = None,
        data: dict[int, str] | None = None,
    ) -> None:
        """Names of that kind each."""
        self._set(
            module=module,
            functions=functions or {},
            locals=locals or {},
            labels=labels or {},
            types=types or {},
            fields=fields or {},
            tables=tables or {},
            memories=memories or {},
            globals=globals or {},
            tags=tags or {},
            elements=elements or {},
            data=data or {},
        )


class Producer(Record):
    """A tool that took part in making a module, or the language that it was written in."""

    __slots__ = ("field", "name", "version")
    field: str
    """What it is: `language`, `processed-by` or `sdk`, by the tool conventions."""
    name: str
    """Its name, such as `clang` or `Rust`."""
    version: str
    """Its version; it may be empty."""

    def __init__(self, field: str, name: str, version: str = "") -> None:
        """A tool of that name and version."""
        self._set(field=field, name=name, version=version)


class DataSegment(Record):
    """Bytes that a module has for a memory."""

    __slots__ = ("memory", "offset", "bytes")
    memory: int | None
    """The index of the memory that it is written to when an instance is made; `None` where it is passive, so that the
    guest itself writes it."""
    offset: int | None
    """Where in that memory, in bytes; `None` where it is passive, or a global says it."""
    bytes: builtins.bytes
    """What is written."""

    def __init__(self, memory: int | None, offset: int | None, bytes: builtins.bytes) -> None:
        """Bytes for that place."""
        self._set(memory=memory, offset=offset, bytes=bytes)

    @property
    def is_passive(self) -> bool:
        """Whether the guest itself writes it, when it wants to."""
        return self.memory is None


def names(fields: Any) -> ModuleNames:
    """The same by indexes, of what the core gives: the fields in their order, each a list."""
    module, *found = fields
    made = ModuleNames(module)
    for kind, named in zip(ModuleNames.__slots__[1:], found, strict=True):
        by_index = getattr(made, kind)
        for *outer, index, name in named:
            (by_index.setdefault(outer[0], {}) if outer else by_index)[index] = name
    return made
