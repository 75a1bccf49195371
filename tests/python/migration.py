"""The two tables of `docs/migrating-from-wasmtime-py.md`, from what the tests know.

`python tests/python/migration.py` writes them into the document anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase

from guests import ROOT

DOCUMENT = ROOT / "docs" / "migrating-from-wasmtime-py.md"
TESTS = ROOT / "tests"


def load(path: str) -> dict[str, str]:
    """What a file of names or reasons holds."""
    told: dict[str, str] = json.loads((TESTS / path).read_text(encoding="utf-8"))
    return told


def names() -> Iterator[str]:
    """A row for every class, with each public name in it, and one for every function and value."""
    differences = load("python/wasmtime_differences.json")
    yield "| wasmtime-py 48 | its names | here |"
    yield "|---|---|---|"
    for prefix, file in ("", "wasmtime_names"), ("component.", "wasmtime_component_names"):
        wanted = load(f"python/{file}.json")
        for name, word in wanted.items():
            if "." in name:
                continue
            members = {key.partition(".")[2]: value for key, value in wanted.items() if key.startswith(f"{name}.")}
            listed = ", ".join(f"`{member}{word_of(value)}`" for member, value in members.items())
            full = {member: f"{prefix}{name}.{member}" for member in members}
            differ = [f"`{it}`" for it, path in full.items() if any(fnmatchcase(path, item) for item in differences)]
            same = f"the same but for {', '.join(differ)}" if differ else "the same"
            yield f"| `{prefix}{name}{word_of(word)}` | {listed} | {same} |"
    yield ""
    yield "| what differs | why |"
    yield "|---|---|"
    for pattern, reason in differences.items():
        yield f"| `{pattern}` | {reason} |"


def word_of(word: str) -> str:
    """The parameters of what can be called."""
    return word[word.index("(") :] if "(" in word else ""


def behaviour() -> Iterator[str]:
    """A row for every reason why a test of wasmtime-py has another outcome here."""
    reasons: dict[str, list[str]] = {}
    for test, reason in load("clients/wasmtime_py_differences.json").items():
        *folder, file, _, name = test.split(".")
        file = ".".join([*folder, file])
        reasons.setdefault(reason, []).append(f"{file}.{name}")
    yield "| what differs | wasmtime-py's tests that see it |"
    yield "|---|---|"
    for reason, tests in reasons.items():
        yield f"| {reason} | {', '.join(f'`{test}`' for test in tests)} |"


def rewritten(text: str) -> str:
    """The document with its tables as they have to be."""
    for section, lines in ("names", names()), ("behaviour", behaviour()):
        start, end = f"<!-- {section}: written by tests/python/migration.py -->\n", f"<!-- end of {section} -->"
        before, found, rest = text.partition(start)
        assert found and end in rest, f"the document has no section {section}"
        text = before + start + "\n" + "\n".join(lines) + "\n\n" + end + rest.partition(end)[2]
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
