"""Names of the core and of the packages, and how one is found by the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

LANGUAGES = ["python", "kotlin", "swift"]


@dataclass(frozen=True)
class Item:
    """Something public of a package: its path, such as `Store.setFuel`, its default, how its language writes it, and
    the defaults of its parameters."""

    path: str
    default: str
    words: str
    presets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """Something that every language should have."""

    kind: str
    path: str
    default: str
    words: str


# In the packages, components have a namespace. A path within it begins so: `component/Func.type`.
SPACE = "component/"
# Its types of values without parts.
SIMPLE = re.compile(r"Bool|Char|String|[SUF]\d+")
# The languages' names for its methods, where they are not the core's alone.
METHODS = {
    "types": ["type"],
    "resource_type": ["type"],
    "resource_drop": ["drop", "close"],
    "is_owned": ["owned", "is_owned"],
    "is_alive": ["alive", "is_alive"],
}
# The languages' names for the same type, and the same word of a name.
TYPES = {"wasmtimeexception": "wasmtimeerror", "instanceexports": "exports"}
WORDS = {"function": "func"}
# What says the same in every language.
SAME = {"none": "none", "null": "none", "nil": "none", "[]": "empty"}


def key(path: str) -> str:
    """A path in the one form in which languages are compared: without case, underscores and marks."""
    parts = re.sub(r"[_`]", "", path).lower().split(".")
    parts[0] = TYPES.get(parts[0], parts[0])
    return ".".join([*parts[:-1], WORDS.get(parts[-1], parts[-1])])


def spaced(path: str) -> str:
    """The path in the packages of something of the core: `ComponentFunc.type` is `component/Func.type`."""
    if not path.startswith("Component"):
        return path
    name = path.removeprefix("Component")
    return SPACE + (name if name[:1].isalpha() else path)


def value(default: str) -> str:
    """A default in the one form in which languages are compared."""
    plain = default.strip().lower()
    return SAME.get(plain, plain)


def candidates(row: Row) -> list[str]:
    """The keys that something of the core may have in a language."""
    owner, dot, name = spaced(row.path).rpartition(".")
    names = [name]
    if owner == f"{SPACE}TypeKind":
        return kinds(name)
    if owner.startswith(SPACE) and name in METHODS:
        names = METHODS[name]
    elif name == "release":
        names = ["close"]
    elif name == "is_released":
        names = ["closed", "is_closed"]
    elif name == "ty":
        names = ["type"]
    elif row.kind == "variant" and name.startswith("Of"):
        names = [name[2:]]
    elif row.kind == "method":
        # What has no parameters may be a property, or have a getter.
        names = [name, f"get_{name}"]
    return [key(owner + dot + name) for name in names]


def kinds(name: str) -> list[str]:
    """The keys of a kind of types of components: a type of its own, or a case of an enum."""
    own = [name, f"PrimitiveType.{name}"] if SIMPLE.fullmatch(name) else [f"{name}Type"]
    if name == "Resource":
        # Kotlin's, of which a component alone tells nothing but the name.
        own.append("ResourceItem")
    return [key(SPACE + path) for path in [*own, f"Kind.{name}"]]


def rows(lines: Iterable[str]) -> list[Row]:
    """The core's items, by the lines of its interface. The fields of an error are items of their own."""
    found: list[Row] = []
    for line in lines:
        kind, _, rest = line.partition(" ")
        path, names, default = declared(rest)
        name = path.rpartition(".")[2]
        called = kind in ("constructor", "method", "function") or names
        found.append(Row(kind, path, default, f"{name}({', '.join(names)})" if called else name))
        if kind == "variant" and path.startswith("WasmtimeError."):
            found += [Row("detail", f"{path}.{field}", "", f"{name}.{field}") for field in names]
    return found


def declared(rest: str) -> tuple[str, list[str], str]:
    """The path, the parameters' names and the default of what a line declares."""
    path = re.findall(r"^[\w.]+", rest)[0]
    after = rest[len(path) :]
    if after.startswith("("):
        return path, re.findall(r"(\w+): ", after.partition(")")[0]), ""
    return path, [], after.partition(" = ")[2]


@dataclass
class Facade:
    """What a package offers, by key."""

    language: str
    items: dict[str, list[Item]] = field(default_factory=dict)

    @classmethod
    def of(cls, language: str, items: Iterable[Item]) -> Facade:
        facade = cls(language)
        # Not in the order of a symbol graph, which is another one every time.
        for item in sorted(items, key=lambda item: (item.path, item.default, item.words)):
            facade.items.setdefault(key(item.path), []).append(item)
        return facade

    def find(self, keys: Iterable[str]) -> list[Item]:
        return [item for key in keys for item in self.items.get(key, [])]

    def named(self, name: str) -> list[Item]:
        """What has this very path; or of what is made with labels, this owner and these words."""
        owner = name.partition("(")[0].rpartition(".")[0]
        return [
            item
            for items in self.items.values()
            for item in items
            if item.path == name or ("(" in name and name == f"{owner}.{item.words}" and item.path.startswith(owner))
        ]
