"""What the Swift package offers: its symbol graph, and for defaults, which that has not, the lines it points to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from surface import Item

Symbol = dict[str, Any]
# Made by the compiler for every type of some kind.
EVERYWHERE = {"==", "!=", "hash", "hashValue", "localizedDescription", "encode"}


def read(graph: Path) -> list[Item]:
    symbols = json.loads(graph.read_text())["symbols"]
    sources: dict[str, list[str]] = {}
    return [item for symbol in symbols for item in items(symbol, sources)]


def items(symbol: Symbol, sources: dict[str, list[str]]) -> Iterator[Item]:
    if not symbol["identifier"]["precise"].startswith("s:8Trimaran"):
        return
    *owners, title = symbol["pathComponents"]
    name, _, labels = title.partition("(")
    if name in EVERYWHERE:
        return
    owner = "".join(f"{part}." for part in owners)
    declared = "".join(fragment["spelling"] for fragment in symbol["declarationFragments"])
    lines = following(symbol, sources)
    if name == "init":
        # A label says what it is made from: init(deserializing:).
        yield Item(f"{owner}new", "", title)
        yield from (Item(f"{owner}{label}", default, label) for label, default in parameters(lines))
        return
    kind = symbol["kind"]["identifier"]
    yield Item(owner + name, stored(declared, lines) if kind == "swift.property" else "", title)
    if kind == "swift.enum.case":
        yield from (Item(f"{owner}{name}.{label}", "", label) for label in labels.rstrip(")").split(":") if label)
    elif kind in ("swift.property", "swift.subscript") and settable(declared):
        yield Item(f"{owner}set_{name}", "", f"{name} =")


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


def parameters(lines: str) -> Iterator[tuple[str, str]]:
    """The parameters of an initialiser that have a default."""
    head = re.match(r"[^(]*\((.*?)\)(?: throws\S*)? *\{", lines, re.DOTALL)
    for part in re.split(r",\s*(?![^\[(<]*[\])>])", head[1] if head else ""):
        found = re.match(r"\s*(?:\w+ )?(\w+): .+ = (.+)$", part.strip(), re.DOTALL)
        if found:
            yield found[1], found[2].strip()
