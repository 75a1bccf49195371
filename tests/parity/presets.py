"""The defaults of parameters that are only in the source: Kotlin's reflection and Swift's symbols have none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

# By the name of what is called and the names of its parameters.
Presets = dict[tuple[str, tuple[str, ...]], list[str]]


def split(text: str) -> list[str]:
    """The parameters in a text that begins behind their opening parenthesis."""
    parts, depth = [""], 0
    for place, sign in enumerate(text):
        if sign in ")]}" and depth == 0:
            break
        # No arrow, and no comparison either, closes anything.
        depth += (sign in "([{<") - (sign in ")]}" or (sign == ">" and text[place - 1] != "-"))
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [" ".join(part.split()) for part in parts if part.strip()]


def preset(parameter: str) -> str:
    return parameter.partition(" = ")[2]


def kotlin(*folders: Path) -> Presets:
    found: Presets = {}
    for file in sorted(file for folder in folders for file in folder.glob("*.kt")):
        for name, text in callables(file.read_text()):
            given = split(text)
            names = [re.findall(r"(\w+):", part)[:1] for part in given]
            presets = [preset(part) for part in given]
            if any(presets):
                found[name, tuple(name for part in names for name in part)] = presets
    return found


CALLABLE = re.compile(
    r"^[^*/\n]*?\b(?:fun (?:<[^(]*?> )?(?:[\w<>?]+\.)?(?P<fun>\w+)|class (?P<class>\w+)[^(\n]*?|constructor)\(",
    re.MULTILINE,
)


def callables(text: str) -> Iterator[tuple[str, str]]:
    """The name of each function and constructor, and the text from its parameters on."""
    owner = ""
    for match in CALLABLE.finditer(text):
        owner = match["class"] or owner
        yield match["fun"] or owner, text[match.end() :]
