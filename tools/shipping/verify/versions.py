"""Checks that there is one version number, and that every place that has to repeat it has the same one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..places import ROOT, version

# A file, and what stands around the number there.
PLACES = {
    "Cargo.toml": r'^trimaran(?:-gate)? = \{ path = "\w+", version = "=([^"]+)" \}',
    "kotlin/pom.xml": r"<revision>([^<]+)</revision>",
    "examples/kotlin/pom.xml": r"<revision>([^<]+)</revision>",
    "README.md": r'(?:dev\.trimaran:trimaran:|trimaran-swift", from: ")([\d.]+\d)',
    "kotlin/README.md": r"dev\.trimaran:trimaran:([\d.]+\d)",
}


def same() -> Iterator[str]:
    """the version number is the same everywhere, and the changelog has it"""
    for name, pattern in PLACES.items():
        found = re.findall(pattern, (ROOT / name).read_text(), re.MULTILINE)
        yield from (f"{name} says {one}: expected {version()}, as Cargo.toml" for one in found if one != version())
        if not found and name.endswith((".toml", ".xml")):
            yield f"{name} does not say it where `{pattern}` expects it"
    lock = re.findall(r'^name = "(trimaran[\w-]*)"\nversion = "(.+)"$', (ROOT / "Cargo.lock").read_text(), re.MULTILINE)
    yield from (f"Cargo.lock has {name} {one}" for name, one in lock if one not in (version(), "0.0.0"))
    if not re.search(rf"^## (Unreleased|{re.escape(version())}\b)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE):
        yield f"CHANGELOG.md has neither a heading of {version()} nor one of what is unreleased"


CHECKS = [same]
