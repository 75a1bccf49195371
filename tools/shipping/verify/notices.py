"""Checks that the notices and the bill of materials of a target name what its library contains."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .. import crates, native
from ..places import BILL, NOTICES
from ..targets import Target


def complete(target: Target) -> Iterator[str]:
    """the notices have each linked package, its licence's text, and where the source is of those under the MPL"""
    text = (native.folder(target) / NOTICES).read_text(encoding="utf-8")
    _, _, bodies = text.partition("The licence or notice of ")
    for package in crates.linked(target.triple):
        name = f"{package.name} {package.version}"
        if package.is_ours:
            continue
        if f"\n{name}" not in text:
            yield f"{name} is not named"
        if name not in bodies:
            yield f"{name} has no text of its licence"
        if "MPL" in package.license and f"\n{name}: {package.repository}" not in text:
            yield f"{name} is under the MPL, and nothing says where its source is"


def materials(target: Target) -> Iterator[str]:
    """the bill of materials has each linked package"""
    bill = json.loads((native.folder(target) / BILL).read_text(encoding="utf-8"))
    listed = {(str(one["name"]), str(one["version"])) for one in bill["components"]}
    linked = {(package.name, package.version) for package in crates.linked(target.triple)}
    for name, number in sorted(linked ^ listed):
        yield f"{name} {number} is {'not listed' if (name, number) in linked else 'listed, and not linked'}"


CHECKS = [complete, materials]
