"""The comparison as a page of tables."""

from __future__ import annotations

from collections.abc import Iterator

from compare import Cell, Comparison, Line
from surface import Item

HEAD = """# Parity

Everything that the core offers, with the name that it has in each package. `tools/parity --update` writes this page
from the library's own metadata and from the three built packages. A test fails if a language lacks something without a
reason. The reasons are at the end.

The comparison knows each language's own way to write a name: `set_fuel` is `setFuel`, a value without parameters may be
a property, `release` is `close`, and a constructor is a call of the class, or an `init`. A default stands after `=`.
Components have a namespace: `ComponentFunc` is `Func` in Python's `trimaran.component`, in Kotlin's
`dev.trimaran.component` and in Swift's `TrimaranComponent`. Below, `component.Func` is that one.
"""
BEYOND = """## Beyond the core

What two packages or all have, and the core does not need to know: ways to say the same shorter, and the objects for
types and values of components.
"""
ALONE = """## In one language only

What belongs to one language's idiom, to its own protocols, or to the names of wasmtime-py.
"""
TITLES = {"python": "Python", "kotlin": "Kotlin", "swift": "Swift"}
# A cell shows so many ways to call something.
MOST = 3
NOTHING = "\N{EN DASH}"
# And so many parameters of one.
MANY = 5


def page(comparison: Comparison) -> str:
    notes: dict[str, int] = {}
    groups: dict[str, list[Line]] = {}
    for line in comparison.lines:
        if line.row.kind != "beyond":
            owner = line.row.path.partition(".")[0] if line.row.kind != "function" else "Functions"
            groups.setdefault(owner, []).append(line)
    parts = [HEAD]
    for owner in sorted(groups):
        lines = sorted(groups[owner], key=lambda line: (order(line), line.row.path))
        parts.append("\n".join([f"## {owner}", "", *table(lines, notes), ""]))
    beyond = [line for line in comparison.lines if line.row.kind == "beyond"]
    parts.append("\n".join([BEYOND, *table(beyond, notes, whole=True), ""]))
    parts.append("\n".join([ALONE, *alone(comparison), ""]))
    parts.append("\n".join(["## Reasons", "", *(f"{number}. {text}" for text, number in notes.items()), ""]))
    return "\n".join(parts)


def order(line: Line) -> int:
    """The type itself, and then its members by their kinds; the fields of an error stay with it."""
    kinds = ["constructor", "method", "field", "variant", "detail"]
    return min(kinds.index(line.row.kind), 3) if "." in line.row.path else -1


def table(lines: list[Line], notes: dict[str, int], whole: bool = False) -> Iterator[str]:
    yield f"| {'' if whole else 'core'} | {' | '.join(TITLES.values())} |"
    yield "|---|---|---|---|"
    for line in lines:
        row = line.row
        words = shown(row.path) if whole else row.words + (f" = {row.default}" if row.default else "")
        cells = [cell(line.cells[language], row.kind == "field", notes) for language in TITLES]
        yield f"| `{words}` | {' | '.join(cells)} |"


def shown(path: str) -> str:
    """A path as a program would write it."""
    return path.replace("/", ".")


def cell(found: Cell, defaults: bool, notes: dict[str, int]) -> str:
    known = {short(item): item.default for item in sorted(found.items, key=lambda item: item.default)}
    # The shorter ones: others differ in how many or which parameters they take.
    names = sorted(known, key=lambda words: (len(words), words))[:MOST]
    texts = [f"{name} = {known[name]}" if defaults and known[name] else name for name in names]
    words = ", ".join(f"`{text}`" for text in texts) or NOTHING
    if found.because:
        words += f" ({notes.setdefault(found.because, len(notes) + 1)})"
    return words


def short(item: Item) -> str:
    """How something is called, with the defaults of its parameters, and without the end of a long list."""
    name, _, rest = item.words.partition("(")
    if not rest:
        return item.words
    swift = ":" in rest
    names = [label for label in rest.rstrip(")").split(":" if swift else ", ") if label]
    presets = item.presets or ("",) * len(names)
    given = [(preset and f"{': ' if swift else '='}{preset}") or (":" if swift else "") for preset in presets]
    texts = [label + preset for label, preset in zip(names, given, strict=True)]
    # Swift writes labels without anything between them.
    part = "" if swift and not any(item.presets) else ", "
    return f"{name}({part.join([*texts[:MANY], '…'] if len(texts) > MANY + 1 else texts)})"


def alone(comparison: Comparison) -> Iterator[str]:
    for language, title in TITLES.items():
        owners: dict[str, list[str]] = {}
        for item in comparison.alone(language):
            owner, _, name = item.path.rpartition(".")
            if not name.startswith("set_") and owner.count(".") < 1:
                owners.setdefault(owner, []).append(name)
        yield f"**{title}**"
        yield ""
        for owner in sorted(owners):
            names = ", ".join(f"`{shown(name)}`" for name in sorted(set(owners[owner])))
            yield f"- {f'`{shown(owner)}`: ' if owner else ''}{names}"
        yield ""
