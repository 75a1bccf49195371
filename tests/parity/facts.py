"""What a document says that must not differ between languages: figures, units, defaults, ranges, and errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from documents import Documents

# Python's classes of errors whose name is not the variant's and `Error`.
PYTHON = {"watsyntaxerror": "syntax", "wasmtypeerror": "type", "exittrap": "exit", "trap": "trap"}
# Python and Kotlin have a class for the time limit, which is the core's trap `Interrupt`.
LIMITED = {"timelimittrap": "interrupt", "timelimit": "interrupt"}
# What says the same in other words.
SAME = {"more than zero": "more than 0", "no more than": "at most", "half a surrogate": "half of a surrogate"}
PHRASES = ("by default", "at most", "at least", "more than 0")


def figures(text: str) -> set[str]:
    """The numbers in a text, with what they count where that follows at once."""
    plain = re.sub(r"`[^`]*`|\b[a-z]+-?\d+\w*|UTF-8|\b\d+-bit", " ", text)
    plain = re.sub(r"\b(\d+)_(\d+)", r"\1\2", plain)
    found = re.findall(r"(?<![\w.^])(\d+(?:\.\d+)?)(?: ?(GiB|MiB|KiB))?", plain)
    return {" ".join(filter(None, parts)) for parts in found}


def units(text: str) -> set[str]:
    return {word for word in ("bytes", "elements", "pages") if re.search(rf"\b{word}\b", text)}


def phrases(text: str) -> set[str]:
    return {f"`{phrase}`" for phrase in PHRASES if phrase in text.lower()}


def errors(text: str, variants: frozenset[str]) -> set[str]:
    # A code has its class before it, and is a link in Kotlin: `[TrapCode.OUT_OF_FUEL]`.
    linked = re.findall(r"`+(?:TrapCode)?\.?([\w/]+)`+|\[(?:TrapCode|WasmtimeException)\.(\w+)\]", text)
    named = ((quoted or link).lower().replace("_", "").split("/")[-1] for quoted, link in linked)
    plain = ({**PYTHON, **LIMITED}.get(name, name.removesuffix("error")) for name in named)
    return {name for name in plain if name in variants}


def facts(text: str, variants: frozenset[str]) -> set[str]:
    for words, plain in SAME.items():
        text = text.replace(words, plain)
    return figures(text) | units(text) | phrases(text) | errors(text, variants)


def drifted(core: Documents, languages: Mapping[str, Documents], variants: frozenset[str]) -> Iterator[str]:
    """What the core says of a member and a language does not; and the figures that a language alone has."""
    for path, said in sorted(core.items()):
        # What a class is, each language says in its own way.
        if "." not in path:
            continue
        for language, documents in languages.items():
            text = documents.get(path, "")
            if not text:
                continue
            lacks = sorted(facts(said, variants) - facts(text, variants))
            # A range that the language's type has and the core's has not begins or ends there.
            more = sorted(figures(text) - figures(said) - {"0", "1"})
            if lacks:
                yield f"{path}: {language} does not say {', '.join(lacks)}"
            if more:
                yield f"{path}: only {language} says {', '.join(more)}"
