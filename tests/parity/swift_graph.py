"""What the Swift package offers: its symbol graph, and for defaults, which that has not, the lines it points to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from presets import preset, split
from surface import Item

Symbol = dict[str, Any]
# Made by the compiler for every type of some kind.
EVERYWHERE = {"==", "!=", "hash", "hashValue", "localizedDescription", "encode"}
TYPES = {"swift.enum", "swift.struct", "swift.class"}
CALLED = {"swift.method", "swift.type.method", "swift.func"}


def read(graph: Path, module: str) -> list[Item]:
    symbols = json.loads(graph.read_text())["symbols"]
    sources: dict[str, list[str]] = {}
    ours = [symbol for symbol in symbols if symbol["identifier"]["precise"].startswith(f"s:{len(module)}{module}")]
    return [item for symbol in ours for item in items(symbol, sources)]


def items(symbol: Symbol, sources: dict[str, list[str]]) -> Iterator[Item]:
    *owners, title = symbol["pathComponents"]
    name, _, labels = title.partition("(")
    if name in EVERYWHERE:
        return
    # A type within another one, as `Config.Cache`, is known by its own name.
    is_type = symbol["kind"]["identifier"] in TYPES
    owner = "" if is_type else "".join(f"{part}." for part in owners[-1:])
    declared = "".join(fragment["spelling"] for fragment in symbol["declarationFragments"])
    lines = following(symbol, sources)
    if name == "init":
        # A label says what it is made from: init(deserialize:).
        yield Item(f"{owner}new", "", title, presets(labels, lines))
        names = [(labelled(given), preset(given)) for given in parameters(lines)]
        yield from (Item(f"{owner}{name}", default, name) for name, default in names if default)
        return
    kind = symbol["kind"]["identifier"]
    default = stored(declared, lines) if kind == "swift.property" else ""
    yield Item(owner + name, default, title, presets(labels, lines) if kind in CALLED else ())
    if kind == "swift.enum.case":
        yield from (Item(f"{owner}{name}.{label}", "", label) for label in labels.rstrip(")").split(":") if label)
    elif kind in ("swift.property", "swift.subscript") and settable(declared):
        yield Item(f"{owner}set_{name}", "", f"{name} =")


def presets(labels: str, lines: str) -> tuple[str, ...]:
    """The defaults of the parameters, where what was found in the source is what has these labels."""
    given = [preset(parameter) for parameter in parameters(lines)]
    return tuple(given) if len(given) == labels.count(":") else ()


def settable(declared: str) -> bool:
    return bool(re.search(r"\bvar\b|\bsubscript\b", declared)) and ("{" not in declared or "set" in declared)


def following(symbol: Symbol, sources: dict[str, list[str]]) -> str:
    """The source from where something is declared."""
    location = symbol.get("location")
    if not location:
        return ""
    path = unquote(urlparse(location["uri"]).path)
    if path not in sources:
        sources[path] = Path(path).read_text().splitlines()
    return "\n".join(sources[path][location["position"]["line"] :][:20])


def stored(declared: str, lines: str) -> str:
    """The default of a stored property: what is written there, or nil."""
    first = lines.partition("\n")[0]
    found = re.search(r"\bvar \w+(?:: [^={]+)? = (.+?)(?: \{.*)?$", first)
    if found:
        return found[1]
    return "nil" if re.search(r"\bvar\b", declared) and declared.endswith("?") else ""


def parameters(lines: str) -> list[str]:
    """The parameters of what is declared in a text."""
    return split(lines.partition("(")[2])


def labelled(parameter: str) -> str:
    """The name that a parameter has inside."""
    return parameter.partition(":")[0].split()[-1]
