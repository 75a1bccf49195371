"""Every public name of wasmtime-py 48 is here, with its parameters."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import trimaran.component
from names import describe

HERE = Path(__file__).resolve().parent
OF_COMPONENTS: dict[str, str] = json.loads((HERE / "wasmtime_component_names.json").read_text())
WANTED: dict[str, str] = json.loads((HERE / "wasmtime_names.json").read_text()) | {
    f"component.{name}": word for name, word in OF_COMPONENTS.items()
}
DIFFERENCES: dict[str, str] = json.loads((HERE / "wasmtime_differences.json").read_text())
FOUND = describe(trimaran) | {f"component.{name}": word for name, word in describe(trimaran.component).items()}


def parameters(word: str) -> list[str] | None:
    """The parameters of something that can be called."""
    inside = re.fullmatch(r"[\w ]+\((.*)\)", word)
    return (inside and [part for part in inside[1].split(", ") if part]) or ([] if inside else None)


def takes(ours: list[str], theirs: list[str]) -> bool:
    """Whether every call that fits theirs fits ours: the same names in order, and more that may be left out."""
    if ours == ["*args", "**kwargs"]:
        return True
    same = all(
        our == their or our.partition("=")[0] == their for our, their in zip(ours, theirs, strict=False)
    ) and len(ours) >= len(theirs)
    return same and all("=" in extra or extra.startswith("*") for extra in ours[len(theirs) :])


def fits(ours: str | None, theirs: str) -> bool:
    """Whether ours does for theirs."""
    if ours is None or theirs in ("value", "class", "enum", "member", "attribute", "setting"):
        return ours == theirs
    given, wanted = parameters(ours), parameters(theirs)
    if given is None or wanted is None:
        return ours == theirs
    return ours.partition("(")[0] == theirs.partition("(")[0] and takes(given, wanted)


def reasons(name: str) -> list[str]:
    return [pattern for pattern in DIFFERENCES if fnmatchcase(name, pattern)]


@pytest.mark.parametrize("name", WANTED)
def test_a_name(name: str) -> None:
    if not fits(FOUND.get(name), WANTED[name]):
        assert reasons(name), f"wasmtime-py has {WANTED[name]}, this package {FOUND.get(name)}"


def test_every_difference_is_one() -> None:
    differ = [name for name in WANTED if not fits(FOUND.get(name), WANTED[name])]
    unused = [pattern for pattern in DIFFERENCES if not any(fnmatchcase(name, pattern) for name in differ)]
    assert not unused


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [
        ("method(store, idx)", "method(store, idx)", True),
        ("method(store, idx=0)", "method(store, idx)", True),
        ("method(store, idx, more=None)", "method(store, idx)", True),
        ("method(*args, **kwargs)", "method(store, *params)", True),
        ("method(store, index)", "method(store, idx)", False),
        ("method(store)", "method(store, idx)", False),
        ("method(store, idx, more)", "method(store, idx)", False),
        ("method(idx=1)", "method(idx=0)", False),
        ("class method(engine)", "method(engine)", False),
        ("attribute", "method()", False),
        ("attribute", "setting", False),
        (None, "class", False),
    ],
)
def test_what_fits(ours: str | None, theirs: str, result: bool) -> None:
    assert fits(ours, theirs) == result


def test_everything_public_is_listed() -> None:
    names = {name for name in FOUND if "." not in name}
    assert names == set(trimaran.__all__) - {"__version__"}
