"""Components: compiled, validated, reflected, stored."""

from __future__ import annotations

from collections.abc import Callable

from .. import _native
from .._closable import Managed
from .._ffi import BytesLike, expect, file_name, source, wrong_type
from .._handle import Handle, shown_if_made
from .._identity import Constant
from .._native import ComponentBase, indefinite, text
from ..engine import Engine
from ..module import Path, _filled, _no_path
from ..wat import Wasm
from .types import ComponentInstanceType, ComponentItem, ComponentType, table


class Component(ComponentBase, Constant, Handle, Managed):
    """A compiled component.

    You may instantiate it any number of times, in any store of its engine, on any thread. A `with` statement closes it
    at its end.
    """

    __slots__ = ("__weakref__", "_type")
    _type: ComponentType

    def __init__(self, engine: Engine, wasm: Wasm) -> None:
        """Compiles a component from the binary or the text format.

        Raises `CompileError` if the bytes are no component, are truncated or do not validate, `WatSyntaxError` if the
        text has a mistake, `WasmTypeError` for the path of a file, which `from_file` reads, and `LimitError` if it, or
        a module in it, passes the engine's limits for modules.
        """
        self._make(expect(engine, Engine, "the engine"), source(_no_path(wasm, "component"), "the component"))

    @classmethod
    def from_file(cls, engine: Engine, path: Path) -> Component:
        """Compiles a component from a file in the binary or the text format.

        Raises `IoError` as well, and `LimitError` for a file that is larger than the engine's limit for modules, or
        than 1 GiB: it reads no more of it.
        """
        return _filled(cls, lambda made: made._make_from_file(engine, file_name(path)))

    @classmethod
    def validate(cls, engine: Engine, wasm: Wasm) -> None:
        """Checks a component in the binary or the text format, which takes as long as to compile it.

        Raises as `Component` does.
        """
        validate_component(engine, wasm)

    @classmethod
    def precompile(cls, engine: Engine, wasm: Wasm) -> bytes:
        """Compiles a component to what `serialize` gives, without making one: by `Config.target` for another machine.

        Raises as `Component` does.
        """
        return _native.precompile_component(
            expect(engine, Engine, "the engine"), source(_no_path(wasm, "component"), "the component")
        )

    @classmethod
    def deserialize(cls, engine: Engine, encoded: BytesLike) -> Component:
        """Makes a component from the bytes of `serialize`.

        Raises `ArtifactError` if a single bit differs, or if another version or configuration made the artifact. An
        artifact is machine code: load it only from where you would load a program. The check finds damage, not malice.
        """
        return _filled(cls, lambda made: made._make_deserialize(engine, encoded))

    @classmethod
    def deserialize_file(cls, engine: Engine, path: Path) -> Component:
        """Makes a component from a file with the bytes of `serialize`. Raises `IoError` as well."""
        return _filled(cls, lambda made: made._make_deserialize_file(engine, file_name(path)))

    @classmethod
    def unpack(cls, packed: BytesLike) -> Component:
        """Makes a component from the bytes of `pack`. It belongs to the shared engine of its configuration.

        Raises `ArtifactError` as `deserialize` does, and asks for the same trust.
        """
        return _filled(cls, lambda made: made._make_unpack(packed))

    def serialize(self) -> bytes:
        """The compiled component as bytes, to keep it and to load it without compiling.

        Raises `LimitError` if there is no room for them.
        """
        return self._serialize()

    def pack(self) -> bytes:
        """The compiled component with its engine's configuration, as bytes for `unpack` in any process of this version.

        Raises `LimitError` if there is no room for them.
        """
        return self._pack()

    @property
    def engine(self) -> Engine:
        """The engine that it was made with."""
        return self._engine()

    @property
    def type(self) -> ComponentType:
        """What it imports and what it exports.

        Raises `LimitError` if the types, written out, are far larger than the component.
        """
        # It never changes.
        try:
            known = _TYPE(self)
        except AttributeError:
            found = table(self._types()).root
            assert isinstance(found, ComponentType)
            known = self._type = found
        return known

    def get_export_index(self, name: str, instance: ExportIndex | None = None) -> ExportIndex | None:
        """Where an export is, or `None`: by `instance`, an instance that the component exports has it."""
        text(name, "the name")
        items: dict[str, ComponentItem]
        path: tuple[str, ...]
        if instance is None:
            items, path = self.type.exports(), ()
        else:
            index = expect(instance, ExportIndex, "the instance")
            if index._component is not self or not isinstance(index._item, ComponentInstanceType):
                return None
            items, path = index._item.exports(), index._path
        return ExportIndex._of(self, (*path, name), items[name]) if name in items else None

    def close(self) -> None:
        """Closes the component. Its instances go on working. A second `close` does nothing."""
        self._release()

    def __reduce__(self) -> tuple[Callable[[bytes], Component], tuple[bytes]]:
        return type(self).unpack, (self.pack(),)


# What is kept; nothing where it was not asked for yet.
_TYPE: Callable[[Component], ComponentType] = vars(Component)["_type"].__get__


class ExportIndex(Constant, Managed):
    """Where an export of a component is. `Component.get_export_index` gives it."""

    __slots__ = ("_component", "_item", "_path")
    _making = "Component.get_export_index gives one"
    _instead = "it is a place in a component; send the Component"
    _component: Component
    _path: tuple[str, ...]
    _item: ComponentItem

    def __init__(self) -> None:
        name = indefinite(type(self).__name__)
        raise wrong_type(f"{name} comes from Component.get_export_index: it cannot be made here")

    @classmethod
    def _of(cls, component: Component, path: tuple[str, ...], item: ComponentItem) -> ExportIndex:
        made = cls.__new__(cls)
        made._component, made._path, made._item = component, path, item
        return made

    def __repr__(self) -> str:
        return shown_if_made(self, lambda: " ".join(map(repr, self._path)))


def validate_component(engine: Engine, wasm: Wasm) -> None:
    """Checks a component in the binary or the text format, and keeps nothing of it. It takes as long as to compile it.

    Raises as `Component` does.
    """
    _native.validate_component(expect(engine, Engine, "the engine"), source(_no_path(wasm), "the component"))
