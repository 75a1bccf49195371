"""Whether the languages have the same, but for what the file of reasons knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from surface import LANGUAGES, Facade, Item, Row, candidates, key, value

Reasons = dict[str, dict[str, str | None]]


@dataclass
class Cell:
    """What one language has: nothing, where the reason says why."""

    items: list[Item]
    because: str | None = None


@dataclass
class Line:
    row: Row
    cells: dict[str, Cell]


@dataclass
class Comparison:
    facades: dict[str, Facade]
    reasons: Reasons
    problems: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)
    needed: set[tuple[str, str]] = field(default_factory=set)

    def run(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.compare(row, candidates(row))
        for row in list(self.beyond()):
            self.compare(row, [key(row.path)])
        for pattern, entry in self.reasons.items():
            for language in LANGUAGES:
                if language in entry and (pattern, language) not in self.needed:
                    self.problems.append(f"the reason for {pattern} in {language} is not needed")

    def compare(self, row: Row, keys: list[str]) -> None:
        cells = {language: self.cell(row, keys, facade) for language, facade in self.facades.items()}
        self.lines.append(Line(row, cells))

    def cell(self, row: Row, keys: list[str], facade: Facade) -> Cell:
        language = facade.language
        found = facade.find(keys)
        self.seen |= {(language, key) for key in keys}
        defaults = [item for item in found if item.default]
        same = not row.default or value(row.default) in {value(item.default) for item in defaults}
        if found and same:
            return Cell(found)
        pattern = self.reason(row, language)
        if pattern is None:
            what = f"its default is not {row.default}" if found else "it is not there"
            self.problems.append(f"{row.kind} {row.path}: {what} in {language}, and there is no reason")
            return Cell(found)
        self.needed.add((pattern, language))
        entry = self.reasons[pattern]
        named = [item for name in (entry[language] or "").split() for item in self.other(name, row, facade)]
        return Cell(named, entry["because"])

    def reason(self, row: Row, language: str) -> str | None:
        """The entry for a row: one by its very path comes first."""
        path = key(row.path)
        fitting = [name for name in self.reasons if language in self.reasons[name] and fnmatchcase(path, key(name))]
        return next((name for name in fitting if key(name) == path), next(iter(fitting), None))

    def other(self, name: str, row: Row, facade: Facade) -> list[Item]:
        """What a reason names instead."""
        found = facade.named(name)
        if not found:
            self.problems.append(f"{row.path}: {facade.language} has no {name}, which its reason names")
        self.seen |= {(facade.language, key(item.path)) for item in found}
        return found

    def beyond(self) -> Iterable[Row]:
        """What the core has not, and two languages have."""
        counts: dict[str, list[Item]] = {}
        for language, facade in self.facades.items():
            for found, items in facade.items.items():
                if (language, found) not in self.seen and not found.rpartition(".")[2].startswith("set"):
                    counts.setdefault(found, []).append(items[0])
        for found in sorted(counts):
            first = counts[found][-1]
            if len(counts[found]) > 1 and found.count(".") < 2:
                yield Row("beyond", first.path, "", first.path.rpartition(".")[2])

    def alone(self, language: str) -> list[Item]:
        """What only one language has."""
        facade = self.facades[language]
        return [items[0] for found, items in facade.items.items() if (language, found) not in self.seen]
