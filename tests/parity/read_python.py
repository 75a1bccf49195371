"""What the installed package offers, by `inspect`: a line for each name, parted by tabs, of its path, its default, its
words, and the defaults of its parameters."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator
from types import ModuleType

import trimaran
import trimaran.component
from trimaran import Setting, WasmtimeError, WasmTypeError
from trimaran._setting import Knob

Line = tuple[str, ...]
EMPTY = inspect.Parameter.empty


def parameters(member: object) -> list[inspect.Parameter]:
    """What something is called with, without the object itself."""
    try:
        given = list(inspect.signature(member).parameters.values())  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
    return [parameter for parameter in given if parameter.name not in ("self", "cls")]


def words(name: str, member: object) -> tuple[str, ...]:
    """How something is called, and the defaults of its parameters."""
    plain = getattr(member, "__func__", member)
    if not inspect.isclass(member) and not inspect.isroutine(plain):
        return (name,)
    given = parameters(plain)
    presets = ["" if item.default is EMPTY else repr(item.default) for item in given]
    return f"{name}({', '.join(item.name for item in given)})", *presets


def names(kind: type) -> dict[str, object]:
    """The public members that a class has from this package, and what its instances are declared to have."""
    ours = [base for base in kind.__mro__ if base.__module__.startswith("trimaran")]
    found: dict[str, object] = {}
    for base in reversed(ours):
        found |= dict.fromkeys(inspect.get_annotations(base))
        found |= vars(base)
    return {name: member for name, member in found.items() if not name.startswith("_")}


def settings(kind: type) -> dict[str, object]:
    """The settings that a new object has, and their defaults."""
    try:
        made = kind()
    except Exception:
        return {}
    found = {name: getattr(made, name) for name in names(kind)}
    return {name: value.value for name, value in found.items() if isinstance(value, Setting)}


def made_here(kind: type) -> bool:
    """Whether a program makes such objects. What comes out of a guest says so when it is tried."""
    initialiser: object = getattr(kind, "__init__")  # noqa: B009
    if not inspect.isfunction(initialiser) or issubclass(kind, (enum.Enum, WasmtimeError)):
        return False
    try:
        return bool(parameters(kind)) or kind() is not None
    except WasmTypeError:
        return False


def members(name: str, kind: type) -> Iterator[Line]:
    defaults = {item.name: item.default for item in parameters(kind) if item.default is not EMPTY} | settings(kind)
    if made_here(kind):
        yield f"{name}.new", "", *words(kind.__name__, kind)
    for member, value in names(kind).items():
        default = repr(defaults[member]) if member in defaults else ""
        yield f"{name}.{member}", default, *words(member, value)
        if value.fset is not None if isinstance(value, property) else isinstance(value, Knob):
            yield f"{name}.set_{member}", "", f"{member} ="


def lines(module: ModuleType, space: str = "") -> Iterator[Line]:
    """What a module has. Each path begins with its `space`, as in `surface.SPACE`."""
    for name in module.__all__:
        item = getattr(module, name)
        path = space + name
        if not inspect.isclass(item):
            yield path, "", *words(name, item)
        elif issubclass(item, WasmtimeError) and item.variant:
            path = f"WasmtimeError.{item.variant}"
            yield path, "", name
            yield from members(path, item)
        else:
            yield path, "", name
            yield from members(path, item)


for line in [*lines(trimaran), *lines(trimaran.component, "component/")]:
    print("\t".join(line))
